"""The observer on simulated clusters: what it writes, when it stays silent, and who may write."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from clusters.core.evidence import Ready, applied_from_answer, health, judge
from clusters.core.kubeconfig import Credentials
from clusters.models import Cluster, Observation, Prod
from clusters.vault import encrypt
from journal.models import Event
from simulator.testing import Fleet, start_fleet
from tests.adapters.kubernetes.watched import (
    Heard,
    add_cluster,
    add_fleet,
    add_prod,
    build,
    client_of,
    deployment,
    eventually,
    observing,
)

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


def test_a_rollout_becomes_evidence(fleet: Fleet, prod: Prod) -> None:
    with observing() as heard, closing(client_of(fleet, "a")) as client:
        applied = (applied_from_answer(build(client, "a-1")),)
        eventually(lambda: (found := seen(prod)) and isinstance(judge(applied, found.seen()), Ready))
        eventually(lambda: row().synced_at and row().health == "healthy")
        assert row().server_version.startswith("v1.")
        assert [prod.pk] in heard.changed
        eventually(lambda: heard.ticks)


def test_a_prod_with_nothing_on_its_cluster_is_seen_as_empty(fleet: Fleet, prod: Prod) -> None:
    with observing():
        eventually(lambda: row().synced_at)
        found = seen(prod)
        assert found is not None
        assert found.facts == {"workloads": [], "pods": []}


def test_a_new_prod_and_a_new_cluster_appear_without_a_restart(fleet: Fleet) -> None:
    with observing(), closing(client_of(fleet, "a")) as client:
        build(client, "a-2")
        prod = add_prod("a-2", add_fleet(fleet)["a"])
        eventually(lambda: is_ready(prod))


def test_a_label_in_a_foreign_namespace_is_not_believed(fleet: Fleet, prod: Prod) -> None:
    with observing(), closing(client_of(fleet, "a")) as client:
        other = add_prod("a-2", row())
        build(client, "a-2")
        eventually(lambda: is_ready(other))
        client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "elsewhere"}})
        false = deployment("a-1")
        false["metadata"]["namespace"] = "elsewhere"
        client.apply(false)
        eventually(lambda: client.get("Deployment", "elsewhere", "api")["status"].get("readyReplicas"))
        found = seen(prod)
        assert found is not None
        assert found.facts["workloads"] == []


def test_ages_are_confirmed_while_nothing_changes(fleet: Fleet, prod: Prod) -> None:
    with observing(), closing(client_of(fleet, "a")) as client:
        build(client, "a-1")
        eventually(lambda: is_ready(prod) and row().synced_at)
        before, answered = Observation.objects.get(prod=prod), row().seen_at
        assert answered
        eventually(lambda: Observation.objects.get(prod=prod).observed_at > before.observed_at)
        eventually(lambda: (row().seen_at or answered) > answered)
        after = Observation.objects.get(prod=prod)
        assert after.facts == before.facts


def test_a_stopped_observer_lets_go_and_the_next_begins_a_new_epoch(fleet: Fleet, prod: Prod) -> None:
    with observing("one"):
        eventually(lambda: row().synced_at)
        first = row().observer_epoch
    assert row().synced_at is None
    assert row().observer == ""
    with observing("two"):
        eventually(lambda: row().synced_at)
        assert row().observer_epoch > first
        assert row().observer.startswith("two#")
        found = seen(prod)
        assert found is not None
        assert found.epoch == row().observer_epoch


def test_two_observers_never_watch_the_same_cluster(fleet: Fleet, prod: Prod, settings: Any) -> None:
    settings.OBSERVER_LEASE_S, settings.OBSERVER_ROWS_S, settings.OBSERVER_CONFIRM_S = 1.0, 0.2, 0.3
    with observing("one"), observing("two"):
        eventually(lambda: row().synced_at)
        epoch = row().observer_epoch
        before = Observation.objects.get(prod=prod).observed_at
        eventually(lambda: Observation.objects.get(prod=prod).observed_at > before + timedelta(seconds=2))
        assert row().observer_epoch == epoch


def test_an_observer_that_lost_its_lease_writes_nothing_more(fleet: Fleet, prod: Prod) -> None:
    with observing("one"), closing(client_of(fleet, "a")) as client:
        eventually(lambda: row().synced_at)
        Cluster.objects.update(
            observer="two", observer_epoch=99, lease_until=Now() + timedelta(hours=1), synced_at=None
        )
        before = Observation.objects.get(prod=prod)
        build(client, "a-1")
        eventually(lambda: client.get("Deployment", "prod-a-1", "api")["status"].get("readyReplicas"))
        after = Observation.objects.get(prod=prod)
        assert (after.facts, after.epoch) == (before.facts, before.epoch)
        assert row().observer_epoch == 99


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


def test_credentials_that_cannot_be_read_are_said_and_new_ones_taken_up(fleet: Fleet, settings: Any) -> None:
    settings.OBSERVER_BLIND_S, settings.OBSERVER_ROWS_S = 0.5, 0.3
    access = fleet.clusters["a"]
    cluster = add_cluster("a", Credentials(access.server, token=access.token))
    good = bytes(cluster.credentials)
    Cluster.objects.update(credentials=b"nonsense")
    with observing():
        eventually(lambda: row().health_reason.get("code") == "credentials-unreadable")
        Cluster.objects.update(credentials=good)
        eventually(lambda: row().health == "healthy")
        wrong = encrypt(Credentials(access.server, token="wrong"))
        Cluster.objects.update(credentials=wrong)
        eventually(lambda: row().health == "degraded")
        assert row().synced_at is None


def test_a_callback_that_fails_does_not_stop_the_observation(fleet: Fleet, prod: Prod) -> None:
    class Broken(Heard):
        def on_change(self, prod_ids: list[int]) -> None:
            super().on_change(prod_ids)
            raise RuntimeError("broken")

    with observing(heard=Broken()) as heard, closing(client_of(fleet, "a")) as client:
        eventually(lambda: heard.changed)
        build(client, "a-1")
        eventually(lambda: is_ready(prod))
