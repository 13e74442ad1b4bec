"""Blueprints over the API: made, revised, compared, rendered; and every way to get it wrong."""

import json
from typing import Any

import pytest
import yaml

from clusters.models import Blueprint, BlueprintRevision
from journal.models import Event
from tests import build
from tests.api.conftest import Call
from tests.core.clusters.shop import config, deployment, manifests

pytestmark = pytest.mark.django_db


def text(items: list[dict[str, Any]] | None = None) -> str:
    return yaml.safe_dump_all(items or manifests())


@pytest.fixture
def blog(call: Call) -> dict[str, Any]:
    """The Blueprint `blog` with one revision, as the API answered."""
    answer = call("POST", "blueprints/", {"name": "blog", "manifests": text(), "note": "first"}, role="admin")
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_yaml_text_and_a_list_of_objects_make_the_same_revision(call: Call, blog: dict[str, Any]) -> None:
    assert (blog["number"], blog["note"], blog["components"]) == (1, "first", ["api", "frontend"])
    again = call("POST", "blueprints/blog/revisions/", {"manifests": manifests()}, role="admin")
    assert (again.status_code, again.json()["number"], again.json()["digest"]) == (201, 1, blog["digest"])
    assert BlueprintRevision.objects.count() == 1


def test_a_blueprint_is_made_once(call: Call, blog: dict[str, Any]) -> None:
    again = call("POST", "blueprints/", {"name": "blog", "manifests": text()}, role="admin")
    assert (again.status_code, again.json()["code"]) == (409, "blueprint-exists")


def test_a_newer_revision_is_never_written_over_unseen(call: Call, blog: dict[str, Any]) -> None:
    changed = {"manifests": [*manifests()[1:], config(color="red")], "base": 1}
    changed["manifests"] = [*manifests(), {**config(), "metadata": {"name": "more"}}]
    assert call("POST", "blueprints/blog/revisions/", changed, role="admin").json()["number"] == 2
    late = {"manifests": [*manifests(), {**config(), "metadata": {"name": "other"}}], "base": 1}
    refused = call("POST", "blueprints/blog/revisions/", late, role="admin")
    assert (refused.status_code, refused.json()["code"]) == (409, "revision-moved-on")
    assert BlueprintRevision.objects.count() == 2


def test_what_is_listed_shown_and_compared(call: Call, blog: dict[str, Any]) -> None:
    items = manifests()
    items[0]["spec"]["replicas"] = 7
    call("POST", "blueprints/blog/revisions/", {"manifests": items, "note": "more"}, role="admin")
    (row,) = call("GET", "blueprints/").json()["results"]
    assert (row["name"], row["newest"]["number"], row["prods"]) == ("blog", 2, 0)
    assert call("GET", "blueprints/blog/").json()["newest"]["note"] == "more"
    listed = call("GET", "blueprints/blog/revisions/").json()["results"]
    assert [one["number"] for one in listed] == [2, 1]
    assert "manifests" not in listed[0]
    assert len(call("GET", "blueprints/blog/revisions/1/").json()["manifests"]) == 5
    diff = call("GET", "blueprints/blog/revisions/2/diff/?against=1").json()
    assert diff["differences"] == [
        {
            "kind": "Deployment",
            "name": "frontend",
            "path": "spec.replicas",
            "before": "3",
            "after": "7",
        }
    ]


