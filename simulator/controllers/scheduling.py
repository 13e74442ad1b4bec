"""Whether a pod may run on a node: selector, required node affinity, taints. Pure."""

from __future__ import annotations

from simulator.selectors import selector_matches
from simulator.values import Obj, dig

UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


SCHEDULING = ("NoSchedule", "NoExecute")
STAYING = ("NoExecute",)


def fits(spec: Obj, node: Obj, effects: tuple[str, ...] = SCHEDULING) -> bool:
    """Whether the scheduler would put a pod with this spec on the node; with STAYING, whether it may stay there."""
    labels = node["metadata"].get("labels") or {}
    if not (spec.get("nodeSelector") or {}).items() <= labels.items():
        return False
    return _has_affinity(spec, node) and not _repelling(spec, node, effects)


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
