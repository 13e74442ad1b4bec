"""What is done to one Prod over the API: previewed, started with the plan that was read, or refused."""

from typing import Any

import pytest

from clusters.models import Overrides, Prod
from releases.models import Hold, Run, Step
from tests import build
from tests.api.conftest import Call
from traffic.models import RouteMember

pytestmark = pytest.mark.django_db

MORE = {"overrides": {"replicas": {"api": 5}}}


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    build.fleet()


def previewed(call: Call, path: str, body: Any = None, role: str = "viewer") -> Any:
    answer = call("POST", f"prods/{path}/preview/", {} if body is None else body, role=role)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_change_is_previewed_and_started(call: Call) -> None:
    plan = previewed(call, "b-1/actions/change", MORE)
    assert [(one["path"], one["before"], one["after"]) for one in plan["differences"]] == [
        ("spec.replicas", "3", "5")
    ]
    assert plan["blockers"] == [] and [note["code"] for note in plan["notes"]] == ["namespace-not-looked-at"]
    assert not Run.objects.exists() and Overrides.objects.filter(prod__name="b-1").count() == 1
    body = {**MORE, "digest": plan["digest"], "reason": "more users"}
    answer = call("POST", "prods/b-1/actions/change/", body)
    assert (answer.status_code, answer.json()["kind"]) == (201, "change")
    assert call("POST", "prods/b-1/actions/change/", body).status_code == 409


def test_a_stale_digest_is_refused_with_its_code(call: Call) -> None:
    answer = call("POST", "prods/b-1/actions/change/", {**MORE, "digest": "0" * 64})
    assert (answer.status_code, answer.json()["code"]) == (409, "plan-stale")


def test_scale_is_short_for_a_change(call: Call) -> None:
    asked = {"component": "api", "replicas": 5}
    plan = previewed(call, "b-1/actions/scale", asked)
    assert plan["digest"] == previewed(call, "b-1/actions/change", MORE)["digest"]
    answer = call("POST", "prods/b-1/actions/scale/", {**asked, "digest": plan["digest"]})
    assert (answer.status_code, answer.json()["kind"]) == (201, "change")
    assert Overrides.objects.get(prod__name="b-1", number=2).content["replicas"] == {"api": 5}


def test_a_retire_says_what_is_lost_and_wants_the_name(call: Call) -> None:
    plan = previewed(call, "b-1/actions/retire")
    assert plan["lost"]["namespace"] == "prod-b-1" and plan["lost"]["tenants"] == 300
    body = {"confirm": "b-1", "digest": plan["digest"], "reason": "it is not needed any more"}
    wrong = call("POST", "prods/b-1/actions/retire/", {**body, "confirm": "b-2"}, role="admin")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "retire-not-confirmed")
    assert call("POST", "prods/b-1/actions/retire/", body).status_code == 403
    assert not Run.objects.exists()
    answer = call("POST", "prods/b-1/actions/retire/", body, role="admin")
    assert (answer.status_code, answer.json()["kind"]) == (201, "retire")


def test_a_prod_that_alone_serves_somebody_is_not_retired(call: Call) -> None:
    plan = previewed(call, "a-1/actions/retire")
    assert [one["reason"]["code"] for one in plan["blockers"]] == ["serves-alone"]
    body = {"confirm": "a-1", "digest": plan["digest"], "reason": "it is not needed"}
    answer = call("POST", "prods/a-1/actions/retire/", body, role="admin")
    assert (answer.status_code, answer.json()["code"]) == (409, "serves-alone")
    assert "tenants" in answer.json()["detail"]


def test_a_prod_that_was_given_users_since_the_plan_was_read_is_not_retired(call: Call) -> None:
    RouteMember.objects.filter(prod__name="b-1").delete()
    plan = previewed(call, "b-1/actions/retire")
    route = Prod.objects.get(name="a-2").memberships.first().route
    RouteMember.objects.create(route=route, prod=Prod.objects.get(name="b-1"), weight=50, target=50)
    body = {"confirm": "b-1", "digest": plan["digest"], "reason": "it is not needed"}
    assert call("POST", "prods/b-1/actions/retire/", body, role="admin").json()["code"] == "plan-stale"


def test_a_hold_is_set_and_lifted(call: Call) -> None:
    answer = call("POST", "prods/b-1/actions/hold/", {"reason": "we look at it"}, role="on-call")
    assert (answer.status_code, answer.json()["hold"]["author"]) == (200, "on-call")
    again = call("POST", "prods/b-1/actions/hold/", {"reason": "me too"}, role="on-call")
    assert (again.status_code, again.json()["code"]) == (409, "prod-held-already")
    assert call("POST", "prods/b-1/actions/lift-hold/", {"reason": "done"}, role="on-call").status_code == 403
    answer = call("POST", "prods/b-1/actions/lift-hold/", {"reason": "done"})
    assert (answer.status_code, answer.json()["hold"]) == (200, None)
    assert call("POST", "prods/b-1/actions/lift-hold/", {"reason": "done"}).status_code == 409
    assert Hold.objects.count() == 1


