"""meta.k8s.io/v1 Table: what `kubectl get` prints."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from simulator.kinds.kind import Kind
from simulator.values import Obj

METADATA_KEYS = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "labels",
                 "annotations", "generation", "deletionTimestamp", "ownerReferences", "finalizers")  # fmt: skip


def table_of(kind: Kind, objects: Iterable[Obj], list_meta: Obj, include: str, headed: bool = True) -> Obj:
    """A Table of the objects; `include` is includeObject: None, Metadata or Object."""
    now = datetime.now(UTC)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": list_meta,
        "columnDefinitions": _definitions(kind) if headed else None,
        "rows": [{"cells": kind.cells(obj, now), "object": _included(obj, include)} for obj in objects],
    }


def _definitions(kind: Kind) -> list[Obj]:
    return [
        {"name": column.name, "type": column.type, "format": column.format, "description": column.name,
         "priority": column.priority}
        for column in kind.columns
    ]  # fmt: skip


def _included(obj: Obj, include: str) -> Any:
    if include == "Object":
        return obj
    if include == "None":
        return None
    meta = {key: obj["metadata"][key] for key in METADATA_KEYS if key in obj["metadata"]}
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
