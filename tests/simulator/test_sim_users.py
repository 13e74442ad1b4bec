"""Simulated users: what they ask, what they note, and that they stop."""

import itertools
import os
import re
import signal
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from simulator.users.testing import Users, start_users
from tests.simulator.edge import Edge, prod
from tests.simulator.space import Space, until

NUMBERS = itertools.count(1)
RATE = 100


@pytest.fixture
def edge(space: Space) -> Edge:
    return Edge(space)


@pytest.fixture
def served(edge: Edge) -> tuple[Edge, str, dict[str, Any]]:
    """A gateway in front of one Prod on `b`, and a plan for it with two groups of tenants."""
    name = f"u-{next(NUMBERS)}"
    edge.backend(name, prod(edge.fleet, name), labels={"drover.dev/prod": name})
    edge.route({name: 1}, hostnames=["*.shop.example"])
    groups = {"big": [f"t{n}.shop.example" for n in range(8)], "small": ["x.shop.example"]}
    return edge, name, {"gateways": [f"127.0.0.1:{edge.gateway()}"], "groups": groups, "rate": RATE}


def noted(users: Users, count: int) -> list[dict[str, Any]]:
    """The log, once it has so many entries."""
    return until(lambda: len(found := users.log()) >= count and found, f"{count} requests", 15)


def total(users: Users, field: str = "requests", **wanted: str) -> int:
    """How many there were in the last minute with these values."""
    rows = users.counters(60, ",".join(wanted) or "prod")["series"]
    return sum(sum(row[field]) for row in rows if all(row[name] == value for name, value in wanted.items()))


def test_every_request_is_noted_with_who_served_it(served: tuple[Edge, str, dict[str, Any]]) -> None:
    _, name, plan = served
    with start_users(plan) as users:
        entries = noted(users, 50)
    assert {tuple(entry) for entry in entries} == {
        ("t", "hostname", "group", "gateway", "tries", "status", "prod", "version", "latency_ms", "error")
    }
    facts = {(e["gateway"], e["tries"], e["status"], e["prod"], e["version"], e["error"]) for e in entries}
    assert facts == {(plan["gateways"][0], 1, 200, name, "v1.0.0", "")}
    hostnames = {group: {e["hostname"] for e in entries if e["group"] == group} for group in plan["groups"]}
    assert hostnames == {group: set(names) for group, names in plan["groups"].items()}


def test_tenants_take_turns(served: tuple[Edge, str, dict[str, Any]]) -> None:
    _, _, plan = served
    with start_users(plan | {"order": "round-robin", "rate": 50}) as users:
        entries = sorted(noted(users, 45), key=lambda entry: float(entry["t"]))
    times = [
        sum(e["hostname"] == name for e in entries[:45])
        for name in [n for names in plan["groups"].values() for n in names]
    ]
    assert max(times) - min(times) <= 1


def test_they_keep_about_to_their_rate(served: tuple[Edge, str, dict[str, Any]]) -> None:
    _, _, plan = served
    with start_users(plan) as users:
        entries = noted(users, 3 * RATE)
        span = max(e["t"] for e in entries) - min(e["t"] for e in entries)
    assert len(entries) / span < 1.25 * RATE


def test_counters_tell_prods_versions_and_groups_apart(served: tuple[Edge, str, dict[str, Any]]) -> None:
    _, name, plan = served
    with start_users(plan) as users:
        until(lambda: total(users, prod=name, version="v1.0.0") >= 2 * RATE, "two seconds of requests")
        assert total(users, "errors") == 0
        assert total(users, group="big") > total(users, group="small") > 0
        found = users.counters(10, "group")
        assert [len(row["requests"]) for row in found["series"]] == [10, 10]
        assert (found["tenants"], found["rate"], found["trouble"]) == (9, RATE, "")


@pytest.mark.parametrize("query", ["by=colour", "seconds=0", "seconds=301", "seconds=x"])
def test_a_question_that_makes_no_sense_is_refused(query: str) -> None:
    with start_users() as users, pytest.raises(urllib.error.HTTPError, match="400") as refused:
        urllib.request.urlopen(f"{users.url}/counters?{query}", timeout=5)
    refused.value.close()


