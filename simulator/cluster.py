"""One simulated cluster: its parts wired together."""

from __future__ import annotations

import random
from collections.abc import Callable

from simulator.api.auditing import Auditor
from simulator.api.server import ApiServer
from simulator.api.watches import WatchHub
from simulator.audit import Audit
from simulator.controllers.autoscalers import Autoscalers
from simulator.controllers.claim_protection import ClaimProtection
from simulator.controllers.claims import Claims
from simulator.controllers.context import Context
from simulator.controllers.cron_jobs import CronJobs
from simulator.controllers.daemon_sets import DaemonSets
from simulator.controllers.definitions import Definitions, serve_all
from simulator.controllers.deployments import Deployments
from simulator.controllers.disruptions import Disruptions
from simulator.controllers.endpoints import EndpointWriter
from simulator.controllers.garbage import Garbage
from simulator.controllers.gateways import Gateways
from simulator.controllers.ingresses import Ingresses
from simulator.controllers.jobs import Jobs
from simulator.controllers.loads import Loads
from simulator.controllers.namespaces import Namespaces
from simulator.controllers.node_life import NodeLife
from simulator.controllers.nodes import furnish_cluster
from simulator.controllers.nodes_by_hand import NodesByHand
from simulator.controllers.pod_audit import PodAudit
from simulator.controllers.pods import Pods
from simulator.controllers.recorder import Recorder
from simulator.controllers.replica_sets import ReplicaSets
from simulator.controllers.stateful_sets import StatefulSets
from simulator.dataplane.addresses import SocketAddresses
from simulator.dataplane.answers import Answers
from simulator.dataplane.gateways import GatewayPorts
from simulator.dataplane.listeners import Listeners
from simulator.faults import FaultBook
from simulator.kinds.registry import Registry
from simulator.lifecycle.backend import Backend
from simulator.rights.tokens import TokenBook
from simulator.settings import Settings
from simulator.store.backup import Backup, backup_of, drop_newer, go_back
from simulator.store.owners import Owners
from simulator.store.store import Store
from simulator.values import Obj
from simulator.wire.server import Server, bound_socket


class Cluster:
    """A cluster with its API server, controllers and data plane; give it a store to restore one."""

    def __init__(
        self, name: str, tokens: TokenBook, seed: int, store: Store, audit: Audit, faults: FaultBook,
        settings: Callable[[], Settings],
    ) -> None:  # fmt: skip
        self.name, self.tokens, self.store, self.faults = name, tokens, store, faults
        self.port = 0
        place = f"{seed}/{name}"
        self.addresses = SocketAddresses(store, place)
        self.backend = Backend(store, Registry(), Owners(store), self.addresses)
        serve_all(self.backend.registry, store)
        self.hub = WatchHub(store, lambda: faults.hanging(name) is not None)
        self.answers = Answers(name, store, faults, random.Random(f"{place}/answers"))
        self.listeners = Listeners(store, self.addresses, self.answers)
        self.gateways = GatewayPorts(name, store, self.answers, settings, place)
        auditor = Auditor(name, store, audit)
        self.api = ApiServer(name, tokens, self.backend, self.hub, faults, auditor, self.answers)
        self.server = Server(self.api.handle, self.api.refusing)
        PodAudit(name, store, audit)
        self.loads = Loads()
        context = Context(
            name, self.backend, faults, Recorder(store), random.Random(place), settings, self.loads
        )
        self.pods = Pods(context)
        self.controllers = (
            Claims(context),
            Deployments(context),
            ReplicaSets(context),
            StatefulSets(context),
            DaemonSets(context),
            Jobs(context),
            CronJobs(context),
            Disruptions(context),
            Autoscalers(context),
            Ingresses(context),
            Gateways(context, self.gateways),
            Definitions(context, self.hub.end_kind),
            EndpointWriter(context),
            ClaimProtection(context),
            Namespaces(context),
            NodeLife(context, self.pods),
            NodesByHand(context, self.pods),
        )
        self.garbage = Garbage(context)
        faults.listen(self.follow_faults)

    async def start(self, port: int, nodes: int) -> None:
        """Serve on the port (0: any free one) and set the controllers going; OSError when it is taken."""
        sock = bound_socket(port)
        self.port = sock.getsockname()[1]
        self.api.address = f"127.0.0.1:{self.port}"
        for service in tuple(self.store.each("services")):
            self.addresses.restore(service)
        self.listeners.open_all()
        self.gateways.backends.restore()
        self.follow_faults()
        furnish_cluster(self.store, self.name, nodes)
        self.pods.start()
        for controller in (*self.controllers, self.garbage):
            controller.start()
        await self.server.listen(sock)

    @property
    def url(self) -> str:
        """Where the API server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> tuple[int, int]:
        """Differs whenever there is something new to save."""
        return self.store.version, self.tokens.changes

    @property
    def token(self) -> str:
        """The admin token."""
        return self.tokens.admin

    def follow_faults(self) -> None:
        """Make open connections feel the faults that have just been set or cleared."""
        if self.api.refusing():
            self.server.cut_all()
        past = self.faults.active("past", self.name)
        self.hub.turn_back(float(past.params.get("back_s", 0)) if past else None)
        self.hub.follow_mute()
        state = self.faults.users_state(self.name)
        self.listeners.turn(state)
        self.gateways.turn(state)

    def backup(self) -> Backup:
        """Everything its API server keeps, as of now."""
        return backup_of(self.store)

    def go_back(self, backup: Backup, bump: int) -> None:
        """Be what it was, as after a restore of etcd: whoever is connected is cut, kubelets begin anew."""
        self.server.cut_all()
        self.hub.drop_all()
        self.hub.turn_back(None)
        self.pods.stop()
        drop_newer(self.store, backup)
        for (kind, *_), obj in backup.objects.items():
            if kind == "services":
                self.addresses.restore(obj)
        go_back(self.store, backup, bump)
        self.pods.stop()
        self.pods.start()
        for controller in self.controllers:
            controller.start()
        self.follow_faults()

    def shown(self) -> Obj:
        """The cluster as the control API answers it."""
        pods = sum(1 for _ in self.store.each("pods"))
        return {"name": self.name, "server": self.url, "token": self.token, "pods": pods,
                "users": self.faults.users_state(self.name),
                "watches": self.hub.count(), "resourceVersion": str(self.store.version)}  # fmt: skip

    def close(self) -> None:
        """Stop serving; the store stays as it is."""
        self.pods.stop()
        self.listeners.close()
        self.gateways.close()
        self.server.close()
