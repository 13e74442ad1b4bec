"""Releases over the API: preview, start with the digest, watch, and every way to get it wrong."""

from typing import Any

import pytest

from clusters.models import BlueprintRevision, Cluster, Prod, Version
from releases.models import Run
from tests import build
from tests.api.conftest import Call
from tests.traffic.edge import Edge

pytestmark = pytest.mark.django_db

V110: dict[str, Any] = {"blueprint": "shop", "version": "v1.1.0"}


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    build.fleet()


def started(call: Call) -> dict[str, Any]:
    digest = call("POST", "releases/preview/", V110).json()["digest"]
    answer = call("POST", "releases/", {**V110, "digest": digest})
    assert answer.status_code == 201, answer.content
    run: dict[str, Any] = answer.json()
    return run


def test_a_preview_shows_the_waves_of_the_example_fleet_with_a_reason_each(call: Call) -> None:
    preview = call("POST", "releases/preview/", V110, role="viewer").json()
    waves = [(wave["class"], [prod["name"] for prod in wave["prods"]]) for wave in preview["waves"]]
    assert waves == [
        ("test", ["c-2"]),
        ("few", ["c-1"]),
        ("redundant", ["a-2", "b-1"]),
        ("single", ["a-1", "b-2"]),
    ]
    assert all(prod["reason"]["text"] for wave in preview["waves"] for prod in wave["prods"])
    assert preview["blockers"] == [] and preview["horizon"]["wave"] == 4


def test_the_plan_that_was_previewed_is_the_plan_that_runs(call: Call) -> None:
    preview = call("POST", "releases/preview/", V110).json()
    run = started(call)
    detail = call("GET", f"runs/{run['id']}/").json()
    assert (run["state"], run["digest"]) == ("running", preview["digest"])
    assert detail["waves"] == preview["waves"]
    planned = [prod["name"] for wave in preview["waves"] for prod in wave["prods"]]
    assert list(dict.fromkeys(step["prod"] for step in detail["steps"])) == planned