def test_errors_are_those_of_the_tenants_concerned(served: tuple[Edge, str, dict[str, Any]]) -> None:
    edge, name, plan = served
    lost = f"u-{next(NUMBERS)}"
    edge.backend(lost, prod(edge.fleet, lost, cluster="a"), labels={"drover.dev/prod": lost})
    edge.route({lost: 1}, name="small", hostnames=["x.shop.example"])
    with start_users(plan) as users:
        until(lambda: total(users, prod=lost) and total(users, prod=name), "both serve")
        fault = edge.fleet.lose("b")
        until(lambda: total(users, "errors", group="big") > RATE, "errors")
        assert total(users, "errors", group="small") == 0
        errors = {(e["prod"], e["error"], e["group"]) for e in users.log() if e["error"]}
        assert {error for _, error, _ in errors} <= {"status-502", "status-503"}
        assert (name, "status-502", "big") in errors
        edge.fleet.clear_faults(fault)
        until(lambda: all(not e["error"] for e in users.log()[-RATE:]), "no errors any more")


@pytest.mark.parametrize(
    ("retry", "served_by_all"), [(True, True), (False, False)], ids=["retry", "no retry"]
)
def test_a_gateway_that_is_gone_is_passed_over_only_by_those_who_retry(
    served: tuple[Edge, str, dict[str, Any]], retry: bool, served_by_all: bool
) -> None:
    _, _, plan = served
    gateways = [*plan["gateways"], "127.0.0.1:1"]
    with start_users(plan | {"gateways": gateways, "retry": retry}) as users:
        entries = noted(users, 60)
    assert all(not entry["error"] for entry in entries) is served_by_all
    tried = {(e["tries"], e["error"]) for e in entries}
    assert tried == ({(1, ""), (2, "")} if retry else {(1, ""), (1, "refused")})


def test_a_plan_may_come_change_break_and_go(served: tuple[Edge, str, dict[str, Any]]) -> None:
    _, _, plan = served
    with start_users() as users:
        assert users.counters()["rate"] == 0
        users.plan(plan)
        noted(users, 10)
        users.plan({"gateways": ["203.0.113.1:80"]})
        trouble = until(lambda: users.counters()["trouble"], "trouble")
        assert "203.0.113.1:80" in trouble
        before = users.counters()["requests"]
        until(lambda: users.counters()["requests"] > before, "they go on by the old plan")
        users.plan(plan | {"rate": 7, "groups": {"big": ["y.shop.example"]}})
        until(lambda: users.counters()["rate"] == 7, "the new plan")
        until(lambda: users.log()[-1]["hostname"] == "y.shop.example", "its tenants")


def test_the_log_keeps_to_its_size_and_keeps_the_newest(served: tuple[Edge, str, dict[str, Any]]) -> None:
    _, _, plan = served
    with start_users(plan | {"rate": 400}, "--log-bytes", "40000") as users:
        until(lambda: users.counters()["requests"] > 600, "600 requests", 15)
        users.stop()
        entries = users.log()
        size = sum(path.stat().st_size for path in Path(users.folder).glob("requests.jsonl*"))
    assert 10_000 < size <= 40_000
    assert len(entries) < 500
    assert entries[-1]["t"] - entries[0]["t"] > 0


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_them_while_requests_are_under_way(
    served: tuple[Edge, str, dict[str, Any]], signum: int
) -> None:
    edge, _, plan = served
    with start_users(plan) as users:
        noted(users, 5)
        edge.fleet.fault("cut_users", cluster="b", how="hang")
        edge.fleet.fault("cut_users", cluster="a", how="hang")
        before = users.counters()["requests"]
        until(lambda: users.counters()["requests"] >= before, "asked")
        os.kill(users.process.pid, signum)
        assert users.process.wait(5) == 0


def test_they_end_after_their_time(served: tuple[Edge, str, dict[str, Any]]) -> None:
    _, _, plan = served
    with start_users(plan, "--seconds", "0.5") as users:
        assert users.process.wait(10) == 0
        assert users.log()


def test_nothing_is_written_to_the_process_log_in_good_times(
    served: tuple[Edge, str, dict[str, Any]],
) -> None:
    _, _, plan = served
    with start_users(plan) as users:
        noted(users, 20)
        users.stop()
        assert not re.search(r"\S", users.said())
