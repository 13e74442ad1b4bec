"""PersistentVolumeClaims stay until no pod uses them. Source: pkg/controller/volume/pvcprotection."""

from __future__ import annotations

from simulator.controllers.context import Context
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.readiness import is_finished_pod
from simulator.kinds.storage import PROTECTION
from simulator.lifecycle.deletion import without_finalizer
from simulator.store.store import DELETED, Commit
from simulator.values import Obj, dig, full_name

CLAIMS = "persistentvolumeclaims"
LAG_S = 0.004


class ClaimProtection:
    """Takes the finalizer from claims that are to go and that nobody uses."""

    def __init__(self, context: Context) -> None:
        self.backend, self.store = context.backend, context.backend.store
        self.queue = WorkQueue("claim protection", self.reconcile)
        self.store.listen(self._wake, CLAIMS)
        self.store.listen(self._wake_used, "pods")

    def start(self) -> None:
        """Look at every claim once."""
        for claim in self.store.each(CLAIMS):
            self.queue.add(full_name(claim))

    def _wake(self, commit: Commit) -> None:
        if commit.new["metadata"].get("deletionTimestamp") and commit.type != DELETED:
            self.queue.add(full_name(commit.new), LAG_S)

    def _wake_used(self, commit: Commit) -> None:
        if commit.new["spec"].get("volumes") and (commit.type == DELETED or is_finished_pod(commit.new)):
            for name in used_claims(commit.new):
                self.queue.add((commit.new["metadata"]["namespace"], name), LAG_S)

    def reconcile(self, key: Key) -> None:
        """Let one claim go."""
        claim = self.store.get(CLAIMS, *key)
        if claim is None or not claim["metadata"].get("deletionTimestamp"):
            return
        pods = (pod for pod in self.store.each("pods", key[0]) if not is_finished_pod(pod))
        if PROTECTION in (claim["metadata"].get("finalizers") or ()) and not any(
            key[1] in used_claims(pod) for pod in pods
        ):
            without_finalizer(self.backend, self.backend.registry.by_key(CLAIMS), claim, PROTECTION)


def used_claims(pod: Obj) -> list[str]:
    """The names of the claims that a pod mounts."""
    names = (dig(volume, "persistentVolumeClaim", "claimName") for volume in pod["spec"].get("volumes") or ())
    return [name for name in names if name]
