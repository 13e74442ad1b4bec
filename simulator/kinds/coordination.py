"""Leases: coordination.k8s.io/v1."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from simulator.kinds.cells import age
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.values import Obj, dig


def lease_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """A lease lasts for some time."""
    seconds = dig(new, "spec", "leaseDurationSeconds")
    if seconds is not None and seconds <= 0:
        return [Cause("spec.leaseDurationSeconds", f"Invalid value: {seconds}: must be greater than 0")]
    return []


def lease_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME HOLDER AGE."""
    return [obj["metadata"]["name"], dig(obj, "spec", "holderIdentity") or "", age(obj, now)]


KINDS = (
    Kind("coordination.k8s.io", "v1", "Lease", "leases", versioned=True, validate=lease_causes,
         columns=(NAME, Column("Holder"), AGE), cells=lease_cells),
)  # fmt: skip
