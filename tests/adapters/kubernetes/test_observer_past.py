"""A cluster that answers from the past, loses a node, or comes back with old state: what Drover makes of it."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from clusters.core.credentials import Credentials
from clusters.core.evidence import Ready, Waiting, applied_from_answer, health, judge
from clusters.core.nodes import nodes_from_json
from clusters.core.verdicts import Applied
from clusters.models import Cluster, Observation, Prod
from clusters.observe.watch import is_older
from journal.models import Event
from simulator.testing import Fleet, start_fleet
from tests.adapters.kubernetes.watched import (
    add_cluster,
    add_fleet,
    add_prod,
    build,
    client_of,
    eventually,
    observing,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with start_fleet(["a"], pod_start=(0.05, 0.1)) as fleet:
        fleet.settings(node_grace=0.5, node_toleration=0.5)
        yield fleet


@pytest.fixture(autouse=True)
def _quickly(settings: Any) -> None:
    settings.OBSERVER_RETRY_MAX_S, settings.OBSERVER_BLIND_S, settings.OBSERVER_NODES_S = 0.3, 0.3, 0.2
    settings.OBSERVER_WATCH_S = (
        60  # longer than anybody waits here: nothing gets well only because a watch ends
    )
    settings.OBSERVER_CONFIRM_S, settings.OBSERVER_PROBE_S = 0.1, 0.2


@pytest.fixture
def prod(fleet: Fleet) -> Prod:
    return add_prod("a-1", add_fleet(fleet)["a"])


def row() -> Cluster:
    return Cluster.objects.get(name="a")


def seen(prod: Prod) -> Any:
    """The facts, None while nothing is known."""
    found = Observation.objects.filter(prod=prod).first()
    return found.seen() if found and row().synced_at else None


def image(prod: Prod) -> str:
    found = seen(prod)
    return dict(found.workloads[0].images)["api"] if found and found.workloads else ""


def is_proven(prod: Prod, applied: tuple[Applied, ...]) -> bool:
    return isinstance(judge(applied, seen(prod)), Ready)


def uids(prod: Prod) -> set[str]:
    found = seen(prod)
    return {one.uid for one in found.workloads} if found else set()


def test_what_was_seen_before_the_change_proves_nothing_while_the_api_server_stands_still(
    fleet: Fleet, prod: Prod
) -> None:
    with observing(), closing(client_of(fleet, "a")) as client:
        first = (applied_from_answer(build(client, "a-1")),)
        eventually(lambda: is_proven(prod, first))
        fault = fleet.fault("past", cluster="a")
        applied = (applied_from_answer(build(client, "a-1", image="shop/api:v2")),)
        told = Observation.objects.get(prod=prod).observed_at
        eventually(lambda: Observation.objects.get(prod=prod).observed_at > told)
        verdict = judge(applied, seen(prod))
        assert isinstance(verdict, Waiting)
        assert verdict.reason.code == "change-not-seen"
        assert health(seen(prod)) == "ready", "it says so of itself, and still proves nothing"
        fleet.clear_faults(fault)
        eventually(lambda: is_proven(prod, applied))


def test_a_list_from_before_what_was_seen_is_not_believed(fleet: Fleet, prod: Prod) -> None:
    with observing(), closing(client_of(fleet, "a")) as client:
        build(client, "a-1")
        applied = (applied_from_answer(build(client, "a-1", image="shop/api:v2")),)
        eventually(lambda: is_proven(prod, applied))
        fault = fleet.fault("past", cluster="a", back_s=3600)
        fleet.fault("drop_watches", cluster="a")
        eventually(lambda: row().synced_at is None)
        eventually(lambda: row().health == "degraded")
        assert "gone back" in row().health_reason["params"]["problem"]
        assert judge(applied, seen(prod)) == judge(applied, None)
        stored = Observation.objects.get(prod=prod).seen()
        assert dict(stored.workloads[0].images) == {"api": "shop/api:v2"}, "the old facts are not written"
        fleet.clear_faults(fault)
        eventually(lambda: row().health == "healthy" and is_proven(prod, applied))


def test_a_cluster_that_was_restored_is_believed_after_a_while_and_the_way_there_is_told(
    fleet: Fleet, prod: Prod, settings: Any
) -> None:
    settings.OBSERVER_BACK_S = 4.0
    with observing(), closing(client_of(fleet, "a")) as client:
        first = (applied_from_answer(build(client, "a-1")),)
        eventually(lambda: is_proven(prod, first))
        backup = fleet.backup("a")
        applied = (applied_from_answer(build(client, "a-1", image="shop/api:v2")),)
        eventually(lambda: is_proven(prod, applied))
        fleet.restore("a", backup)
        eventually(lambda: row().health == "degraded")
        eventually(lambda: row().health == "healthy" and image(prod) == "shop/api:v1")
        verdict = judge(applied, seen(prod))
        assert isinstance(verdict, Waiting), "the rollout that was proven is undone"
        said = Event.objects.filter(kind="cluster-health", cluster="a", to_state="degraded").get()
        assert "gone back" in said.reason["params"]["problem"]
        again = (applied_from_answer(build(client, "a-1", image="shop/api:v3")),)
        eventually(lambda: is_proven(prod, again))


def test_an_object_that_is_back_under_its_name_with_another_uid_proves_nothing(
    fleet: Fleet, prod: Prod, settings: Any
) -> None:
    settings.OBSERVER_BACK_S = 0.0
    with observing(), closing(client_of(fleet, "a")) as client:
        old = (applied_from_answer(build(client, "a-1")),)
        eventually(lambda: is_proven(prod, old))
        backup = fleet.backup("a")
        client.delete("Deployment", "prod-a-1", "api", uid=old[0].uid)
        eventually(lambda: not client.list("Pod", "prod-a-1"))
        new = (applied_from_answer(build(client, "a-1")),)
        eventually(lambda: is_proven(prod, new))
        fleet.restore("a", backup)
        eventually(lambda: uids(prod) == {old[0].uid})
        verdict = judge(new, seen(prod))
        assert isinstance(verdict, Waiting)
        assert verdict.reason.code == "workload-replaced"
        eventually(lambda: is_proven(prod, old))


def test_a_lost_node_takes_readiness_away_until_its_pods_are_replaced(fleet: Fleet, prod: Prod) -> None:
    with observing(), closing(client_of(fleet, "a")) as client:
        applied = (applied_from_answer(build(client, "a-1", replicas=3)),)
        eventually(lambda: is_proven(prod, applied))
        fault = fleet.fault("node_lost", cluster="a", node="a-node-1")
        eventually(lambda: health(seen(prod)) == "not-ready")
        assert isinstance(judge(applied, seen(prod)), Waiting)
        eventually(lambda: [n.ready for n in nodes_from_json(row().nodes)] == [False, True, True])
        eventually(lambda: is_proven(prod, applied))
        assert [pod.terminating for pod in seen(prod).pods].count(True) == 1, (
            "nobody knows whether it runs on"
        )
        fleet.clear_faults(fault)
        eventually(lambda: all(n.ready for n in nodes_from_json(row().nodes)))
        eventually(lambda: not any(pod.terminating for pod in seen(prod).pods))


@pytest.mark.parametrize(
    ("version", "known", "older"),
    [("9", "10", True), ("10", "9", False), ("10", "10", False), ("", "9", False), ("9", "", False)],
)
def test_versions_are_compared_as_numbers(version: str, known: str, older: bool) -> None:
    assert is_older(version, known) is older


def test_lists_that_work_do_not_hide_watches_that_do_not(fleet: Fleet, settings: Any) -> None:
    settings.OBSERVER_BLIND_S = 1.5
    listing = [{"apiGroups": ["", "apps"], "resources": ["*"], "verbs": ["list"]}]
    access = fleet.clusters["a"]
    add_cluster("a", Credentials(access.server, token=fleet.mint_token("a", listing)))
    with observing():
        eventually(lambda: row().health == "degraded")
        assert "watch answered 403" in row().health_reason["params"]["problem"]
        assert row().synced_at is None
