"""A running observer for tests: Clusters and Prods in the database, the observer in a thread."""

import asyncio
import gc
import secrets
import threading
import time
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest
from clusters.kube.client import Client
from clusters.kube.outgoing import Limits
from clusters.models import Blueprint, BlueprintRevision, Cluster, Prod, Version
from clusters.observe import run
from clusters.vault import encrypt
from simulator.testing import Fleet

T = TypeVar("T")
PATIENCE_S = 20.0
TURNS_AFTER = 10


def eventually(what: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Returns once `what()` is true; fails after a while. Looks often: the observer is another thread."""
    deadline = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < deadline, f"not within {patience_s} s"
        threading.Event().wait(0.01)


@dataclass(slots=True)
class Heard:
    """What the callbacks were given."""

    changed: list[list[int]] = field(default_factory=list)
    ticks: int = 0

    def on_change(self, prod_ids: list[int]) -> None:
        self.changed.append(prod_ids)

    def on_tick(self) -> None:
        self.ticks += 1


@contextmanager
def observing(name: str = "one", heard: Heard | None = None) -> Iterator[Heard]:
    """An observer that runs in a thread until the block ends."""
    heard = heard or Heard()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    main = run(name, heard.on_change, heard.on_tick, stop)
    thread = threading.Thread(target=run_whole, args=(loop, main))
    thread.start()
    try:
        yield heard
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE_S)
        loop.close()
        _forget_half_made_connections()


def run_whole(loop: asyncio.AbstractEventLoop, main: Coroutine[Any, Any, T]) -> T:
    """What `main` gives, once what is due after it has run too: a connection that was cut off closes its socket a turn
    later."""
    given = loop.run_until_complete(main)
    for _ in range(TURNS_AFTER):
        loop.run_until_complete(asyncio.sleep(0))
    return given


def _forget_half_made_connections() -> None:
    """asyncio never closes a connection that is given up at the very start of its TLS handshake; it warns of it
    when it is collected, which would be in the middle of some other test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def add_cluster(name: str, credentials: Credentials) -> Cluster:
    return Cluster.objects.create(
        name=name, provider="test", failure_domain=name, credentials=encrypt(credentials)
    )


def add_fleet(fleet: Fleet) -> dict[str, Cluster]:
    """A row for every simulated cluster."""
    return {
        name: add_cluster(name, Credentials(access.server, token=access.token))
        for name, access in fleet.clusters.items()
    }


def add_prod(name: str, cluster: Cluster) -> Prod:
    blueprint, _ = Blueprint.objects.get_or_create(name="shop")
    revision, _ = BlueprintRevision.objects.get_or_create(
        blueprint=blueprint, number=1, defaults={"manifests": [], "components": [], "digest": ""}
    )
    version, _ = Version.objects.get_or_create(
        blueprint=blueprint, name="v1", defaults={"revision": revision, "images": {}}
    )
    return Prod.objects.create(
        name=name, cluster=cluster, namespace=f"prod-{name}", blueprint=blueprint, capacity=1, version=version
    )


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster that many tests share, and a name for a Prod of one of them."""

    credentials: Credentials
    prod: str = field(default_factory=lambda: f"p-{secrets.token_hex(3)}")

    def client(self) -> Client:
        return Client(self.credentials, limits=Limits(loopback_allowed=True))


def client_of(fleet: Fleet, name: str) -> Client:
    access = fleet.clusters[name]
    credentials = Credentials(access.server, token=access.token)
    return Client(credentials, limits=Limits(loopback_allowed=True))


def deployment(prod: str, image: str = "shop/api:v1", replicas: int = 2) -> Manifest:
    labels = {"app": "api", "drover.dev/prod": prod, "drover.dev/component": "api"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": f"prod-{prod}", "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "api"}},
            "template": {
                "metadata": {"labels": labels, "annotations": {"drover.dev/digest": image}},
                "spec": {"containers": [{"name": "api", "image": image}]},
            },
        },
    }


def build(client: Client, prod: str, **fields: object) -> Manifest:
    """The answer to applying the namespace and the Deployment of a Prod."""
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"prod-{prod}"}})
    return client.apply(deployment(prod, **fields))  # type: ignore[arg-type]
