"""Versions over the API: promises, image references, vetoes."""

from typing import Any

import pytest

from clusters.models import Version
from journal.models import Event
from tests import build
from tests.api.conftest import Call

pytestmark = pytest.mark.django_db

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = {"api": "registry.example/shop/api:v3", "frontend": f"registry.example/shop/frontend@{DIGEST}"}


@pytest.fixture(autouse=True)
def shop(db: None) -> None:
    build.shop(build.person("admin"))


def new(**changes: Any) -> dict[str, Any]:
    return {"blueprint": "shop", "name": "v3", "images": IMAGES, **changes}


def version() -> Version:
    return Version.objects.get(name="v1.1.0")


def test_a_version_says_how_far_one_can_go_back_and_whose_data_it_shares(call: Call) -> None:
    promises = {"rollback": "until", "rollback_until": "wait_ready", "shares_data_with": ["v1.1.0", "*"]}
    made = call("POST", "versions/", new(**promises))
    assert made.status_code == 201, made.content
    shown = call("GET", f"versions/{made.json()['id']}/").json()
    assert {name: shown[name] for name in promises} == {**promises, "shares_data_with": ["*", "v1.1.0"]}
    assert (shown["blueprint_revision"], shown["created_by"], shown["hints"]) == (1, "release-manager", {})
    assert call("POST", "versions/", new(**promises)).json()["id"] == made.json()["id"]


def test_a_tag_that_moves_is_hinted_at(call: Call) -> None:
    images = {**IMAGES, "api": "registry.example/shop/api:latest"}
    hints = call("POST", "versions/", new(images=images)).json()["hints"]
    assert list(hints) == ["api"]
    assert ":latest" in hints["api"]


def test_an_older_revision_can_be_chosen(call: Call) -> None:
    from clusters.actions import add_revision
    from clusters.models import BlueprintRevision

    first = BlueprintRevision.objects.get()
    more = [*first.manifests, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more"}}]
    add_revision(build.person("admin"), "shop", more)
    assert call("POST", "versions/", new(revision=1)).json()["blueprint_revision"] == 1
    assert call("POST", "versions/", new(name="v4")).json()["blueprint_revision"] == 2


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "no image": ({"images": {"api": IMAGES["api"]}}, 422, ""),
    "an image of nothing": ({"images": {**IMAGES, "web": "x:1"}}, 422, ""),
    "no such blueprint": ({"blueprint": "nope"}, 422, ""),
    "markup as an image": ({"images": {**IMAGES, "api": "<script>"}}, 400, "images.api"),
    "a digest cut short": ({"images": {**IMAGES, "api": "x@sha256:abc"}}, 400, "images.api"),
    "an image that is a list": ({"images": {**IMAGES, "api": ["x"]}}, 400, "images.api"),
    "images as a list": ({"images": ["x"]}, 400, "images"),
    "a name with a slash": ({"name": "a/b"}, 400, "name"),
    "a name that is an address": ({"name": "new"}, 400, "name"),
    "a long name": ({"name": "x" * 101}, 400, "name"),
    "no such revision": ({"revision": 9}, 400, "revision"),
    "a huge revision": ({"revision": 2**70}, 400, "revision"),
    "no such promise": ({"rollback": "perhaps"}, 400, "rollback"),
    "until what": ({"rollback": "until"}, 400, "rollback_until"),
    "until, and safe": ({"rollback_until": "soak"}, 400, "rollback_until"),
    "no such step": ({"rollback": "until", "rollback_until": "lunch"}, 400, "rollback_until"),
    "shares with nobody known": ({"shares_data_with": ["v9"]}, 400, "shares_data_with"),
    "shares as text": ({"shares_data_with": "v1.1.0"}, 400, "shares_data_with"),
}


@pytest.mark.parametrize(("changes", "status", "field"), WRONG.values(), ids=WRONG.keys())
def test_bad_input_is_told_and_changes_nothing(
    call: Call, changes: dict[str, Any], status: int, field: str
) -> None:
    before = Event.objects.count()
    answer = call("POST", "versions/", new(**changes))
    assert answer.status_code == status, answer.content
    if field:
        assert any(error["field"].startswith(field) for error in answer.json()["errors"])
    assert not Version.objects.exclude(name__startswith="v1.").exists()
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    "changes", [{"images": {**IMAGES, "api": "registry.example/shop/api:v4"}}, {"rollback": "never"}]
)
def test_a_name_stands_for_one_content_for_ever(call: Call, changes: dict[str, Any]) -> None:
    call("POST", "versions/", new())
    again = call("POST", "versions/", new(**changes))
    assert (again.status_code, again.json()["code"]) == (409, "version-exists")


def test_a_veto_is_set_with_a_reason_and_lifted_with_one(call: Call) -> None:
    path = f"versions/{version().pk}/actions"
    set_one = call("POST", f"{path}/veto/", {"reason": "leaks memory"})
    assert (set_one.status_code, set_one.json()["veto_reason"]) == (200, "leaks memory")
    assert set_one.json()["vetoed_by"] == "release-manager"
    assert call("POST", f"{path}/veto/", {"reason": "again"}).json()["code"] == "version-vetoed-already"
    vetoed = call("GET", "versions/?vetoed=true&blueprint=shop").json()["results"]
    assert [one["name"] for one in vetoed] == ["v1.1.0"]
    assert "v1.1.0" not in [one["name"] for one in call("GET", "versions/?vetoed=false").json()["results"]]
    assert call("POST", f"{path}/lift-veto/", {"reason": "was wrong"}).json()["vetoed_at"] is None
    assert call("POST", f"{path}/lift-veto/", {"reason": "was wrong"}).status_code == 409
    moves = Event.objects.filter(kind="veto").values_list("from_state", "to_state")
    assert list(moves) == [("", "vetoed"), ("vetoed", "lifted")]


@pytest.mark.parametrize("reason", ["", "  ", None, ["x"], "x" * 1001])
def test_a_veto_needs_a_reason_that_can_be_read(call: Call, reason: Any) -> None:
    answer = call("POST", f"versions/{version().pk}/actions/veto/", {"reason": reason})
    assert answer.status_code in {400, 422}
    assert version().vetoed_at is None


@pytest.mark.parametrize("role", ["viewer", "on-call"])
def test_a_veto_is_set_by_release_managers(call: Call, role: str) -> None:
    answer = call("POST", f"versions/{version().pk}/actions/veto/", {"reason": "because"}, role=role)
    assert answer.status_code == 403
    assert version().vetoed_at is None


def test_a_version_that_is_not_there_is_not_found(call: Call) -> None:
    assert call("GET", "versions/999/").status_code == 404
    assert call("POST", "versions/999/actions/veto/", {"reason": "because"}).status_code == 404
    assert call("GET", f"versions/{2**70}/").status_code == 404
