"""Version pages: creating one, looking at it, vetoing it."""

from typing import Any

import pytest
from django.http import HttpResponse

from clusters.models import Version
from journal.models import Event
from tests import build
from tests.web.conftest import Browser

pytestmark = pytest.mark.django_db

NEW = "/blueprints/shop/versions/new/"
DIGEST = "sha256:" + "0123456789abcdef" * 4


def page(answer: HttpResponse) -> str:
    return answer.content.decode()


@pytest.fixture(autouse=True)
def shop(db: None) -> None:
    build.shop(build.person("admin"))


def sent(**changes: Any) -> dict[str, Any]:
    images = {
        "images.api": "registry.example/shop/api:v3",
        "images.frontend": f"registry.example/shop/frontend@{DIGEST}",
    }
    return {"revision": "1", "name": "v3", "rollback": "safe", **images, **changes}


def test_the_form_has_an_image_for_each_component_filled_from_the_newest_version(browser: Browser) -> None:
    shown = page(browser("release-manager").get(NEW))
    newest = Version.objects.order_by("-pk")[0]
    for component, image in newest.images.items():
        assert f'name="images.{component}"' in shown
        assert image in shown


def test_a_version_is_created_and_shown_with_what_differs(browser: Browser) -> None:
    promises = {"rollback": "until", "rollback_until": "wait_ready", "shares_data_with": "v1.0.0, v1.1.0"}
    made = browser("release-manager").post(NEW, sent(**promises))
    assert made["Location"] == "/blueprints/shop/versions/v3/"
    shown = page(browser("viewer").get(made["Location"]))
    assert "registry.example/shop/api:v3" in shown
    assert "wait_ready" in shown
    assert "/blueprints/shop/versions/v1.0.0/" in shown
    assert "No run has brought it anywhere yet" in shown
    version = Version.objects.get(name="v3")
    assert version.shares_data_with == ["v1.0.0", "v1.1.0"]
    compared = page(browser("viewer").get(f"{made['Location']}?against=v1.0.0"))
    assert "registry.example/shop/api:v1.0.0" in compared
    assert browser("viewer").get(f"{made['Location']}?against=v9").status_code == 404


def test_a_tag_that_moves_is_hinted_at(browser: Browser) -> None:
    browser("release-manager").post(NEW, sent(**{"images.api": "registry.example/shop/api:latest"}))
    shown = page(browser("viewer").get("/blueprints/shop/versions/v3/"))
    assert "Another image may stand behind :latest" in shown


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "no name": ({"name": ""}, 400, "This field is required"),
    "a name with a slash": ({"name": "a/b"}, 400, "A name of a Version"),
    "a name that is an address": ({"name": "new"}, 400, "a word that Drover needs itself"),
    "no image": ({"images.api": ""}, 400, "This field is required"),
    "markup as an image": ({"images.api": "<script>x</script>"}, 400, "no image reference"),
    "half a digest": ({"images.api": "x@sha256:abc"}, 400, "64 lower-case hex digits"),
    "no such promise": ({"rollback": "perhaps"}, 400, "Select a valid choice"),
    "until what": ({"rollback": "until"}, 400, "has to be one of"),
    "until, and safe": ({"rollback_until": "soak"}, 400, "going back is not limited"),
    "shares with nobody known": ({"shares_data_with": "v9"}, 400, "has no Version v9"),
    "a name that is taken": ({"name": "v1.1.0"}, 409, "exists with other"),
}


@pytest.mark.parametrize(("changes", "status", "said"), WRONG.values(), ids=WRONG.keys())
def test_bad_input_is_told_and_changes_nothing(
    browser: Browser, changes: dict[str, Any], status: int, said: str
) -> None:
    before = Event.objects.count()
    answer = browser("release-manager").post(NEW, sent(**changes))
    assert (answer.status_code, said in page(answer)) == (status, True), page(answer)
    assert "<script>x" not in page(answer)
    assert not Version.objects.filter(name="v3").exists()
    assert Event.objects.count() == before


@pytest.mark.parametrize("revision", ["9", "-1", "x", "9" * 30])
def test_an_odd_revision_is_not_found_or_the_newest(browser: Browser, revision: str) -> None:
    expected = 404 if revision == "9" else 200
    assert browser("release-manager").get(f"{NEW}?revision={revision}").status_code == expected


def test_a_veto_is_set_by_its_page_with_a_reason(browser: Browser) -> None:
    version = Version.objects.get(name="v1.1.0")
    path = f"/versions/{version.pk}/veto/"
    assert "It is released nowhere any more" in page(browser("release-manager").get(path))
    assert browser("release-manager").post(path, {"reason": ""}).status_code == 400
    done = browser("release-manager").post(path, {"reason": "leaks memory"})
    assert done["Location"] == "/blueprints/shop/versions/v1.1.0/"
    shown = page(browser("viewer").get(done["Location"]))
    assert "leaks memory" in shown
    assert "A release manager can lift it" in shown
    assert "already" in page(browser("release-manager").get(path))


@pytest.mark.parametrize(("role", "status"), [("anonymous", 302), ("viewer", 403), ("on-call", 403)])
def test_a_veto_is_for_release_managers(browser: Browser, role: str, status: int) -> None:
    version = Version.objects.get(name="v1.1.0")
    assert browser(role).post(f"/versions/{version.pk}/veto/", {"reason": "because"}).status_code == status
    version.refresh_from_db()
    assert version.vetoed_at is None


def test_a_release_is_named_on_the_page_of_its_version(browser: Browser, release: Any) -> None:
    run = release()
    assert f"/runs/{run.pk}/" in page(browser("viewer").get("/blueprints/shop/versions/v1.1.0/"))
