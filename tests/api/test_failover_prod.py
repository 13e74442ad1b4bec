"""The way out of one Prod and back, over the API."""

from typing import Any

import pytest
from django.test import Client

from access.tokens import create_token
from clusters.models import Cluster, Prod
from releases.models import Run
from tests import build
from tests.api.conftest import Call
from tests.traffic.edge import Edge
from tests.web.leaving import comes_back, ended, seen
from traffic.models import Route

pytestmark = pytest.mark.django_db
WHY = {"reason": "its disk is full"}
A1 = "prods/a-1/evacuation/"
BACK = "prods/a-1/failback/"
DIGEST = "0" * 64


@pytest.fixture(autouse=True)
def edge(db: None) -> Edge:
    build.fleet()
    edge = Edge()
    edge.publish()
    comes_back("a")
    return edge


def previewed(call: Call, path: str) -> Any:
    answer = call("POST", f"{path}preview/", None, role="viewer")
    assert answer.status_code == 200, answer.content
    return answer.json()


def start(call: Call, path: str, **more: Any):  # type: ignore[no-untyped-def]
    digest = previewed(call, path)["digest"]
    return call("POST", path, {"digest": digest, **WHY, **more}, role="on-call")


def test_a_dead_prod_is_failed_over_as_it_was_read(call: Call, edge: Edge) -> None:
    build.observe("a-1", ready=0)
    plan = previewed(call, A1)
    assert (plan["kind"], plan["cluster"], plan["prod"], plan["reasons"]) == ("failover", "a", "a-1", [])
    assert [(move["route"], move["reason"]["code"]) for move in plan["moves"]] == [
        (f"shop-s-{number}", "moves-to") for number in (1, 2, 3, 4)
    ]
    assert not Run.objects.exists()
    answer = call("POST", A1, {"digest": plan["digest"], **WHY}, role="on-call")
    assert (answer.status_code, answer.json()["kind"]) == (201, "failover")
    assert answer.json()["digest"] == plan["digest"]
    edge.publish()
    took = [edge.weights(f"shop-s-{number}") for number in (1, 2, 3, 4)]
    assert took == [{"c-1": 100}, {"c-1": 100}, {"c-1": 100}, {"b-1": 100}]
    assert call("GET", "prods/a-1/").json()["lifecycle"] == "draining"
    assert Cluster.objects.get(name="a").intent == "active"


def test_a_plan_of_a_cluster_names_no_prod(call: Call) -> None:
    plan = previewed(call, "clusters/a/evacuation/")
    assert (plan["cluster"], plan["prod"]) == ("a", None)


def test_a_stale_digest_is_refused_with_its_code(call: Call) -> None:
    digest = previewed(call, A1)["digest"]
    build.observe("a-1", ready=0)
    answer = call("POST", A1, {"digest": digest, **WHY}, role="on-call")
    assert (answer.status_code, answer.json()["code"]) == (409, "plan-stale")
    assert not Run.objects.exists()


def test_a_single_writer_needs_the_name_of_the_prod(call: Call) -> None:
    Route.objects.filter(name="shop-s-1").update(data_class="single-writer")
    refused = start(call, A1)
    assert (refused.status_code, refused.json()["code"]) == (409, "fence-needed")
    assert "a-1" in refused.json()["detail"]
    assert start(call, A1, confirm="a").status_code == 409
    assert start(call, A1, confirm="a-1").status_code == 201


def test_users_come_back_by_a_plan_of_their_own(call: Call, edge: Edge) -> None:
    ended(Run.objects.get(pk=start(call, A1).json()["id"]), edge)
    comes_back("a", for_s=3)
    early = start(call, BACK)
    assert (early.status_code, early.json()["code"]) == (409, "not-stable-yet")
    comes_back("a")
    plan = previewed(call, BACK)
    assert (plan["kind"], plan["prod"]) == ("failback", "a-1")
    assert [move["percent"] for move in plan["moves"]] == [10, 30, 50, 100] * 4
    answer = start(call, BACK)
    assert (answer.status_code, answer.json()["kind"]) == (201, "failback")
    assert Prod.objects.get(name="a-1").lifecycle == "in-service"


def test_the_same_key_is_answered_and_not_done_again(call: Call) -> None:
    body = {"digest": previewed(call, A1)["digest"], **WHY}
    token = create_token(build.person("on-call"), "again", "on-call")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
    first, again = (
        Client().post(f"/api/v1/{A1}", body, content_type="application/json", headers=headers)
        for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true" and again.json()["id"] == first.json()["id"]
    assert Run.objects.count() == 1


def test_what_somebody_else_has_changed_meanwhile_is_not_emptied_unread(call: Call) -> None:
    """If-Match is compared with the Prod's tag, not with its Cluster's."""
    seen()
    tag = call("GET", "prods/a-1/").headers["ETag"]
    digest = previewed(call, A1)["digest"]
    Prod.objects.filter(name="a-1").update(endpoint="http://127.0.0.1:1")
    token = create_token(build.person("on-call"), "matching", "on-call")
    headers = {"Authorization": f"Bearer {token}", "If-Match": tag}
    body = {"digest": digest, **WHY}
    answer = Client().post(f"/api/v1/{A1}", body, content_type="application/json", headers=headers)
    assert answer.status_code == 412
    assert not Run.objects.exists()


LEAST = [(A1, "on-call"), (BACK, "on-call"), (f"{A1}preview/", "viewer"), (f"{BACK}preview/", "viewer")]


@pytest.mark.parametrize(("path", "least"), LEAST)
def test_each_door_asks_for_its_role(call: Call, path: str, least: str) -> None:
    for role in build.ROLES:
        allowed = build.ROLES.index(role) >= build.ROLES.index(least)
        status = call("POST", path, {"digest": "no"}, role=role).status_code
        assert (status != 403) == allowed, (role, status)


@pytest.mark.parametrize("path", ["evacuation/", "evacuation/preview/", "failback/", "failback/preview/"])
def test_a_prod_that_there_is_none_of_is_404(call: Call, path: str) -> None:
    Prod.objects.filter(name="a-2").update(lifecycle="retired")
    for name in ("z-1", "a-2"):
        answer = call("POST", f"prods/{name}/{path}", {"digest": DIGEST, **WHY}, role="admin")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
