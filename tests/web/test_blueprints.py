"""Blueprint pages: list, editor, revisions, differences, rendering; and every way to get it wrong."""

from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from clusters.core.blueprint import parse_blueprint
from clusters.core.yaml_text import BYTES_MAX
from clusters.models import Blueprint, BlueprintRevision
from journal.models import Event
from tests import build
from tests.core.clusters.shop import config, manifests
from tests.web.conftest import PEOPLE, Browser

pytestmark = pytest.mark.django_db

MORE = {**config(), "metadata": {"name": "more"}}


def text(*more: dict[str, Any]) -> str:
    return yaml.safe_dump_all([*manifests(), *more])


def page(answer: HttpResponse) -> str:
    return answer.content.decode()


@pytest.fixture
def blog(browser: Browser) -> str:
    """The path of the Blueprint `blog`, made by its page."""
    made = browser("admin").post(
        "/blueprints/new/", {"name": "blog", "text": text(), "note": "first", "base": "0"}
    )
    assert made.status_code == 302, page(made)
    assert made["Location"] == "/blueprints/blog/r/1/"
    return "/blueprints/blog/"


def test_an_empty_list_says_what_to_do(browser: Browser) -> None:
    assert "helm template" in page(browser("viewer").get("/blueprints/"))


def test_a_blueprint_is_listed_with_its_newest_revision(browser: Browser, blog: str) -> None:
    shown = page(browser("viewer").get("/blueprints/"))
    assert "blog" in shown
    assert "first" in shown
    assert "/blueprints/blog/r/1/" in shown


def test_the_list_takes_a_constant_number_of_queries(
    browser: Browser, blog: str, django_assert_max_num_queries: Any
) -> None:
    for name in ("b", "c", "d"):
        browser("admin").post("/blueprints/new/", {"name": name, "text": text(), "base": "0"})
    reader = browser("viewer")
    with django_assert_max_num_queries(12):
        reader.get("/blueprints/")


def test_a_revision_is_added_and_compared_field_by_field(browser: Browser, blog: str) -> None:
    items = manifests()
    items[0]["spec"]["replicas"] = 7
    sent = {"text": yaml.safe_dump_all([*items, MORE]), "note": "more of it", "base": "1"}
    assert browser("admin").post(f"{blog}edit/", sent)["Location"] == f"{blog}r/2/"
    shown = page(browser("viewer").get(f"{blog}r/2/"))
    assert "spec.replicas" in shown
    assert "more of it" in shown
    assert "Nothing differs" in page(browser("viewer").get(f"{blog}r/2/?against=2"))
    assert browser("viewer").get(f"{blog}r/2/?against=9").status_code == 404
    assert browser("viewer").get(f"{blog}r/3/").status_code == 404


def test_the_same_content_again_stores_nothing_and_says_so(browser: Browser, blog: str) -> None:
    answer = browser("admin").post(f"{blog}edit/", {"text": text(), "base": "1"}, follow=True)
    assert "nothing was stored" in page(answer)
    assert BlueprintRevision.objects.count() == 1


def test_what_is_downloaded_and_edited_again_is_the_same(browser: Browser, blog: str) -> None:
    answer = browser("viewer").get(f"{blog}r/1/download/")
    assert answer["Content-Disposition"] == 'attachment; filename="blog-r1.yaml"'
    stored = BlueprintRevision.objects.get()
    assert list(parse_blueprint(page(answer))) == stored.manifests


def test_a_check_changes_nothing_and_keeps_the_text(browser: Browser, blog: str) -> None:
    before = Event.objects.count()
    answer = browser("admin").post(f"{blog}edit/", {"text": text(MORE), "base": "1", "check": "1"})
    assert (answer.status_code, "6 objects can be stored" in page(answer)) == (200, True)
    assert "name: more" in page(answer)
    assert BlueprintRevision.objects.count() == 1
    assert Event.objects.count() == before


@pytest.mark.parametrize("button", [{}, {"check": "1"}], ids=["store", "check"])
def test_problems_stand_beside_their_lines_and_the_text_is_kept(
    browser: Browser, blog: str, button: dict[str, str]
) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "X"}}
    sent = text(secret)
    answer = browser("admin").post(f"{blog}edit/", {"text": sent, "base": "1", "note": "my note", **button})
    shown = page(answer)
    line = sent.splitlines().index("kind: Secret") + 1
    assert (answer.status_code, f"line {line}" in shown, "2 problems" in shown) == (400, True, True)
    assert "Secrets are kept apart" in shown
    assert "my note" in shown
    assert "kind: Secret" in shown.split("<textarea")[1]
    assert BlueprintRevision.objects.count() == 1


