"""The survival report says over the API what the page says: signals, what is automatic, room, the last rehearsal."""

from typing import Any

import pytest
from django.utils import timezone

from clusters.models import Blueprint, Cluster
from releases.models import AutoFailover, Run
from tests import build
from tests.api.conftest import Call
from tests.traffic.edge import Edge
from tests.traffic.signals import all_up, says
from tests.web.leaving import seen

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    build.fleet()
    build.cluster("edge-x")
    Edge().publish()
    seen()
    all_up()


def report(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = call("GET", "survival/", role="viewer").json()
    return found


def rows(call: Call) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in report(call)["clusters"]}


def test_room_is_told_with_capacity_and_percent_and_who_keeps_whom(call: Call) -> None:
    found = rows(call)
    assert found["c"]["room"] == [{"prod": "a-2", "room": 680, "capacity": 1000, "percent": 68}]
    assert found["a"]["kept"] == [{"prod": "b-1", "tenants": 300}]


def test_each_cluster_says_what_its_signals_say_and_what_is_automatic(call: Call) -> None:
    says("a", "down")
    found = rows(call)
    assert (found["a"]["signals"]["state"], found["b"]["signals"]["state"]) == ("down", "up")
    assert (found["edge-x"]["signals"], found["edge-x"]["automatic"]["state"]) == (None, "not-judged")
    auto = found["a"]["automatic"]
    assert (auto["state"], [why["code"] for why in auto["reasons"]]) == ("proposes", ["auto-failover-off"])
    assert auto["since"] == found["a"]["signals"]["since"]
    assert found["b"]["automatic"]["state"] == "off"
    AutoFailover.objects.create(redundancy="none", on=True, reason="test", author=build.person("admin"))
    assert rows(call)["b"]["automatic"] == {"state": "on", "classes": ["none"], "reasons": [], "since": None}


def test_what_was_heard_long_ago_is_unknown(call: Call) -> None:
    says("a", "down", read_ago_s=60)
    found = rows(call)["a"]
    assert (found["signals"]["state"], found["automatic"]["state"]) == ("unknown", "off")


def test_the_last_rehearsal_is_the_last_way_out_that_was_shown(call: Call) -> None:
    assert report(call)["last_rehearsal"] is None
    Cluster.objects.filter(name="b").update(purpose="rehearsal")
    now = timezone.now()
    facts = {
        "plan": {},
        "digest": "x",
        "since": now,
        "started_at": now,
        "blueprint_id": Blueprint.objects.get().pk,
        "strategy": {"cluster": "b", "drill": True},
    }
    done = Run.objects.create(kind="failover", state="succeeded", finished_at=now, **facts)
    Run.objects.create(kind="failback", state="succeeded", finished_at=now, **facts)
    Run.objects.create(kind="evacuation", state="failed", **facts)
    last = report(call)["last_rehearsal"]
    assert (last["run"], last["cluster"], last["took_s"]) == (done.pk, "b", 0)
