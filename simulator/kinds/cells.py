"""What the cells of `kubectl get` say. Source: k8s.io/kubernetes/pkg/printers/internalversion."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from simulator.values import Obj, dig, parse_stamp

NONE = "<none>"


def age(obj: Obj, now: datetime) -> str:
    """How old the object is, as kubectl writes durations."""
    created = obj["metadata"].get("creationTimestamp")
    return since(created, now) if created else "<unknown>"


def since(text: str | None, now: datetime) -> str:
    """The time from a stamp until now in kubectl's short form: 5s, 2m10s, 3h, 4d."""
    if not text:
        return "<unknown>"
    seconds = max(0, int((now - parse_stamp(text)).total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        rest = seconds % 60
        return f"{minutes}m{rest}s" if rest else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        rest = minutes % 60
        return f"{hours}h{rest}m" if rest else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    return f"{days}d"


def pairs(labels: Obj | None) -> str:
    """A label map as `a=b,c=d`."""
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def selector_text(selector: Obj | None) -> str:
    """A LabelSelector as text."""
    terms = [f"{key}={value}" for key, value in sorted((dig(selector, "matchLabels") or {}).items())]
    for term in dig(selector, "matchExpressions") or ():
        operator, values = term["operator"], ",".join(term.get("values") or ())
        words = {"In": f"{term['key']} in ({values})", "NotIn": f"{term['key']} notin ({values})",
                 "Exists": term["key"], "DoesNotExist": "!" + term["key"]}  # fmt: skip
        terms.append(words[operator])
    return ",".join(terms) or NONE


def containers_of(obj: Obj) -> list[Any]:
    """[names, images] of the pod template's containers, as wide output shows them."""
    containers = dig(obj, "spec", "template", "spec", "containers") or []
    return [",".join(c["name"] for c in containers), ",".join(c.get("image", "") for c in containers)]


def pod_reason(pod: Obj) -> str:
    """The STATUS column of a pod: the phase, or the first reason that says more."""
    status = pod.get("status") or {}
    reason = status.get("reason") or status.get("phase", "Unknown")
    for container in reversed(status.get("containerStatuses") or ()):
        state = container.get("state") or {}
        word = dig(state, "waiting", "reason") or dig(state, "terminated", "reason")
        if word:
            reason = word
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return str(reason)