def test_the_list_takes_a_constant_number_of_queries(
    call: Call, blog: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    call("GET", "blueprints/")
    for name in ("b", "c", "d"):
        call("POST", "blueprints/", {"name": name, "manifests": text()}, role="admin")
    with django_assert_max_num_queries(12):
        assert len(call("GET", "blueprints/").json()["results"]) == 4


def test_what_a_version_is_for_a_prod_is_shown(call: Call) -> None:
    build.fleet()
    new = call("GET", "blueprints/shop/render/?version=v1.1.0").json()
    assert (new["prod"], new["namespace"], new["version"]) == ("new-prod", "prod-new-prod", "v1.1.0")
    mine = call("GET", "blueprints/shop/render/?prod=a-1").json()
    assert mine["namespace"] == "prod-a-1"
    assert {one["kind"] for one in mine["objects"]} >= {"Deployment", "Service", "ConfigMap"}
    for query, code in (("prod=z-9", "prod-not-of-blueprint"), ("version=v9", "version-unknown")):
        refused = call("GET", f"blueprints/shop/render/?{query}")
        assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_a_check_tells_everything_by_line_and_stores_nothing(call: Call) -> None:
    bad = [*manifests(), {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "X"}}]
    answer = call("POST", "blueprints/check/", {"manifests": text(bad)}, role="viewer").json()
    assert answer["ok"] is False
    assert [(one["path"], one["code"]) for one in answer["problems"]] == [
        ("documents[5].kind", "kind-secret"),
        ("documents[5].metadata.name", "name-invalid"),
    ]
    lines = text(bad).splitlines()
    assert lines[answer["problems"][0]["line"] - 1] == "kind: Secret"
    good = call("POST", "blueprints/check/", {"manifests": manifests()}, role="viewer").json()
    assert (good["ok"], good["objects"], good["components"]) == (True, 5, ["api", "frontend"])
    assert not Blueprint.objects.exists()


WRONG: dict[str, tuple[Any, str]] = {
    "no manifests": ({"name": "blog"}, "manifests"),
    "a number": ({"name": "blog", "manifests": 3}, "manifests"),
    "broken YAML": ({"name": "blog", "manifests": "a: [1"}, ""),
    "a secret": (
        {
            "name": "blog",
            "manifests": [*manifests(), {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}],
        },
        "documents[5].kind",
    ),
    "markup in the name": ({"name": "<b>", "manifests": text()}, "name"),
    "a name that is an address": ({"name": "new", "manifests": text()}, "name"),
    "a long name": ({"name": "x" * 64, "manifests": text()}, "name"),
    "a long note": ({"name": "blog", "manifests": text(), "note": "x" * 201}, "note"),
    "a note of two lines": ({"name": "blog", "manifests": text(), "note": "a\nb"}, "note"),
    "an anchor": ({"name": "blog", "manifests": "a: &x 1\nb: *x"}, ""),
    "NUL": (
        {"name": "blog", "manifests": [*manifests(), {**config(), "data": {"a": "\0"}}]},
        "manifests[5].data.a",
    ),
    "half a character": ({"name": "blog", "manifests": "a: \ud800"}, "manifests"),
    "a deep list": ({"name": "blog", "manifests": [[[[[[[[[[]]]]]]]]]]}, "documents[0]"),
}


@pytest.mark.parametrize(("body", "field"), WRONG.values(), ids=WRONG.keys())
def test_bad_input_is_told_by_field_and_changes_nothing(call: Call, body: Any, field: str) -> None:
    answer = call("POST", "blueprints/", body, role="admin")
    assert answer.status_code == 400, answer.content
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert not Blueprint.objects.exists()
    assert not Event.objects.exists()


def test_20_mb_are_refused_before_they_are_read(call: Call) -> None:
    body = json.dumps({"name": "blog", "manifests": "x" * 20 * 2**20})
    answer = call("POST", "blueprints/", body, role="admin")
    assert answer.status_code in {400, 413}
    assert not Blueprint.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "on-call", "release-manager"])
def test_only_an_admin_writes_blueprints(call: Call, role: str) -> None:
    answer = call("POST", "blueprints/", {"name": "blog", "manifests": text()}, role=role)
    assert answer.status_code == 403
    assert not Blueprint.objects.exists()


@pytest.mark.parametrize(
    "path", ["blueprints/nope/", "blueprints/nope/revisions/", "blueprints/blog/revisions/9/"]
)
def test_what_is_not_there_is_not_found(call: Call, blog: dict[str, Any], path: str) -> None:
    assert call("GET", path).status_code == 404


def test_a_custom_resource_needs_to_be_allowed(call: Call, settings: Any) -> None:
    cache = {"apiVersion": "shop.example/v1", "kind": "Cache", "metadata": {"name": "x"}}
    body = {"name": "blog", "manifests": [deployment("api"), cache]}
    assert call("POST", "blueprints/", body, role="admin").status_code == 400
    settings.CUSTOM_KINDS = ("Cache.shop.example/v1",)
    made = call("POST", "blueprints/", body, role="admin")
    assert (made.status_code, made.json()["kinds"]) == (201, ["Cache.shop.example/v1", "Deployment"])