DIGEST = "0" * 64
WRONG: list[tuple[str, Any, str]] = [
    ("change", {}, "overrides"),
    ("change", [], ""),
    ("change", "text", ""),
    ("change", {**MORE}, "digest"),
    ("change", {**MORE, "digest": 5}, "digest"),
    ("change", {**MORE, "digest": DIGEST, "force": True}, "force"),
    ("change", {**MORE, "digest": DIGEST, "soak_s": -1}, "soak_s"),
    ("change", {**MORE, "digest": DIGEST, "soak_s": "long"}, "soak_s"),
    ("change", {**MORE, "digest": DIGEST, "reason": "x" * 1001}, "reason"),
    ("change", {**MORE, "digest": DIGEST, "reason": ["x"]}, "reason"),
    ("change", {"overrides": [], "digest": DIGEST}, "overrides"),
    ("change", {"overrides": {"replicas": {"api": "many"}}, "digest": DIGEST}, "overrides.replicas.api"),
    ("scale", {"component": "api", "digest": DIGEST}, "replicas"),
    ("scale", {"component": "api", "replicas": -1, "digest": DIGEST}, "replicas"),
    ("scale", {"component": "api", "replicas": 10**9, "digest": DIGEST}, "replicas"),
    ("scale", {"component": "api", "replicas": 1.5, "digest": DIGEST}, "replicas"),
    ("scale", {"component": {}, "replicas": 1, "digest": DIGEST}, "component"),
    ("scale", {"component": "a" * 64, "replicas": 1, "digest": DIGEST}, "component"),
    ("retire", {"digest": DIGEST, "reason": "because"}, "confirm"),
    ("retire", {"digest": DIGEST, "reason": "because", "confirm": True}, "confirm"),
    ("retire", {"confirm": "b-1", "reason": "because"}, "digest"),
    ("hold", {"reason": 5.5, "until": "now"}, "until"),
    ("hold", {"reason": "we\0"}, "reason"),
]


@pytest.mark.parametrize(("action", "body", "field"), WRONG, ids=[f"{one[0]} {one[1]}"[:60] for one in WRONG])
def test_what_cannot_be_is_named_and_changes_nothing(call: Call, action: str, body: Any, field: str) -> None:
    answer = call("POST", f"prods/b-1/actions/{action}/", body, role="admin")
    assert answer.status_code == 400, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert field in answer.content.decode()
    assert not Run.objects.exists() and not Hold.objects.exists()


@pytest.mark.parametrize("reason", ["", "no", " \n ", "x" * 1001])
def test_a_retire_and_a_hold_need_a_reason(call: Call, reason: str) -> None:
    plan = previewed(call, "b-1/actions/retire")
    retire = {"confirm": "b-1", "digest": plan["digest"], "reason": reason}
    for action, body in (("retire", retire), ("hold", {"reason": reason})):
        assert call("POST", f"prods/b-1/actions/{action}/", body, role="admin").status_code in {400, 422}
    assert not Run.objects.exists() and not Hold.objects.exists()


def test_overrides_that_fit_nothing_are_422(call: Call) -> None:
    for path, body in (
        ("change", {"overrides": {"replicas": {"db": 1}}}),
        ("scale", {"component": "db", "replicas": 1}),
    ):
        assert call("POST", f"prods/b-1/actions/{path}/preview/", body).status_code == 422


LEAST = {
    "change": "release-manager",
    "scale": "release-manager",
    "retire": "admin",
    "hold": "on-call",
    "lift-hold": "release-manager",
}


@pytest.mark.parametrize("action", LEAST)
def test_each_action_asks_for_its_role(call: Call, action: str) -> None:
    for role in build.ROLES:
        allowed = build.ROLES.index(role) >= build.ROLES.index(LEAST[action])
        status = call("POST", f"prods/b-1/actions/{action}/", {"x": 1}, role=role).status_code
        assert status == (400 if allowed else 403), (role, action)
        assert call("POST", f"prods/z-9/actions/{action}/", {}, role=role).status_code in {403, 404}


@pytest.mark.parametrize("action", ["change", "scale", "retire", "hold"])
def test_a_retired_prod_is_left_in_peace(call: Call, action: str) -> None:
    Prod.objects.filter(name="b-1").update(lifecycle="retired")
    body: dict[str, Any] = {
        "change": {**MORE, "digest": DIGEST},
        "scale": {"component": "api", "replicas": 2, "digest": DIGEST},
        "retire": {"confirm": "b-1", "digest": DIGEST, "reason": "because"},
        "hold": {"reason": "because"},
    }[action]
    answer = call("POST", f"prods/b-1/actions/{action}/", body, role="admin")
    assert (answer.status_code, answer.json()["code"]) == (409, "prod-is-retired")


def test_a_retry_may_take_fields_over_if_the_person_may(call: Call) -> None:
    plan = previewed(call, "b-1/actions/change", MORE)
    run = call("POST", "prods/b-1/actions/change/", {**MORE, "digest": plan["digest"]}).json()["id"]
    step = Step.objects.get(run=run, kind="set_version")
    told = {"kind": "Deployment", "name": "api", "fields": ".spec.replicas", "managers": "kubectl"}
    Step.objects.filter(pk=step.pk).update(
        state="failed", attempt=1, reason={"code": "object-contested", "params": told}
    )
    shown = next(one for one in call("GET", f"runs/{run}/").json()["steps"] if one["id"] == step.pk)
    assert "kubectl" in shown["reason"]["text"] and ".spec.replicas" in shown["reason"]["text"]
    body = {"step": step.pk, "take_over": True}
    assert call("POST", f"runs/{run}/actions/retry/", body, role="on-call").status_code == 403
    assert call("POST", f"runs/{run}/actions/retry/", body).status_code == 200
    step.refresh_from_db()
    assert step.params["take_over"] is True
    assert call("POST", f"runs/{run}/actions/retry/", {**body, "take_over": "maybe"}).status_code == 400