def test_a_release_that_warms_up_shows_it_and_says_whom_it_cannot_ask(call: Call) -> None:
    Edge()
    asked = {**V110, "strategy": {"warm_up": 20}}
    preview = call("POST", "releases/preview/", asked).json()
    steps = {prod["name"]: prod["steps"] for wave in preview["waves"] for prod in wave["prods"]}
    assert {"kind": "warm_up", "params": {"requests": 20, "timeout_s": 660}} in steps["a-2"]
    assert "warm_up" not in {step["kind"] for step in steps["a-1"]}
    assert preview["blockers"] == []
    Prod.objects.filter(name="a-2").update(endpoint="")
    (blocker,) = call("POST", "releases/preview/", asked).json()["blockers"]
    assert blocker["reason"]["code"] == "no-address-to-warm-up" and blocker["prods"] == []
    answer = call("POST", "releases/", {**asked, "digest": preview["digest"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "no-address-to-warm-up")


def test_a_stale_digest_is_refused_and_starts_nothing(call: Call) -> None:
    digest = call("POST", "releases/preview/", V110).json()["digest"]
    Cluster.objects.filter(name="a").update(health="unreachable")
    answer = call("POST", "releases/", {**V110, "digest": digest})
    assert (answer.status_code, answer.json()["code"]) == (409, "plan-stale")
    assert not Run.objects.exists()


def test_a_second_release_on_claimed_prods_is_refused_by_name(call: Call) -> None:
    started(call)
    preview = call("POST", "releases/preview/", {"blueprint": "shop", "version": "v1.2.0"}).json()
    assert {blocker["reason"]["code"] for blocker in preview["blockers"]} == {"claimed"}
    answer = call("POST", "releases/", {**V110, "version": "v1.2.0", "digest": preview["digest"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "claimed")
    assert Run.objects.count() == 1


def test_a_version_without_an_image_for_a_component_is_refused(call: Call) -> None:
    revision = BlueprintRevision.objects.get()
    Version.objects.create(blueprint=revision.blueprint, revision=revision, name="half", images={"api": "x"})
    asked = {**V110, "version": "half"}
    preview = call("POST", "releases/preview/", asked).json()
    assert [blocker["reason"]["code"] for blocker in preview["blockers"]] == ["images-missing"]
    answer = call("POST", "releases/", {**asked, "digest": preview["digest"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "images-missing")


BAD = {
    "unknown version": ({**V110, "version": "v9"}, 422, "version-unknown"),
    "unknown blueprint": ({**V110, "blueprint": "nope"}, 422, "blueprint-unknown"),
    "unknown prod": ({**V110, "exclude": [{"prod": "z", "reason": "why not"}]}, 422, "prod-unknown"),
    "no version": ({"blueprint": "shop"}, 400, "invalid"),
    "list for text": ({**V110, "version": ["v1.1.0"]}, 400, "invalid"),
    "object for text": ({**V110, "version": {"x": 1}}, 400, "invalid"),
    "text for strategy": ({**V110, "strategy": "percent"}, 400, "invalid"),
    "unknown strategy": ({**V110, "strategy": {"name": "yolo"}}, 400, "invalid"),
    "unknown strategy field": ({**V110, "strategy": {"speed": 9}}, 400, "invalid"),
    "too much warming up": ({**V110, "strategy": {"warm_up": 1001}}, 400, "invalid"),
    "unknown way back": ({**V110, "strategy": {"back": "slowly"}}, 400, "invalid"),
    "flag for number": ({**V110, "strategy": {"parallel": True}}, 400, "invalid"),
    "exclude without reason": ({**V110, "exclude": [{"prod": "a-1", "reason": ""}]}, 400, "invalid"),
    "too long": ({**V110, "version": "v" * 5000}, 400, "invalid"),
    "control characters": ({**V110, "version": "v1\u0000"}, 400, "invalid"),
    "not an object": ([1, 2], 400, "invalid"),
}


@pytest.mark.parametrize(("body", "status", "code"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_named_and_changes_nothing(call: Call, body: Any, status: int, code: str) -> None:
    answer = call("POST", "releases/preview/", body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["detail"] and problem["title"]
    assert not Run.objects.exists()


def test_malformed_json_is_named(call: Call) -> None:
    answer = call("POST", "releases/preview/", "{nope")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_wrong_fields_of_a_strategy_are_all_named(call: Call) -> None:
    answer = call("POST", "releases/preview/", {**V110, "strategy": {"parallel": 0, "soak_s": "x"}})
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"strategy.parallel", "strategy.soak_s"}


def test_an_unknown_run_is_not_found(call: Call) -> None:
    assert call("GET", "runs/999/").status_code == 404
    assert call("POST", "runs/999/actions/pause/", {}).status_code == 404


def test_an_action_needs_its_reason_and_its_step(call: Call) -> None:
    run = started(call)
    assert call("POST", f"runs/{run['id']}/actions/abort/", {}).json()["code"] == "reason-needed"
    assert call("POST", f"runs/{run['id']}/actions/retry/", {}).json()["errors"][0]["field"] == "step"


def test_events_and_steps_come_oldest_first(call: Call) -> None:
    run = started(call)
    events = call("GET", f"runs/{run['id']}/events/").json()["results"]
    assert [(event["kind"], event["to_state"]) for event in events] == [("run", "running")]
    steps = call("GET", f"runs/{run['id']}/steps/").json()["results"]
    assert [step["id"] for step in steps] == sorted(step["id"] for step in steps)


def test_prods_and_versions_are_listed(call: Call) -> None:
    prods = call("GET", "prods/", role="viewer").json()["results"]
    assert [prod["name"] for prod in prods] == ["a-1", "a-2", "b-1", "b-2", "c-1", "c-2"]
    assert {(prod["health"], prod["version"]) for prod in prods} == {("ready", "v1.0.0")}
    assert call("GET", "prods/a-1/", role="viewer").json()["pods"] == {"total": 6, "ready": 6}
    versions = call("GET", "versions/", role="viewer").json()["results"]
    assert [version["name"] for version in versions] == ["v1.2.0", "v1.1.0", "v1.0.0"]


def test_ci_makes_a_version_and_a_second_time_changes_nothing(call: Call) -> None:
    body = {"blueprint": "shop", "name": "v2", "images": {"api": "r/api:2", "frontend": "r/frontend:2"}}
    assert call("POST", "versions/", body).status_code == 201
    assert call("POST", "versions/", body).status_code == 201
    changed = {**body, "images": {"api": "r/api:3", "frontend": "r/frontend:2"}}
    assert call("POST", "versions/", changed).json()["code"] == "version-exists"
    missing = {**body, "name": "v3", "images": {"api": "r/api:3"}}
    assert call("POST", "versions/", missing).json()["code"] == "image-missing"
    assert Version.objects.filter(name__in=["v2", "v3"]).count() == 1


def test_a_viewer_may_read_and_preview_but_not_start(call: Call) -> None:
    digest = call("POST", "releases/preview/", V110, role="viewer").json()["digest"]
    answer = call("POST", "releases/", {**V110, "digest": digest}, role="viewer")
    assert (answer.status_code, answer.json()["code"]) == (403, "role-may-not")
    assert not Run.objects.exists()
