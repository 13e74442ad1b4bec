"""The observer lists nodes and keeps what the probes took, and rotating keys does not make it begin anew."""

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet

from clusters.core.credentials import Credentials
from clusters.core.nodes import nodes_from_json
from clusters.models import Cluster, ProbeMinute
from clusters.vault import rotate
from simulator.testing import Fleet, start_fleet
from tests.adapters.kubernetes.watched import add_cluster, eventually, observing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def simulated() -> Iterator[Fleet]:
    with start_fleet(["a"], nodes=2) as fleet:
        yield fleet


@pytest.fixture(autouse=True)
def _quickly(settings: Any) -> None:
    settings.OBSERVER_HISTORY_S, settings.OBSERVER_PROBE_S, settings.OBSERVER_NODES_S = 0.1, 0.05, 0.1
    settings.OBSERVER_ROWS_S = 0.1


def added(fleet: Fleet, token: str = "") -> Cluster:
    access = fleet.clusters["a"]
    return add_cluster("a", Credentials(access.server, token=token or access.token))


def test_nodes_and_probes_are_kept(simulated: Fleet) -> None:
    added(simulated)
    with observing():
        eventually(lambda: Cluster.objects.get().nodes_at)
        eventually(lambda: sum(one.probes for one in ProbeMinute.objects.all()) >= 5)
    nodes = nodes_from_json(Cluster.objects.get().nodes)
    assert [(node.name, node.ready, node.cpu_millis, node.memory_mib) for node in nodes] == [
        ("a-node-1", True, 64_000, 262_144),
        ("a-node-2", True, 64_000, 262_144),
    ]
    minutes = list(ProbeMinute.objects.all())
    assert len(minutes) <= 3, "by minute, not by probe"
    assert sum(one.failed for one in minutes) == 0


def test_without_the_right_to_list_nodes_the_rest_goes_on(simulated: Fleet) -> None:
    watching = [
        {"apiGroups": ["", "apps", "batch"], "resources": ["*"], "verbs": ["watch"]},
        {
            "apiGroups": ["", "apps", "batch"],
            "resources": ["deployments", "statefulsets", "daemonsets", "pods", "jobs", "cronjobs", "events"],
            "verbs": ["list"],
        },
    ]
    added(simulated, simulated.mint_token("a", watching))
    with observing():
        eventually(lambda: Cluster.objects.get().health == "healthy")
        eventually(ProbeMinute.objects.exists)
    row = Cluster.objects.get()
    assert (row.nodes, row.nodes_at) == ([], None)


def test_rotating_the_keys_does_not_begin_a_new_watch(simulated: Fleet, settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [old]
    row = added(simulated)
    settings.CREDENTIAL_KEYS = [new, old]
    with observing():
        eventually(lambda: Cluster.objects.get().synced_at)
        epoch, seen_at = Cluster.objects.get().observer_epoch, Cluster.objects.get().seen_at
        Cluster.objects.filter(pk=row.pk).update(credentials=rotate(row.credentials))
        lease = Cluster.objects.get().lease_until
        eventually(lambda: Cluster.objects.get().lease_until > lease)
        eventually(lambda: Cluster.objects.get().seen_at != seen_at)
        assert Cluster.objects.get().observer_epoch == epoch
