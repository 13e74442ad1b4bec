"""Events, under core/v1 and events.k8s.io/v1 (one store, two spellings)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from simulator.kinds.cells import since
from simulator.kinds.core import NAME
from simulator.kinds.kind import Column, Kind
from simulator.values import Obj, dig

INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")


def event_cells(obj: Obj, now: datetime) -> list[Any]:
    """LAST-SEEN TYPE REASON OBJECT SUBOBJECT SOURCE MESSAGE FIRST-SEEN COUNT NAME."""
    involved = obj.get("involvedObject") or {}
    thing = f"{(involved.get('kind') or '').lower()}/{involved.get('name')}"
    return [
        since(obj.get("lastTimestamp"), now), obj.get("type"), obj.get("reason"), thing,
        involved.get("fieldPath", ""), dig(obj, "source", "component") or "",
        (obj.get("message") or "").strip(), since(obj.get("firstTimestamp"), now), obj.get("count", 1),
        obj["metadata"]["name"],
    ]  # fmt: skip


KINDS = (
    Kind(
        "", "v1", "Event", "events", short_names=("ev",),
        columns=(Column("Last Seen"), Column("Type"), Column("Reason"), Column("Object"),
                 Column("Subobject", priority=1), Column("Source", priority=1), Column("Message"),
                 Column("First Seen", priority=1), Column("Count", priority=1),
                 Column("Name", format=NAME.format, priority=1)),
        cells=event_cells,
        field_labels={
            **{f"involvedObject.{name}": ("involvedObject", name) for name in INVOLVED},
            "reason": ("reason",), "type": ("type",), "source": ("source", "component"),
            "reportingComponent": ("reportingComponent",),
        },
    ),
)  # fmt: skip
