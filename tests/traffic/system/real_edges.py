"""Two ways in that forward requests, a gateway of the simulator and Debian's HAProxy, before pods of the simulator; rows of
Drover, published by the publisher itself; and users who come by both all the time."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from clusters.core.kinds import PROD_LABEL
from clusters.kube.connect import connect_cluster
from clusters.models import Cluster, Prod
from clusters.targets import overrides_of, render_prod
from orchestrator.embedded.edges import GATEWAY, NAMESPACE, gateway_addresses, raise_gateways
from simulator.testing import Fleet
from simulator.users.testing import Users, start_users
from tests import build
from tests.adapters.routers.system.real_haproxy import RealHaproxy, eventually, free_port
from tests.adapters.routers.system.relay import Relay
from tests.engine.real import watch
from traffic.actions import publish_routes, register_router
from traffic.engine.instances import connect_instance
from traffic.engine.publishing import publish_instance
from traffic.models import Publication, Route, RouterInstance, Tenant

EDGE, PROXY = "edge-1", "proxy"
RATE = 100
# A busy machine makes no gateway give up: who is dead refuses at once.
PATIENT = {"connect_timeout": 5, "response_timeout": 10, "health_timeout": 5}
Request = dict[str, Any]


class Edges:
    """The fleet behind both, as `standing` makes it. `doors`: router instance -> where users come in, HOST:PORT."""

    def __init__(self, fleet: Fleet, haproxy: RealHaproxy, folder: Path) -> None:
        self.fleet, self.haproxy = fleet, haproxy
        self._socket = folder / "relay.sock"
        self._relay = Relay(self._socket, haproxy.doors.runtime)
        fleet.settings(**PATIENT)
        where = {name: {"server": one.server, "token": one.token} for name, one in fleet.clusters.items()}
        raise_gateways([EDGE], where, free_port())
        (gateway,) = gateway_addresses(fleet.control, [EDGE])
        self.doors = {EDGE: gateway, PROXY: f"127.0.0.1:{haproxy.port}"}

    def close(self) -> None:
        self._relay.close()

    def register(self) -> None:
        """Every Route at both, read back."""
        layout = self.haproxy.layout
        proxy = {"address": f"unix:{self._socket}", "folder": layout.folder, "routes": layout.routes}
        gateway = {"namespace": NAMESPACE, "gateway": GATEWAY, "health_checks": True}
        for name, kind, more in (
            (EDGE, "gateway-api", {"cluster": EDGE, "settings": gateway}),
            (PROXY, "haproxy", {"settings": {**proxy, "members": layout.members}}),
        ):
            instance = {"name": name, "failure_domain": f"{name}-dc", **more}
            register_router(build.person("admin"), name, kind, [instance])
            publish_routes(build.person("admin"), name, list(Route.objects.values_list("name", flat=True)))
        self.publish()
        assert set(Publication.objects.values_list("state", flat=True)) == {"published"}

    def publish(self, *names: str) -> None:
        """Publish at these instances (default: both), as if every wait were over."""
        past = timezone.now() - timedelta(minutes=1)
        for instance in RouterInstance.objects.filter(name__in=names or self.doors).order_by("name"):
            Publication.objects.filter(instance=instance, due_at__isnull=False).update(due_at=past)
            publish_instance(instance.pk, connect_instance)

    @contextmanager
    def deaf(self, name: str) -> Iterator[None]:
        """This way in forwards requests, and nobody can tell it anything."""
        if name == EDGE:
            fault = self.fleet.fault("refuse", cluster=EDGE)
            yield
            self.fleet.clear_faults(fault)
        else:
            self._relay.close()
            yield
            self._socket.unlink()
            self._relay = Relay(self._socket, self.haproxy.doors.runtime)

    @contextmanager
    def users(self) -> Iterator["Crowd"]:
        """Users of every Route, who come by both ways in turn."""
        groups = {
            route.name: [host for tenant in Tenant.objects.filter(route=route) for host in tenant.hostnames]
            for route in Route.objects.all()
        }
        plan = {"gateways": [*self.doors.values()], "groups": groups, "rate": RATE, "retry": False}
        plan |= {"connect_s": 5, "answer_s": 10}
        with start_users(plan) as found:
            crowd = Crowd(found, self.doors)
            crowd.served_anew(groups)
            yield crowd


class Crowd:
    """The request log of the users."""

    def __init__(self, users: Users, doors: dict[str, str]) -> None:
        self._users, self._doors = users, doors

    def log(self, since: float = 0, door: str = "") -> list[Request]:
        """What was sent since then, by this way alone where it is named."""
        wanted = [self._doors[door]] if door else [*self._doors.values()]
        return [one for one in self._users.log() if one["t"] >= since and one["gateway"] in wanted]

    def served_anew(self, groups: Iterable[str], door: str = "", each: int = 12) -> list[Request]:
        """What was sent from now on, once there is so much of each group."""
        since, found = time.time(), list[Request]()

        def enough() -> bool:
            found[:] = self.log(since, door)
            return all(sum(one["group"] == group for one in found) >= each for group in groups)

        eventually(enough, f"{each} requests of each of {sorted(groups)}")
        return found


def failed(log: Iterable[Request]) -> dict[str, int]:
    """Group -> how many of its requests failed, of those of which some did."""
    found: dict[str, int] = {}
    for one in log:
        if one["error"]:
            found[one["group"]] = found.get(one["group"], 0) + 1
    return found


def prods(log: Iterable[Request], group: str) -> set[str]:
    """Who answered requests of the group."""
    return {one["prod"] for one in log if one["group"] == group and not one["error"]}


def standing(
    fleet: Fleet,
    haproxy: RealHaproxy,
    folder: Path,
    described: Sequence[dict[str, Any]],
    groups: Sequence[Any],
) -> Edges:
    """Prods (`name`, `cluster` …) that run and serve groups of tenants, published at both ways in. To be closed."""
    servers = {name: {"server": one.server, "token": one.token} for name, one in fleet.clusters.items()}
    clusters = [{"name": name, "failure_domain": f"{name}-dc"} for name in fleet.clusters]
    build.fleet({"clusters": clusters, "prods": described, "tenants": groups}, servers)
    Cluster.objects.filter(name=EDGE).update(purpose="edge")
    for row in Prod.objects.select_related("cluster", "version__revision"):
        _run(row)
    edges = Edges(fleet, haproxy, folder)
    edges.register()
    return edges


def _run(row: Prod) -> None:
    """Pods of the Prod on its cluster, ready and seen; users' requests go to the port of its Service."""
    kube = connect_cluster(row.cluster)
    mine = {"name": row.namespace, "labels": {PROD_LABEL: row.name}}
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": mine})
    for one in render_prod(row, row.version, overrides_of(row, row.overrides_revision)):
        kube.apply(one.manifest)

    def ready() -> bool:
        found = kube.list("Deployment", row.namespace)
        return all(one.get("status", {}).get("readyReplicas") == one["spec"]["replicas"] for one in found)

    eventually(ready, f"{row.name} is ready")
    (port,) = kube.get("Service", row.namespace, "frontend")["spec"]["ports"]
    Prod.objects.filter(pk=row.pk).update(endpoint=f"http://127.0.0.1:{port['nodePort']}")
    watch(row.name)
