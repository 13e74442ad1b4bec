"""The observer on a simulated and on a real cluster: what it writes, and who may write."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from clusters.core.evidence import Ready, applied_from_answer, health, judge
from clusters.models import Cluster, Observation, Prod
from clusters.vault import encrypt
from tests.adapters.kubernetes.watched import (
    Heard,
    Site,
    add_cluster,
    add_prod,
    build,
    deployment,
    eventually,
    observing,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def prod(site: Site) -> Prod:
    return add_prod(site.prod, add_cluster("a", site.credentials))


def row() -> Cluster:
    return Cluster.objects.get(name="a")


def seen(prod: Prod) -> Observation | None:
    return Observation.objects.filter(prod=prod).first()


def is_ready(prod: Prod) -> bool:
    found = seen(prod)
    return found is not None and health(found.seen()) == "ready"


def test_a_rollout_becomes_evidence(site: Site, prod: Prod) -> None:
    with observing() as heard, closing(site.client()) as client:
        applied = (applied_from_answer(build(client, site.prod)),)
        eventually(lambda: (found := seen(prod)) and isinstance(judge(applied, found.seen()), Ready))
        eventually(lambda: row().synced_at and row().health == "healthy")
        assert row().server_version.startswith("v1.")
        assert [prod.pk] in heard.changed
        eventually(lambda: heard.ticks)


def test_a_prod_with_nothing_on_its_cluster_is_seen_as_empty(site: Site, prod: Prod) -> None:
    with observing():
        eventually(lambda: row().synced_at)
        found = seen(prod)
        assert found is not None
        assert found.facts == {"workloads": [], "pods": []}


def test_a_new_prod_and_a_new_cluster_appear_without_a_restart(site: Site) -> None:
    with observing(), closing(site.client()) as client:
        build(client, site.prod)
        prod = add_prod(site.prod, add_cluster("a", site.credentials))
        eventually(lambda: is_ready(prod))


def test_a_label_in_a_foreign_namespace_is_not_believed(site: Site, prod: Prod) -> None:
    with observing(), closing(site.client()) as client:
        other = add_prod(f"{site.prod}-2", row())
        build(client, f"{site.prod}-2")
        eventually(lambda: is_ready(other))
        elsewhere = f"elsewhere-{site.prod}"
        client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": elsewhere}})
        false = deployment(site.prod)
        false["metadata"]["namespace"] = elsewhere
        client.apply(false)
        eventually(lambda: client.get("Deployment", elsewhere, "api")["status"].get("readyReplicas"))
        found = seen(prod)
        assert found is not None
        assert found.facts["workloads"] == []


def test_ages_are_confirmed_while_nothing_changes(site: Site, prod: Prod) -> None:
    with observing(), closing(site.client()) as client:
        build(client, site.prod)
        eventually(lambda: is_ready(prod) and row().synced_at)
        before, answered = Observation.objects.get(prod=prod), row().seen_at
        assert answered
        eventually(lambda: Observation.objects.get(prod=prod).observed_at > before.observed_at)
        eventually(lambda: (row().seen_at or answered) > answered)
        after = Observation.objects.get(prod=prod)
        assert after.facts == before.facts


def test_a_stopped_observer_lets_go_and_the_next_begins_a_new_epoch(site: Site, prod: Prod) -> None:
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


def test_two_observers_never_watch_the_same_cluster(site: Site, prod: Prod, settings: Any) -> None:
    settings.OBSERVER_LEASE_S, settings.OBSERVER_ROWS_S, settings.OBSERVER_CONFIRM_S = 4.0, 0.2, 0.3
    with observing("one"), observing("two"):
        eventually(lambda: row().synced_at)
        epoch = row().observer_epoch
        before = Observation.objects.get(prod=prod).observed_at
        eventually(lambda: Observation.objects.get(prod=prod).observed_at > before + timedelta(seconds=5))
        assert row().observer_epoch == epoch


def test_an_observer_that_lost_its_lease_writes_nothing_more(site: Site, prod: Prod) -> None:
    with observing("one"), closing(site.client()) as client:
        eventually(lambda: row().synced_at)
        Cluster.objects.update(
            observer="two", observer_epoch=99, lease_until=Now() + timedelta(hours=1), synced_at=None
        )
        before = Observation.objects.get(prod=prod)
        build(client, site.prod)
        eventually(
            lambda: client.get("Deployment", f"prod-{site.prod}", "api")["status"].get("readyReplicas")
        )
        after = Observation.objects.get(prod=prod)
        assert (after.facts, after.epoch) == (before.facts, before.epoch)
        assert row().observer_epoch == 99


def test_credentials_that_cannot_be_read_are_said_and_new_ones_taken_up(site: Site, settings: Any) -> None:
    settings.OBSERVER_BLIND_S, settings.OBSERVER_ROWS_S = 0.5, 0.3
    cluster = add_cluster("a", site.credentials)
    good = bytes(cluster.credentials)
    Cluster.objects.update(credentials=b"nonsense")
    with observing():
        eventually(lambda: row().health_reason.get("code") == "credentials-unreadable")
        Cluster.objects.update(credentials=good)
        eventually(lambda: row().health == "healthy")
        wrong = encrypt(replace(site.credentials, token="wrong"))
        Cluster.objects.update(credentials=wrong)
        eventually(lambda: row().health == "degraded")
        assert row().synced_at is None


def test_a_callback_that_fails_does_not_stop_the_observation(site: Site, prod: Prod) -> None:
    class Broken(Heard):
        def on_change(self, prod_ids: list[int]) -> None:
            super().on_change(prod_ids)
            raise RuntimeError("broken")

    with observing(heard=Broken()) as heard, closing(site.client()) as client:
        eventually(lambda: heard.changed)
        build(client, site.prod)
        eventually(lambda: is_ready(prod))
