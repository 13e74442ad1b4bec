"""Leases and fenced writes: the older observer never wins, whatever the order."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from clusters.core.kubeconfig import Credentials
from clusters.core.observed import ObservedPod, ObservedProd
from clusters.models import Cluster, Observation, Prod
from clusters.observe.rows import claim_clusters, read_prods, release_leases, renew_leases
from clusters.observe.writes import (
    confirm_observations,
    confirm_seen,
    mark_synced,
    set_health,
    store_observations,
)
from journal.core.reasons import because
from journal.models import Event
from tests.adapters.kubernetes.watched import add_cluster, add_prod

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def cluster() -> Cluster:
    Cluster.objects.update(lease_until=Now() - timedelta(seconds=1))
    row = add_cluster("a", Credentials("http://127.0.0.1:1", token="t"))
    Cluster.objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))
    return row


@pytest.fixture
def prod(cluster: Cluster) -> Prod:
    return add_prod("a-1", cluster)


def facts(pod: str) -> ObservedProd:
    return ObservedProd((), (ObservedPod(pod, "api", "d", True, False, "Running"),), NOW)


def stored(prod: Prod) -> str:
    return str(Observation.objects.get(prod=prod).facts["pods"][0]["name"])


def test_a_claim_begins_a_new_epoch_and_makes_facts_unknown(cluster: Cluster) -> None:
    Cluster.objects.update(synced_at=NOW)
    assert claim_clusters("one", 10, 5) == {cluster.pk: 1}
    cluster.refresh_from_db()
    assert (cluster.observer, cluster.synced_at) == ("one", None)
    assert claim_clusters("two", 10, 5) == {}


def test_a_claim_takes_no_more_than_asked_for_and_no_retired_clusters(cluster: Cluster) -> None:
    other = add_cluster("b", Credentials("http://127.0.0.1:1", token="t"))
    Cluster.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert claim_clusters("one", 10, 1) == {cluster.pk: 1}
    Cluster.objects.filter(pk=other.pk).update(intent="retired")
    assert claim_clusters("one", 10, 5) == {}


def test_only_what_is_still_ours_is_renewed(cluster: Cluster) -> None:
    epochs = claim_clusters("one", 10, 5)
    assert set(renew_leases("one", epochs, 10)) == {cluster.pk}
    assert renew_leases("two", epochs, 10) == {}
    Cluster.objects.update(observer_epoch=2)
    assert renew_leases("one", epochs, 10) == {}


def test_a_lease_that_is_let_go_can_be_taken_at_once(cluster: Cluster) -> None:
    release_leases("one", claim_clusters("one", 10, 5))
    assert claim_clusters("two", 10, 5) == {cluster.pk: 2}
    release_leases("one", {cluster.pk: 1})
    assert claim_clusters("three", 10, 5) == {}, "only the holder lets go"


def test_retired_prods_are_not_watched(cluster: Cluster, prod: Prod) -> None:
    assert [one.name for one in read_prods([cluster.pk])[cluster.pk]] == ["a-1"]
    Prod.objects.update(lifecycle="retired")
    assert read_prods([cluster.pk]) == {cluster.pk: ()}


@pytest.mark.parametrize(
    ("epoch", "sequence", "expected"),
    [(1, 2, "first"), (1, 3, "first"), (1, 4, "second"), (2, 1, "first")],
    ids=["older", "same", "newer", "epoch not ours"],
)
def test_an_observation_never_goes_back(
    cluster: Cluster, prod: Prod, epoch: int, sequence: int, expected: str
) -> None:
    claim_clusters("one", 10, 5)
    assert store_observations(cluster.pk, 1, 3, {prod.pk: facts("first")}, NOW) == {prod.pk}
    written = store_observations(cluster.pk, epoch, sequence, {prod.pk: facts("second")}, NOW)
    assert stored(prod) == expected
    assert bool(written) == (expected == "second")


def test_a_new_epoch_begins_again_at_one(cluster: Cluster, prod: Prod) -> None:
    claim_clusters("one", 10, 5)
    store_observations(cluster.pk, 1, 50, {prod.pk: facts("first")}, NOW)
    Cluster.objects.update(observer_epoch=2)
    assert store_observations(cluster.pk, 2, 1, {prod.pk: facts("second")}, NOW) == {prod.pk}
    assert store_observations(cluster.pk, 1, 51, {prod.pk: facts("late")}, NOW) == set()
    assert stored(prod) == "second"


def test_a_prod_that_is_gone_or_elsewhere_is_left_out(cluster: Cluster, prod: Prod) -> None:
    claim_clusters("one", 10, 5)
    other = add_prod("b-1", add_cluster("b", Credentials("http://127.0.0.1:1", token="t")))
    seen = {prod.pk: facts("x"), other.pk: facts("x"), 10**9: facts("x")}
    assert store_observations(cluster.pk, 1, 1, seen, NOW) == {prod.pk}


def test_an_old_observer_confirms_nothing(cluster: Cluster, prod: Prod) -> None:
    claim_clusters("one", 10, 5)
    store_observations(cluster.pk, 1, 1, {prod.pk: facts("x")}, NOW)
    Cluster.objects.update(observer_epoch=2)
    later = NOW + timedelta(seconds=5)
    confirm_observations(cluster.pk, 1, later)
    confirm_observations(cluster.pk, 2, later)  # nothing of epoch 2 has been written yet
    confirm_seen(cluster.pk, 1, later)
    assert not mark_synced(cluster.pk, 1, later)
    assert not set_health(cluster.pk, 1, "unreachable", None, "", later)
    cluster.refresh_from_db()
    assert (cluster.seen_at, cluster.synced_at, cluster.health) == (None, None, "unknown")
    assert Observation.objects.get(prod=prod).observed_at == NOW


def test_a_time_never_goes_back(cluster: Cluster, prod: Prod) -> None:
    claim_clusters("one", 10, 5)
    store_observations(cluster.pk, 1, 1, {prod.pk: facts("x")}, NOW)
    confirm_observations(cluster.pk, 1, NOW - timedelta(seconds=5))
    assert Observation.objects.get(prod=prod).observed_at == NOW


def test_each_change_of_health_leaves_one_event(cluster: Cluster) -> None:
    claim_clusters("one", 10, 5)
    why = because("cluster-silent-to-probe", error="TimeoutError")
    assert set_health(cluster.pk, 1, "unreachable", why, "", NOW)
    assert not set_health(cluster.pk, 1, "unreachable", why, "", NOW)
    other = because("cluster-silent-to-probe", error="ClientConnectorError")
    assert not set_health(cluster.pk, 1, "unreachable", other, "", NOW), "another reason is no other health"
    assert set_health(cluster.pk, 1, "healthy", None, "v1.36.2", NOW)
    cluster.refresh_from_db()
    assert (cluster.health, cluster.health_reason, cluster.server_version) == ("healthy", {}, "v1.36.2")
    moves = Event.objects.filter(cluster="a").values_list("kind", "from_state", "to_state")
    assert list(moves) == [
        ("cluster-health", "unknown", "unreachable"),
        ("cluster-health", "unreachable", "healthy"),
    ]
