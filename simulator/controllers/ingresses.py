"""Ingress → an address, as an ingress controller gives one."""

from __future__ import annotations

from simulator.controllers.context import Context
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.recorder import NORMAL
from simulator.store.store import Commit
from simulator.values import Obj, dig, full_name, replaced

INGRESSES = "networking.k8s.io/ingresses"
LAG_S = 0.02
ADDRESS: Obj = {"ingress": [{"ip": "127.0.0.1"}]}


class Ingresses:
    """The ingress controller of one cluster."""

    def __init__(self, context: Context) -> None:
        self.context, self.store = context, context.backend.store
        self.queue = WorkQueue("ingresses", self.reconcile)
        self.store.listen(self._wake, INGRESSES)

    def start(self) -> None:
        """Look at every Ingress once."""
        for ingress in self.store.each(INGRESSES):
            self.queue.add(full_name(ingress))

    def _wake(self, commit: Commit) -> None:
        self.queue.add(full_name(commit.new), LAG_S)

    def reconcile(self, key: Key) -> None:
        """Give one Ingress its address."""
        ingress = self.store.get(INGRESSES, *key)
        if ingress is None or dig(ingress, "status", "loadBalancer") == ADDRESS:
            return
        self.store.put(INGRESSES, replaced(ingress, ("status", "loadBalancer"), ADDRESS))
        self.context.recorder.record(
            ingress, NORMAL, "Sync", "Scheduled for sync", "simulated-ingress-controller"
        )
