"""PodDisruptionBudgets: how many pods may be evicted now. Source: pkg/controller/disruption."""

from __future__ import annotations

from simulator.controllers.context import Context
from simulator.controllers.meta_conditions import placed
from simulator.controllers.queue import Key, WorkQueue
from simulator.controllers.readiness import is_ending, ready_since
from simulator.controllers.rollout import resolved
from simulator.lifecycle.backend import Backend
from simulator.lifecycle.signing import put_signed
from simulator.selectors import selector_matches
from simulator.store.owners import controller_of
from simulator.store.store import DELETED, Commit
from simulator.values import Obj, full_name

BUDGETS = "policy/poddisruptionbudgets"
LAG_S = 0.004
OWNERS = {
    "ReplicaSet": "apps/replicasets",
    "StatefulSet": "apps/statefulsets",
    "Deployment": "apps/deployments",
}


class Disruptions:
    """The disruption controller of one cluster."""

    def __init__(self, context: Context) -> None:
        self.backend, self.store = context.backend, context.backend.store
        self.queue = WorkQueue("disruption budgets", self.reconcile)
        self.store.listen(self._wake, BUDGETS)
        self.store.listen(self._wake_budgets, "pods")

    def start(self) -> None:
        """Look at every budget once."""
        for budget in self.store.each(BUDGETS):
            self.queue.add(full_name(budget))

    def _wake(self, commit: Commit) -> None:
        self.queue.add(full_name(commit.new), LAG_S)

    def _wake_budgets(self, commit: Commit) -> None:
        budgets = budgets_of(self.backend, commit.new)
        if not budgets or (
            commit.old is not None and commit.type != DELETED and _facts(commit.old) == _facts(commit.new)
        ):
            return
        for budget in budgets:
            self.queue.add(full_name(budget), LAG_S)

    def reconcile(self, key: Key) -> None:
        """Write how things stand for one budget."""
        budget = self.store.get(BUDGETS, *key)
        if budget is None:
            return
        pods = [pod for pod in self.store.each("pods", key[0]) if _selects(budget, pod)]
        disrupted = (budget.get("status") or {}).get("disruptedPods") or {}
        waiting = {pod["metadata"]["name"] for pod in pods if not is_ending(pod)} & disrupted.keys()
        healthy = sum(
            1
            for pod in pods
            if not is_ending(pod) and ready_since(pod) and pod["metadata"]["name"] not in waiting
        )
        expected, desired = self._wanted(budget, pods)
        status: Obj = {
            "currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected,
            "disruptionsAllowed": max(0, healthy - desired) if expected else 0,
            "observedGeneration": budget["metadata"].get("generation", 1),
        }  # fmt: skip
        if waiting:
            status["disruptedPods"] = {name: disrupted[name] for name in sorted(waiting)}
        reason = "SufficientPods" if status["disruptionsAllowed"] else "InsufficientPods"
        status["conditions"] = placed(
            (budget.get("status") or {}).get("conditions") or [], "DisruptionAllowed",
            bool(status["disruptionsAllowed"]), reason, "", status["observedGeneration"],
        )  # fmt: skip
        if budget.get("status") != status:
            put_signed(self.backend, BUDGETS, budget, {**budget, "status": status})

    def _wanted(self, budget: Obj, pods: list[Obj]) -> tuple[int, int]:
        """(expected pods, how many of them must be healthy)."""
        spec = budget.get("spec") or {}
        least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
        if isinstance(least, int):
            return len(pods), least
        expected = self._scale(pods)
        if most is not None:
            return expected, max(0, expected - resolved(most, expected, True))
        return expected, resolved(least if least is not None else "0%", expected, True)

    def _scale(self, pods: list[Obj]) -> int:
        """What the workloads of the pods want together; pods without a scale count as themselves."""
        scales: dict[str, int] = {}
        for pod in pods:
            owner = self._scaled_owner(pod)
            uid = owner["metadata"]["uid"] if owner else pod["metadata"]["uid"]
            scales[uid] = int(owner["spec"].get("replicas", 1)) if owner else 1
        return sum(scales.values())

    def _scaled_owner(self, obj: Obj) -> Obj | None:
        reference = controller_of(obj)
        if reference is None or reference["kind"] not in OWNERS:
            return None
        owner = self.store.get(OWNERS[reference["kind"]], obj["metadata"]["namespace"], reference["name"])
        above = self._scaled_owner(owner) if owner is not None and reference["kind"] == "ReplicaSet" else None
        return above or owner


def budgets_of(backend: Backend, pod: Obj) -> list[Obj]:
    """The budgets that select the pod."""
    return [
        budget
        for budget in backend.store.each(BUDGETS, pod["metadata"]["namespace"])
        if _selects(budget, pod)
    ]


def _selects(budget: Obj, pod: Obj) -> bool:
    """An empty selector takes every pod of the namespace, a missing one none."""
    selector = (budget.get("spec") or {}).get("selector")
    return selector is not None and selector_matches(selector, pod["metadata"].get("labels"))


def _facts(pod: Obj) -> tuple[object, ...]:
    return ready_since(pod), is_ending(pod), pod["metadata"].get("labels")
