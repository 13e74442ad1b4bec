"""DaemonSet → one pod per node. Source: pkg/controller/daemon."""

from __future__ import annotations

from typing import Any

from simulator.controllers.context import Context
from simulator.controllers.controller_revisions import HASH_LABEL, ControllerRevisions
from simulator.controllers.pod_maker import FAILED, Denied, make_pod, retry_with_accounts
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.readiness import is_active, is_ending, ready_since, seconds_until_available
from simulator.controllers.recorder import NORMAL, WARNING
from simulator.controllers.rollout import resolved
from simulator.controllers.scheduling import SCHEDULING, STAYING, fits
from simulator.kinds.daemon_sets import TEMPLATE_GENERATION
from simulator.lifecycle.creation import suffix
from simulator.lifecycle.deletion import DeleteOptions, delete
from simulator.lifecycle.signing import put_signed
from simulator.store.owners import controllers_of
from simulator.store.store import Commit
from simulator.values import Obj, dig, full_name

DAEMON_SETS = "apps/daemonsets"
LAG_S = 0.004
TOLERATED = (("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("disk-pressure", "NoSchedule"),
             ("memory-pressure", "NoSchedule"), ("pid-pressure", "NoSchedule"), ("unschedulable", "NoSchedule"))  # fmt: skip
TOLERATIONS = [
    {"effect": effect, "key": f"node.kubernetes.io/{key}", "operator": "Exists"} for key, effect in TOLERATED
]


class DaemonSets:
    """The DaemonSet controller of one cluster."""

    def __init__(self, context: Context) -> None:
        self.context, self.backend, self.store = context, context.backend, context.backend.store
        self.revisions = ControllerRevisions(context.backend)
        self.queue = WorkQueue("daemon sets", self.reconcile)
        self.later = WorkQueue("min ready seconds", self.queue.add)
        self.store.listen(self._wake, DAEMON_SETS)
        self.store.listen(self._wake_owner, "pods")
        self.store.listen(self._wake_all, "nodes")
        retry_with_accounts(self.store, DAEMON_SETS, self.queue)

    def start(self) -> None:
        """Look at everything once."""
        for daemon_set in self.store.each(DAEMON_SETS):
            self.queue.add(full_name(daemon_set))

    def _wake(self, commit: Commit) -> None:
        if commit.old is None or commit.old.get("status") == commit.new.get("status"):
            self.queue.add(full_name(commit.new), self.context.lag())

    def _wake_owner(self, commit: Commit) -> None:
        for owner in controllers_of(commit):
            if owner["kind"] == "DaemonSet":
                self.queue.add((commit.new["metadata"]["namespace"], owner["name"]), LAG_S)

    def _wake_all(self, _: Commit) -> None:
        for daemon_set in self.store.each(DAEMON_SETS):
            self.queue.add(full_name(daemon_set), self.context.lag())

    def reconcile(self, key: Key) -> None:
        """Make and delete pods as nodes and template want; then write the status."""
        daemon_set = self.store.get(DAEMON_SETS, *key)
        if daemon_set is None:
            return
        revision = self.revisions.ensure(daemon_set)
        nodes = self._nodes(daemon_set)
        if not daemon_set["metadata"].get("deletionTimestamp"):
            self._place(daemon_set, revision, nodes)
            if daemon_set["spec"]["updateStrategy"]["type"] == "RollingUpdate":
                self._roll(daemon_set, revision, nodes)
        self._write_status(daemon_set, revision, nodes)

    def _nodes(self, daemon_set: Obj, effects: tuple[str, ...] = SCHEDULING) -> list[str]:
        """The names of the nodes that should run a pod; with STAYING, of those where one may stay."""
        spec = daemon_set["spec"]["template"]["spec"]
        spec = {**spec, "tolerations": [*(spec.get("tolerations") or ()), *TOLERATIONS]}
        return [node["metadata"]["name"] for node in self.store.listed("nodes") if fits(spec, node, effects)]

    def _pods(self, daemon_set: Obj) -> dict[str, list[Obj]]:
        """The pods by the node they are meant for, oldest first."""
        found: dict[str, list[Obj]] = {}
        for pod in self.backend.owners.dependents(daemon_set["metadata"]["uid"], "pods"):
            if node := _node_of(pod):
                found.setdefault(node, []).append(pod)
        return found

    def _place(self, daemon_set: Obj, revision: Obj, nodes: list[str]) -> None:
        """One pod on each node, failed ones anew, none where it may not stay (a lost node keeps what it has)."""
        pods, kept = self._pods(daemon_set), self._nodes(daemon_set, STAYING)
        for node in nodes:
            if not pods.get(node):
                self._make(daemon_set, revision, node)
        for node, found in pods.items():
            active = [pod for pod in found if not is_ending(pod)]
            surplus = active[1:] if node in kept else active
            ended = [pod for pod in active[:1] if node in nodes and not is_active(pod)]
            for pod in (*surplus, *ended):
                self._delete(daemon_set, pod)

    def _roll(self, daemon_set: Obj, revision: Obj, nodes: list[str]) -> None:
        """Delete pods of older revisions: broken ones at once, others as maxUnavailable allows."""
        asked = dig(daemon_set, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable")
        budget = max(1, resolved(asked, len(nodes), True))
        pods, candidates = self._pods(daemon_set), []
        for node in nodes:
            pod = next((pod for pod in pods.get(node, ()) if not is_ending(pod)), None)
            well = pod is not None and self._is_available(daemon_set, pod)
            if pod is not None and pod["metadata"]["labels"].get(HASH_LABEL) != _code(revision):
                if well:
                    candidates.append(pod)
                    continue
                self._delete(daemon_set, pod)
            budget -= 0 if well else 1
        for pod in candidates[: max(0, budget)]:
            self._delete(daemon_set, pod)

    def _is_available(self, daemon_set: Obj, pod: Obj) -> bool:
        """Whether the pod is well; else the set is looked at again when it may be."""
        wait = seconds_until_available(pod, daemon_set["spec"].get("minReadySeconds") or 0)
        if wait:
            self.later.add(full_name(daemon_set), wait + 0.02)
        return wait == 0 and not is_ending(pod)

    def _make(self, daemon_set: Obj, revision: Obj, node: str) -> None:
        template = daemon_set["spec"]["template"]
        term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
        affinity: Any = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
                                          {"nodeSelectorTerms": [term]}}}  # fmt: skip
        spec = {
            "affinity": affinity,
            "tolerations": [*(template["spec"].get("tolerations") or ()), *TOLERATIONS],
        }
        name = f"{daemon_set['metadata']['name']}-{suffix()}"
        number = (daemon_set["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "1")
        labels = {HASH_LABEL: _code(revision), "pod-template-generation": number}
        try:
            make_pod(self.backend, daemon_set, template, name, labels=labels, spec=spec)
        except Denied as error:
            self._tell(daemon_set, FAILED, f"Error creating: {error}", WARNING)
            return
        self._tell(daemon_set, "SuccessfulCreate", f"Created pod: {name}")

    def _delete(self, daemon_set: Obj, pod: Obj) -> None:
        delete(self.backend, self.backend.registry.by_key("pods"), pod, DeleteOptions())
        self._tell(daemon_set, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def _tell(self, daemon_set: Obj, reason: str, message: str, type_: str = NORMAL) -> None:
        self.context.recorder.record(daemon_set, type_, reason, message, "daemonset-controller")

    def _write_status(self, daemon_set: Obj, revision: Obj, nodes: list[str]) -> None:
        pods = self._pods(daemon_set)
        placed = [pods[node][0] for node in nodes if pods.get(node)]
        available = sum(1 for pod in placed if self._is_available(daemon_set, pod))
        labels = [pod["metadata"]["labels"].get(HASH_LABEL) for pod in placed]
        status: Obj = {
            "currentNumberScheduled": len(placed), "desiredNumberScheduled": len(nodes),
            "numberMisscheduled": sum(1 for node in pods if node not in nodes),
            "numberReady": sum(1 for pod in placed if ready_since(pod) is not None),
            "observedGeneration": daemon_set["metadata"].get("generation", 1),
        }  # fmt: skip
        more = {"updatedNumberScheduled": labels.count(_code(revision)), "numberAvailable": available,
                "numberUnavailable": len(nodes) - available}  # fmt: skip
        status |= {key: value for key, value in more.items() if value}
        live = self.store.get(DAEMON_SETS, *full_name(daemon_set))
        if live is not None and live.get("status") != status:
            put_signed(self.backend, DAEMON_SETS, live, {**live, "status": status})
        self.revisions.truncate(daemon_set, {revision["metadata"]["name"]})


def _code(revision: Obj) -> str:
    return str(revision["metadata"]["labels"][HASH_LABEL])


def _node_of(pod: Obj) -> str:
    """The node that a pod is on or meant for; empty for one that was taken in and waits for any."""
    terms = dig(pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution",
                "nodeSelectorTerms") or [{}]  # fmt: skip
    named = [field["values"][0] for field in terms[0].get("matchFields") or ()]
    return str(dig(pod, "spec", "nodeName") or next(iter(named), ""))