def test_who_began_with_an_older_revision_is_told_and_keeps_the_text(browser: Browser, blog: str) -> None:
    browser("admin").post(f"{blog}edit/", {"text": text(MORE), "base": "1"})
    mine = text({**config(), "metadata": {"name": "mine"}})
    refused = browser("admin").post(f"{blog}edit/", {"text": mine, "base": "1"})
    shown = page(refused)
    assert refused.status_code == 409
    assert "name: mine" in shown
    assert "you began with" in shown
    assert f"{blog}r/2/" in shown
    assert 'name="base" value="2"' in shown
    assert BlueprintRevision.objects.count() == 2


def test_a_file_takes_the_place_of_the_text(browser: Browser) -> None:
    upload = SimpleUploadedFile("shop.yaml", text(MORE).encode())
    sent = {"name": "blog", "text": "ignored", "file": upload, "base": "0"}
    assert browser("admin").post("/blueprints/new/", sent)["Location"] == "/blueprints/blog/r/1/"
    assert len(BlueprintRevision.objects.get().manifests) == 6


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"text": ""}, "Paste the manifests"),
    "no name": ({"name": ""}, "This field is required"),
    "markup in the name": ({"name": "<b>x</b>"}, "A name has up to 63"),
    "a path as a name": ({"name": "../x"}, "A name has up to 63"),
    "a long name": ({"name": "x" * 64}, "at most 63"),
    "a name that is an address": ({"name": "new"}, "a word that Drover needs itself"),
    "a long note": ({"note": "x" * 201}, "at most 200"),
    "control characters in the note": ({"note": "a\x07b"}, "A note is one line"),
    "broken YAML": ({"text": "a: [1"}, "is no valid YAML"),
    "an anchor": ({"text": "a: &x 1\nb: *x\n"}, "anchor or alias"),
    "a namespace": (
        {"text": text({**MORE, "metadata": {"name": "more", "namespace": "prod-a-1"}})},
        "Remove the namespace",
    ),
    "a file of 20 MB": (
        {"text": "", "file": SimpleUploadedFile("x.yaml", b"#" * (20 * BYTES_MAX))},
        "larger than 1024 KiB",
    ),
    "a file that is no text": (
        {"text": "", "file": SimpleUploadedFile("x.yaml", b"\xff\xfe\x00")},
        "no text in UTF-8",
    ),
    "an odd base": ({"base": "-1"}, "greater than or equal to 0"),
}


@pytest.mark.parametrize(("changes", "said"), WRONG.values(), ids=WRONG.keys())
def test_bad_input_is_told_and_changes_nothing(browser: Browser, changes: dict[str, Any], said: str) -> None:
    answer = browser("admin").post(
        "/blueprints/new/", {"name": "blog", "text": text(), "base": "0", **changes}
    )
    assert (answer.status_code, said in page(answer)) == (400, True), page(answer)
    assert "<b>x</b>" not in page(answer)
    assert not Blueprint.objects.exists()
    assert not Event.objects.exists()


def test_a_name_that_is_taken_is_refused(browser: Browser, blog: str) -> None:
    answer = browser("admin").post("/blueprints/new/", {"name": "blog", "text": text(MORE), "base": "0"})
    assert (answer.status_code, "There is a Blueprint blog already" in page(answer)) == (409, True)


def test_what_a_version_is_for_each_prod_can_be_looked_at(browser: Browser, fleet: None) -> None:
    new = page(browser("viewer").get("/blueprints/shop/rendered/"))
    assert "prod-new-prod" in new
    mine = page(browser("viewer").get("/blueprints/shop/rendered/?prod=a-1&version=v1.1.0"))
    assert "namespace: prod-a-1" in mine
    assert browser("viewer").get("/blueprints/shop/rendered/?prod=z-9").status_code == 409
    assert browser("viewer").get("/blueprints/shop/rendered/?version=v9").status_code == 409


# Path -> the least role; the others get 403, and nobody at all the login page.
DOORS = {
    "/blueprints/": "viewer",
    "/blueprints/shop/": "viewer",
    "/blueprints/shop/r/1/": "viewer",
    "/blueprints/shop/r/1/download/": "viewer",
    "/blueprints/shop/rendered/": "viewer",
    "/blueprints/shop/versions/v1.1.0/": "viewer",
    "/blueprints/new/": "admin",
    "/blueprints/shop/edit/": "admin",
    "/blueprints/shop/versions/new/": "release-manager",
}


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize(("path", "least"), DOORS.items())
def test_every_page_is_for_those_who_may(browser: Browser, path: str, least: str, role: str) -> None:
    build.shop(build.person("admin"))
    expected = 302 if role == "anonymous" else 200 if PEOPLE.index(role) >= PEOPLE.index(least) else 403
    assert browser(role).get(path).status_code == expected


@pytest.mark.parametrize(
    "path", ["", "edit/", "rendered/", "r/1/", "r/1/download/", "versions/new/", "versions/v1/"]
)
def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    expected = 409 if path == "rendered/" else 404
    assert browser("admin").get(f"/blueprints/nope/{path}").status_code == expected
