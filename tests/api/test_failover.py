"""The survival report, and the way out of a Cluster and back, over the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.tokens import create_token
from clusters.models import Cluster, Prod
from releases.models import Run
from tests import build
from tests.api.conftest import Call
from tests.traffic.edge import Edge, drains_are_over
from tests.web.leaving import ended, seen
from traffic.models import Route

pytestmark = pytest.mark.django_db
WHY = {"reason": "the power is out"}
A = "clusters/a/evacuation/"
BACK = "clusters/a/failback/"


@pytest.fixture(autouse=True)
def edge(db: None) -> Edge:
    build.fleet()
    edge = Edge()
    edge.publish()
    seen()
    return edge


def dies(cluster: str, health: str = "unreachable", ago: int = 3600) -> None:
    since = timezone.now() - timedelta(seconds=ago)
    Cluster.objects.filter(name=cluster).update(health=health, health_since=since)
    seen()


def previewed(call: Call, path: str) -> Any:
    seen()
    answer = call("POST", f"{path}preview/", None, role="viewer")
    assert answer.status_code == 200, answer.content
    return answer.json()


def start(call: Call, path: str, **more: Any):  # type: ignore[no-untyped-def]
    digest = previewed(call, path)["digest"]
    return call("POST", path, {"digest": digest, **WHY, **more}, role="on-call")


def test_the_report_tells_of_every_cluster_and_prod(call: Call) -> None:
    seen()
    report = call("GET", "survival/", role="viewer").json()
    rows = {row["name"]: row for row in report["clusters"]}
    assert {name: (row["safe"], row["moved"], row["wait"]) for name, row in rows.items()} == {
        "a": (300, 400, 0),
        "b": (300, 400, 0),
        "c": (0, 20, 3),
    }
    assert {name: [(one["prod"], one["tenants"]) for one in row["moves"]] for name, row in rows.items()} == {
        "a": [("b-1", 100), ("c-1", 300)],
        "b": [("a-2", 100), ("c-1", 300)],
        "c": [("a-2", 20)],
    }
    assert rows["c"]["waiting"][0]["reason"]["text"]
    assert [row["name"] for row in report["prods"]] == ["a-1", "a-2", "b-1", "b-2", "c-1", "c-2"]
    assert report["facts_from"] and report["unknown"] == []


def test_the_report_says_of_whom_nothing_fresh_is_known(call: Call) -> None:
    Cluster.objects.filter(name="b").update(synced_at=None)
    report = call("GET", "survival/").json()
    assert (report["facts_from"], report["unknown"]) == (None, ["b"])


def test_a_failover_is_previewed_and_started_as_it_was_read(call: Call, edge: Edge) -> None:
    dies("a")
    plan = previewed(call, A)
    assert (plan["kind"], plan["cluster"], plan["reasons"], plan["lost"]) == ("failover", "a", [], [])
    assert not Run.objects.exists()
    assert [(one["name"], one["routes"]) for one in plan["routers"]] == [("edge-1", 7), ("edge-2", 7)]
    answer = call("POST", A, {"digest": plan["digest"], **WHY}, role="on-call")
    assert (answer.status_code, answer.json()["kind"], answer.json()["digest"]) == (
        201,
        "failover",
        plan["digest"],
    )
    edge.publish()
    for move in plan["moves"]:
        asked = {one["prod"]: one["weight"] for one in move["weights"] if one["weight"]}
        assert edge.weights(move["route"]) == asked


def test_a_stale_digest_is_refused_with_its_code(call: Call) -> None:
    digest = previewed(call, A)["digest"]
    dies("a")
    answer = call("POST", A, {"digest": digest, **WHY}, role="on-call")
    assert (answer.status_code, answer.json()["code"]) == (409, "plan-stale")
    assert not Run.objects.exists()


def test_a_single_writer_needs_somebody_who_vouches(call: Call) -> None:
    Route.objects.filter(name="shop-s-1").update(data_class="single-writer")
    plan = previewed(call, A)
    assert [move["route"] for move in plan["moves"] if move["fence"]] == ["shop-s-1"]
    refused = start(call, A)
    assert (refused.status_code, refused.json()["code"]) == (409, "fence-needed")
    assert start(call, A, confirm="b").status_code == 409
    assert start(call, A, confirm="a").status_code == 201


def test_a_failback_is_previewed_with_its_steps_and_waits_for_a_stable_cluster(
    call: Call, edge: Edge
) -> None:
    dies("a")
    ended(Run.objects.get(pk=start(call, A).json()["id"]), edge)
    dies("a", "healthy", ago=3)
    plan = previewed(call, BACK)
    assert [reason["code"] for reason in plan["reasons"]] == ["not-stable-yet"]
    early = start(call, BACK)
    assert (early.status_code, early.json()["code"]) == (409, "not-stable-yet")
    dies("a", "healthy")
    plan = previewed(call, BACK)
    first = plan["moves"][0]["route"]
    assert [move["percent"] for move in plan["moves"] if move["route"] == first] == [10, 30, 50, 100]
    answer = start(call, BACK)
    assert (answer.status_code, answer.json()["kind"]) == (201, "failback")


def test_the_same_key_is_answered_and_not_done_again(call: Call) -> None:
    digest = previewed(call, A)["digest"]
    token = create_token(build.person("on-call"), "again", "on-call")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
    body = {"digest": digest, **WHY}
    first, again = (
        Client().post(f"/api/v1/{A}", body, content_type="application/json", headers=headers)
        for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true" and again.json()["id"] == first.json()["id"]
    assert Run.objects.count() == 1


LEAST = [(A, "on-call"), (BACK, "on-call"), (f"{A}preview/", "viewer"), (f"{BACK}preview/", "viewer")]


@pytest.mark.parametrize(("path", "least"), LEAST)
def test_each_door_asks_for_its_role(call: Call, path: str, least: str) -> None:
    for role in build.ROLES:
        allowed = build.ROLES.index(role) >= build.ROLES.index(least)
        status = call("POST", path, {"digest": "no"}, role=role).status_code
        assert (status != 403) == allowed, (role, status)


DIGEST = "0" * 64
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "digest"),
    (WHY, "digest"),
    ({"digest": 5, **WHY}, "digest"),
    ({"digest": DIGEST}, "reason"),
    ({"digest": DIGEST, "reason": "x" * 1001}, "reason"),
    ({"digest": DIGEST, "reason": ["x"]}, "reason"),
    ({"digest": DIGEST, **WHY, "confirm": ["a"]}, "confirm"),
    ({"digest": DIGEST, **WHY, "vouched": True}, "vouched"),
    ({"digest": DIGEST, **WHY, "force": True}, "force"),
]


@pytest.mark.parametrize(("body", "field"), WRONG, ids=[str(one)[:50] for one, _ in WRONG])
def test_what_cannot_be_is_named_and_changes_nothing(call: Call, body: dict[str, Any], field: str) -> None:
    answer = call("POST", A, body, role="admin")
    assert (answer.status_code, field in answer.content.decode()) == (400, True)
    assert not Run.objects.exists()


def test_a_reason_is_needed(call: Call) -> None:
    digest = previewed(call, A)["digest"]
    answer = call("POST", A, {"digest": digest, "reason": "no"}, role="on-call")
    assert (answer.status_code, answer.json()["code"]) == (422, "reason-needed")


@pytest.mark.parametrize("path", ["evacuation/", "evacuation/preview/", "failback/", "failback/preview/"])
def test_a_cluster_that_there_is_none_of_is_404(call: Call, path: str) -> None:
    answer = call("POST", f"clusters/z/{path}", {"digest": DIGEST, **WHY}, role="admin")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_larger_fleet_takes_no_more_queries(call: Call) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert call("GET", "survival/").status_code == 200
        return len(made)

    queries()
    small = queries()
    for number in range(5):
        build.cluster(f"z{number}")
        build.in_service(build.prod(f"z{number}-1", f"z{number}"))
        route = Route.objects.create(name=f"more-{number}", redundancy="none")
        route.members.create(prod=Prod.objects.get(name="a-1"), weight=100, target=100)
    assert queries() == small


def test_a_second_failover_from_a_failed_over_state_is_a_plan_of_its_own(call: Call, edge: Edge) -> None:
    dies("a")
    ended(Run.objects.get(pk=start(call, A).json()["id"]), edge)
    drains_are_over()
    dies("c")
    plan = previewed(call, "clusters/c/evacuation/")
    assert plan["kind"] == "failover" and plan["moves"]
    assert {one["prod"] for move in plan["moves"] for one in move["weights"] if one["weight"]} <= {
        "b-1",
        "b-2",
    }
