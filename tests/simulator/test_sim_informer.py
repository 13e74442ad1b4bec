"""The informer of the official client, unmodified: its cache follows the cluster through faults."""

import threading
from collections.abc import Iterator

import pytest
from kubernetes import client, config
from kubernetes.informer import ADDED, DELETED, ERROR, MODIFIED, SharedInformer

from simulator.testing import Fleet
from tests.simulator.space import Space, config_map, deployment, until


class Followed:
    """An informer over the pods of a space, and what its handlers were told."""

    def __init__(self, api: client.ApiClient, space: Space) -> None:
        self.space, self.told = space, []
        self.informer = SharedInformer(
            client.CoreV1Api(api).list_namespaced_pod, namespace=space.name, label_selector="app=api"
        )
        for type_ in (ADDED, MODIFIED, DELETED):
            self.informer.add_event_handler(
                type_, lambda pod, type_=type_: self.told.append((type_, pod.metadata.name))
            )
        self.errors: list[object] = []
        self.informer.add_event_handler(ERROR, self.errors.append)

    def names(self, type_: str) -> set[str]:
        return {name for told, name in self.told if told == type_}

    def agrees(self) -> bool:
        """Whether the cache has every pod in its newest version, and no other."""
        cached = {pod.metadata.name: pod.metadata.resource_version for pod in self.informer.cache.list()}
        listed = self.space.list("pods", "labelSelector=app=api")
        return cached == {pod["metadata"]["name"]: pod["metadata"]["resourceVersion"] for pod in listed}


@pytest.fixture
def followed(fleet: Fleet, space: Space) -> Iterator[Followed]:
    space.create("deployments", deployment(replicas=2))
    until(space.rolled_out, "rolled out")
    api = config.new_client_from_config(str(fleet.kubeconfig), context="a")
    found = Followed(api, space)
    found.informer.start()
    until(found.agrees, "listed")
    yield found
    # Over plain HTTP the informer's stop waits for the end of its stream.
    stopping = threading.Thread(target=found.informer.stop)
    stopping.start()
    until(lambda: fleet.fault("drop_watches", cluster="a") and not stopping.is_alive(), "stopped")
    api.close()


def test_handlers_are_told_of_what_comes_changes_and_goes(followed: Followed) -> None:
    space, before = followed.space, followed.names(ADDED)
    assert len(before) == 2
    space.patch("deployments", "api", {"spec": {"replicas": 3}})
    until(lambda: len(followed.names(ADDED)) == 3 and space.rolled_out(), "the third came")
    (young,) = followed.names(ADDED) - before
    until(lambda: young in followed.names(MODIFIED), "the third changed")
    space.patch("deployments", "api", {"spec": {"replicas": 1}})
    until(lambda: len(followed.names(DELETED)) == 2, "two went")
    until(followed.agrees, "the cache is what is there")
    assert followed.errors == []


def test_the_cache_is_read_by_key(followed: Followed) -> None:
    (one, _) = followed.informer.cache.list()
    key = f"{followed.space.name}/{one.metadata.name}"
    assert followed.informer.cache.get_by_key(key).spec.containers[0].image.endswith(":v1.0.0")


def test_a_dropped_watch_goes_on_where_it_was(followed: Followed, fleet: Fleet) -> None:
    fleet.fault("drop_watches", cluster="a")
    followed.space.patch("deployments", "api", {"spec": {"replicas": 4}})
    until(followed.space.rolled_out, "rolled out")
    until(followed.agrees, "the cache has caught up")
    assert [type_ for type_, _ in followed.told].count(ADDED) == 4  # none was told twice


def test_after_410_everything_is_listed_anew(followed: Followed, fleet: Fleet) -> None:
    space = followed.space
    space.create("configmaps", config_map())  # the cluster is ahead of what the informer has seen
    fleet.fault("compact", cluster="a")
    fleet.fault("drop_watches", cluster="a")
    until(lambda: [error for error in followed.errors if getattr(error, "status", 0) == 410], "410")
    until(lambda: followed.names(MODIFIED) >= followed.names(ADDED), "told of all again")
    space.patch("deployments", "api", {"spec": {"replicas": 3}})
    until(space.rolled_out, "rolled out")
    until(followed.agrees, "the cache is what is there")
    assert len(followed.names(ADDED)) == 3
