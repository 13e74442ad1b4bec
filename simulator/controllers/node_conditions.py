"""What a lost node looks like, and when its pods are evicted. Pure."""

from __future__ import annotations

from simulator.controllers.nodes import HEALTH
from simulator.controllers.scheduling import tolerates
from simulator.values import Obj, stamp

UNREACHABLE = "node.kubernetes.io/unreachable"
TOO_MANY_SHARE = 0.55  # of the nodes: then nobody is evicted (--unhealthy-zone-threshold)
TOO_MANY = 2


def conditions_of_lost(conditions: list[Obj]) -> list[Obj]:
    """The conditions of a node whose kubelet has fallen silent."""
    return [
        {**c, "status": "Unknown", "reason": "NodeStatusUnknown", "lastTransitionTime": stamp(),
         "message": "Kubelet stopped posting node status."}
        for c in conditions
    ]  # fmt: skip


def conditions_of_well(conditions: list[Obj]) -> list[Obj]:
    """The conditions that a kubelet posts when it is heard of again."""
    words = {type_: (status, reason, message) for type_, status, reason, message in HEALTH}
    return [
        {**c, **dict(zip(("status", "reason", "message"), words[c["type"]], strict=True)),
         "lastHeartbeatTime": stamp(), "lastTransitionTime": stamp()}
        if c["type"] in words else c
        for c in conditions
    ]  # fmt: skip


def taints_of(taints: list[Obj], *, lost: bool, evicting: bool) -> list[Obj]:
    """The taints of a node with those that losing it brings; the times of those it has are kept."""
    effects = [*(["NoSchedule"] if lost else []), *(["NoExecute"] if lost and evicting else [])]
    before = {taint["effect"]: taint for taint in taints if taint["key"] == UNREACHABLE}
    others = [taint for taint in taints if taint["key"] != UNREACHABLE]
    return others + [
        before.get(effect) or {"key": UNREACHABLE, "effect": effect, "timeAdded": stamp()}
        for effect in effects
    ]


def tolerated_s(pod: Obj, longest_s: float) -> float | None:
    """How long a pod stays on an unreachable node; None for ever. One that says nothing has the usual 300 s,
    and nobody waits longer than `longest_s`.

    >>> tolerated_s({"spec": {"tolerations": [{"operator": "Exists"}]}}, 10)
    >>> tolerated_s({"spec": {}}, 10)
    10
    """
    taint = {"key": UNREACHABLE, "effect": "NoExecute"}
    found = [entry for entry in pod["spec"].get("tolerations") or () if tolerates(entry, taint)]
    seconds = [entry["tolerationSeconds"] for entry in found if "tolerationSeconds" in entry]
    if found and not seconds:
        return None
    return min([longest_s, *(max(0.0, float(one)) for one in seconds)])


def stay_s(pod: Obj, taints: list[Obj]) -> float | None:
    """How long a pod stays on a node with these NoExecute taints; None for ever.

    >>> taint, known = {"key": "a", "effect": "NoExecute"}, {"key": "a", "operator": "Exists"}
    >>> stay_s({"spec": {}}, [taint]), stay_s({"spec": {"tolerations": [known | {"tolerationSeconds": 3}]}}, [taint])
    (0.0, 3.0)
    >>> stay_s({"spec": {"tolerations": [known]}}, [taint])
    """
    used = [
        [one for one in pod["spec"].get("tolerations") or () if tolerates(one, taint)] for taint in taints
    ]
    if not all(used):
        return 0.0
    seconds = [
        float(one["tolerationSeconds"]) for found in used for one in found if "tolerationSeconds" in one
    ]
    return max(0.0, min(seconds)) if seconds else None


def may_evict(well: int, lost: int) -> bool:
    """Whether pods of lost nodes are evicted: not when so many are lost that the control plane is to be doubted.

    >>> may_evict(2, 1), may_evict(1, 2), may_evict(2, 3), may_evict(0, 1)
    (True, True, False, False)
    """
    if not well:
        return False
    return lost <= TOO_MANY or lost / (well + lost) < TOO_MANY_SHARE
