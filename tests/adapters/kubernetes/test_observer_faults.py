"""The observer when its cluster fails: what it says, and that it sees what happened meanwhile."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from clusters.core.evidence import Ready, applied_from_answer, health, judge
from clusters.models import Cluster, Observation, Prod
from journal.models import Event
from simulator.testing import Fleet, start_fleet
from tests.adapters.kubernetes.watched import add_fleet, add_prod, build, client_of, eventually, observing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with start_fleet(["a"], pod_start=(0.05, 0.2)) as fleet:
        yield fleet


@pytest.fixture
def prod(fleet: Fleet) -> Prod:
    return add_prod("a-1", add_fleet(fleet)["a"])


def row() -> Cluster:
    return Cluster.objects.get(name="a")


def seen(prod: Prod) -> Observation | None:
    return Observation.objects.filter(prod=prod).first()


def is_ready(prod: Prod) -> bool:
    found = seen(prod)
    return found is not None and health(found.seen()) == "ready"


def test_a_dead_cluster_is_noticed_told_once_and_comes_back(fleet: Fleet, prod: Prod) -> None:
    with observing() as heard, closing(client_of(fleet, "a")) as client:
        build(client, "a-1")
        eventually(lambda: row().health == "healthy" and is_ready(prod))
        told = len(heard.changed)
        fleet.fault("refuse", cluster="a")
        eventually(lambda: row().health == "unreachable")
        eventually(lambda: row().synced_at is None)
        assert row().health_reason["code"] == "cluster-silent-to-probe"
        eventually(lambda: len(heard.changed) > told)
        fleet.clear_faults()
        eventually(lambda: row().health == "healthy" and row().synced_at)
        moves = Event.objects.filter(kind="cluster-health", cluster="a").values_list("from_state", "to_state")
        assert list(moves) == [
            ("unknown", "healthy"),
            ("healthy", "unreachable"),
            ("unreachable", "healthy"),
        ]


def test_what_happened_while_the_watches_were_cut_is_seen_after_the_new_list(
    fleet: Fleet, prod: Prod
) -> None:
    with observing(), closing(client_of(fleet, "a")) as client:
        build(client, "a-1")
        eventually(lambda: is_ready(prod))
        fleet.fault("compact", cluster="a")
        fleet.fault("drop_watches", cluster="a")
        applied = (applied_from_answer(build(client, "a-1", image="shop/api:v2")),)
        eventually(lambda: (found := seen(prod)) and isinstance(judge(applied, found.seen()), Ready))
