"""metrics.k8s.io/v1beta1: what nodes and pods use; answered anew each time, never stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from simulator.kinds.kind import Column, Kind
from simulator.values import Obj, dig

GROUP, VERSION = "metrics.k8s.io", "v1beta1"
VERBS = ("get", "list")
COLUMNS = (Column("Name", format="name"), Column("CPU"), Column("Memory"), Column("Window"))


def metrics_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME CPU MEMORY WINDOW."""
    usage = obj.get("usage") or dig((obj.get("containers") or [{}])[0], "usage") or {}
    return [obj["metadata"]["name"], usage.get("cpu", ""), usage.get("memory", ""), obj["window"]]


KINDS = (
    Kind(GROUP, VERSION, "NodeMetrics", "nodes", namespaced=False, verbs=VERBS, virtual=True, columns=COLUMNS,
         cells=metrics_cells),
    Kind(GROUP, VERSION, "PodMetrics", "pods", verbs=VERBS, virtual=True, columns=COLUMNS, cells=metrics_cells),
)  # fmt: skip
