"""Drift over HTTP: read, compare now, preview and start a heal, switch healing by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clusters.core.drift import Difference, What, differences_to_json
from clusters.models import Drift, Prod
from releases.models import Run
from tests import build
from tests.api.conftest import Call

pytestmark = pytest.mark.django_db

IMAGE = Difference("Deployment", "api", "containers[api].image", What.CHANGED, "v1", "hot", "kubectl-edit")
SHELL = Difference("Deployment", "api", "containers[shell]", What.ADDED, "", "{}", "kubectl-edit")


@pytest.fixture(autouse=True)
def prod(db: None) -> Prod:
    build.fleet()
    return drifted(IMAGE)


def drifted(*found: Difference, state: str = "drifted") -> Prod:
    row, now = Prod.objects.get(name="a-1"), timezone.now()
    times = {"since": now - timedelta(minutes=2), "checked_at": now, "due_at": now}
    fields = {"state": state, "differences": differences_to_json(found)}
    Drift.objects.update_or_create(prod=row, defaults={**fields, **times})
    return row


def digest(call: Call, **body: Any) -> str:
    answer = call("POST", "prods/a-1/actions/heal/preview/", body)
    assert answer.status_code == 200, answer.content
    found: str = answer.json()["digest"]
    return found


def code(answer: Any) -> str:
    found: str = answer.json()["code"]
    return found


def test_drift_is_read_field_by_field(call: Call) -> None:
    said = call("GET", "prods/a-1/drift/", role="viewer").json()
    assert (said["prod"], said["state"], said["self_heal"]) == ("a-1", "drifted", False)
    (one,) = said["differences"]
    assert (one["path"], one["what"], one["manager"]) == ("containers[api].image", "changed", "kubectl-edit")


def test_a_prod_that_was_never_compared_is_unknown_with_a_reason(call: Call) -> None:
    said = call("GET", "prods/b-1/drift/").json()
    assert (said["state"], said["reason"]["code"]) == ("unknown", "drift-never-compared")


def test_a_heal_is_previewed_and_then_started(call: Call) -> None:
    answer = call("POST", "prods/a-1/actions/heal/", {"digest": digest(call), "reason": "by hand"}, "on-call")
    assert answer.status_code == 201
    assert (answer.json()["kind"], answer.json()["author"]) == ("heal", "on-call")


def test_the_preview_says_what_stays_and_why_it_cannot_start(call: Call) -> None:
    drifted(SHELL)
    said = call("POST", "prods/a-1/actions/heal/preview/", {}).json()
    assert [one["path"] for one in said["stays"]] == ["containers[shell]"]
    assert [one["code"] for one in said["reasons"]] == ["only-additions"]
    taken = call("POST", "prods/a-1/actions/heal/preview/", {"take_over": True}).json()
    assert (taken["stays"], taken["reasons"]) == ([], [])


def test_a_digest_of_another_drift_is_a_conflict(call: Call) -> None:
    old = digest(call)
    drifted(IMAGE, SHELL)
    answer = call("POST", "prods/a-1/actions/heal/", {"digest": old})
    assert (answer.status_code, code(answer)) == (409, "plan-stale")
    assert not Run.objects.exists()


def test_taking_over_takes_its_own_right_and_its_own_digest(call: Call) -> None:
    body = {"digest": digest(call, take_over=True), "take_over": True}
    assert call("POST", "prods/a-1/actions/heal/", body, "on-call").status_code == 403
    assert call("POST", "prods/a-1/actions/heal/", {"digest": body["digest"]}).status_code == 409
    assert call("POST", "prods/a-1/actions/heal/", body).status_code == 201


def test_a_look_now_is_accepted(call: Call) -> None:
    answer = call("POST", "prods/a-1/actions/check-drift/", {}, "on-call")
    assert (answer.status_code, answer.json()["state"]) == (202, "unknown")
    assert answer.json()["reason"]["code"] == "drift-asked"


def test_the_switch(call: Call) -> None:
    path = "prods/a-1/actions/self-heal/"
    answer = call("POST", path, {"on": True, "reason": "quiet nights"})
    assert (answer.status_code, answer.json()["self_heal"]) == (200, True)
    again = call("POST", path, {"on": True, "reason": "again"})
    assert (again.status_code, code(again)) == (409, "self-heal-already")
    assert call("POST", path, {"on": False, "reason": "off"}, "on-call").status_code == 403


DOORS = [
    ("POST", "actions/heal/", {"digest": "0" * 64}, "on-call"),
    ("POST", "actions/check-drift/", {}, "on-call"),
    ("POST", "actions/self-heal/", {"on": True, "reason": "because"}, "release-manager"),
    ("POST", "actions/heal/preview/", {}, "viewer"),
    ("GET", "drift/", None, "viewer"),
]


@pytest.mark.parametrize(("method", "path", "body", "least"), DOORS, ids=[door[1] for door in DOORS])
def test_each_door_asks_for_its_role(call: Call, method: str, path: str, body: Any, least: str) -> None:
    for role in build.ROLES:
        status = call(method, f"prods/a-1/{path}", body, role).status_code
        assert (status == 403) == (build.ROLES.index(role) < build.ROLES.index(least)), (role, status)


WRONG = [
    ("heal/", {}),
    ("heal/", {"digest": "x"}),
    ("heal/", {"digest": "0" * 64, "take_over": "maybe"}),
    ("heal/", {"digest": "0" * 64, "reason": "x" * 2000}),
    ("heal/", {"digest": "0" * 64, "force": True}),
    ("self-heal/", {"on": "perhaps", "reason": "because"}),
    ("self-heal/", {"on": True}),
    ("check-drift/", {"now": True}),
    ("heal/preview/", []),
]


@pytest.mark.parametrize(("path", "body"), WRONG)
def test_what_is_not_understood_changes_nothing(call: Call, path: str, body: Any) -> None:
    answer = call("POST", f"prods/a-1/actions/{path}", body)
    assert answer.status_code in {400, 422}, answer.content
    assert not Run.objects.exists()
    assert Prod.objects.get(name="a-1").self_heal is False


@pytest.mark.parametrize("path", ["drift/", "actions/heal/preview/", "actions/heal/", "actions/check-drift/"])
def test_a_prod_that_there_is_none_of_is_404(call: Call, path: str) -> None:
    body = {"digest": "0" * 64} if path == "actions/heal/" else {}
    assert call("GET" if path == "drift/" else "POST", f"prods/z-9/{path}", body).status_code == 404


def test_parity_is_told_field_by_field(call: Call) -> None:
    said = call("GET", "blueprints/shop/parity/", role="viewer").json()
    assert (said["blueprint"], said["prods"], said["unexplained"]) == ("shop", 6, 1)
    first = said["rows"][0]
    assert first["field"] == "Deployment api containers[api].image"
    assert first["others"] == [{"value": "hot", "prods": ["a-1"], "why": "none"}]
    assert "b-1" in said["unknown"]
    assert call("GET", "blueprints/nothing/parity/").status_code == 404
