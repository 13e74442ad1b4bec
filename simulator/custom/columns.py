"""Table columns of custom resources: the simple JSON paths that additionalPrinterColumns use."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulator.kinds.cells import since
from simulator.kinds.kind import Column
from simulator.values import Obj

STEP = re.compile(
    r"""\.([\w-]+)|\['([^']+)'\]|\[(\d+)\]|\[\?\(@\.([\w-]+)\s*==\s*["']([^"']*)["']\)\]|\[\*\]"""
)
AGE: Obj = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


def value_at(obj: Any, path: str) -> Any:
    """The first value at a path such as `.status.conditions[?(@.type=="Ready")].status`, None without one."""
    for step in STEP.finditer(path.replace(r"\.", "\0")):
        name, quoted, number, key, wanted = step.groups()
        if name or quoted:
            word = (name or quoted).replace("\0", ".")
            obj = obj.get(word) if isinstance(obj, dict) else None
        elif not isinstance(obj, list):
            return None
        elif key:
            obj = next(
                (item for item in obj if isinstance(item, dict) and str(item.get(key)) == wanted), None
            )
        else:
            place = int(number or 0)
            obj = obj[place] if place < len(obj) else None
    return obj


def columns_of(version: Obj) -> tuple[Column, ...]:
    """The columns of one version: the name, and those it asks for, else the age."""
    extra = version.get("additionalPrinterColumns") or [AGE]
    named = (
        Column(c["name"], c.get("type", "string"), c.get("priority", 0), c.get("format", "")) for c in extra
    )
    return (Column("Name", format="name"), *named)


def cells_of(version: Obj) -> Callable[[Obj, datetime], list[Any]]:
    """The function that fills these columns."""
    extra = version.get("additionalPrinterColumns") or [AGE]

    def cells(obj: Obj, now: datetime) -> list[Any]:
        """NAME and the columns of the definition."""
        return [obj["metadata"]["name"], *(_cell(value_at(obj, c["jsonPath"]), c, now) for c in extra)]

    return cells


def _cell(value: Any, column: Obj, now: datetime) -> Any:
    if column.get("type") == "date":
        return since(value, now) if value else ""
    return "" if value is None else value
