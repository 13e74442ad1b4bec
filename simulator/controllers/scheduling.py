"""Whether a pod may run on a node: selector, required node affinity, taints. Pure."""

from __future__ import annotations

from simulator.selectors import selector_matches
from simulator.values import Obj, dig

UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


CORDONED, TAINTED = "node(s) were unschedulable", "node(s) had untolerated taint(s)"
ELSEWHERE = "node(s) didn't match Pod's node affinity/selector"
HOPELESS, NO_VICTIMS = (
    "Preemption is not helpful for scheduling",
    "No preemption victims found for incoming pod",
)
SCHEDULING = ("NoSchedule", "NoExecute")
STAYING = ("NoExecute",)


def fits(spec: Obj, node: Obj, effects: tuple[str, ...] = SCHEDULING) -> bool:
    """Whether the scheduler would put a pod with this spec on the node; with STAYING, whether it may stay there."""
    labels = node["metadata"].get("labels") or {}
    if not (spec.get("nodeSelector") or {}).items() <= labels.items():
        return False
    return _has_affinity(spec, node) and not _repelling(spec, node, effects)


def obstacle(spec: Obj, node: Obj) -> str:
    """Why the scheduler would not put a pod with this spec on the node, however empty it is; empty if it would."""
    repelling = _repelling(spec, node, SCHEDULING)
    if any(taint["key"] == UNSCHEDULABLE["key"] for taint in repelling):
        return CORDONED
    if repelling or not is_ready_node(node):
        return TAINTED
    return "" if fits(spec, node) else ELSEWHERE


def no_node_words(obstacles: list[str], preemptions: list[str], nodes: int) -> str:
    """Why none of so many nodes takes a pod, and why no other pod makes room for it, as the scheduler says it.

    >>> no_node_words(["Insufficient cpu", CORDONED, CORDONED], [NO_VICTIMS, HOPELESS, HOPELESS], 3)[:75]
    '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. '
    """

    def counted(words: list[str]) -> str:
        return ", ".join(sorted(f"{words.count(word)} {word}" for word in set(words)))

    if not nodes:
        return "no nodes available to schedule pods"
    start = f"0/{nodes} nodes are available: "
    return f"{start}{counted(obstacles)}. no new claims to deallocate, preemption: {start}{counted(preemptions)}."


def is_ready_node(node: Obj) -> bool:
    """Whether the node's kubelet reports that it is ready."""
    return any(
        c["type"] == "Ready" and c["status"] == "True" for c in dig(node, "status", "conditions") or ()
    )


def _has_affinity(spec: Obj, node: Obj) -> bool:
    required = dig(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    terms = dig(required, "nodeSelectorTerms") or []
    return not terms or any(_matches(term, node) for term in terms)


def _matches(term: Obj, node: Obj) -> bool:
    fields = {"metadata.name": node["metadata"]["name"]}
    return selector_matches({"matchExpressions": term.get("matchFields")}, fields) and selector_matches(
        {"matchExpressions": term.get("matchExpressions")}, node["metadata"].get("labels")
    )


def _repelling(spec: Obj, node: Obj, effects: tuple[str, ...]) -> list[Obj]:
    taints = list(dig(node, "spec", "taints") or ())
    if dig(node, "spec", "unschedulable"):
        taints.append(UNSCHEDULABLE)
    tolerations = spec.get("tolerations") or ()
    return [
        taint for taint in taints
        if taint.get("effect") in effects and not any(tolerates(entry, taint) for entry in tolerations)
    ]  # fmt: skip


def tolerates(toleration: Obj, taint: Obj) -> bool:
    """Whether a toleration covers a taint."""
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint.get("key"))
    return toleration.get("key") == taint.get("key") and (toleration.get("value") or "") == (
        taint.get("value") or ""
    )
