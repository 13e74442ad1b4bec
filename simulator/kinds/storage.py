"""PersistentVolumeClaims: stored and bound, without volumes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from simulator.kinds.causes import invalid_value, unsupported
from simulator.kinds.cells import age
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.kinds.quantities import canonical_all, value_of
from simulator.values import Obj, dig

PROTECTION = "kubernetes.io/pvc-protection"
MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def default_claim(draft: Obj) -> None:
    """Defaults of a PersistentVolumeClaim."""
    spec = draft.setdefault("spec", {})
    spec.setdefault("volumeMode", "Filesystem")
    canonical_all(dig(spec, "resources", "requests"))


def generate_claim(draft: Obj) -> None:
    """The class and the volume that a provisioner would choose; the claim is bound at once."""
    spec = draft["spec"]
    draft["metadata"]["finalizers"] = [*(draft["metadata"].get("finalizers") or ()), PROTECTION]
    spec.setdefault("storageClassName", "simulated")
    spec.setdefault("volumeName", f"pvc-{draft['metadata']['uid']}")
    draft["status"] = {"phase": "Bound", "accessModes": list(spec.get("accessModes") or ()),
                       "capacity": dict(dig(spec, "resources", "requests") or {})}  # fmt: skip


def claim_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """A claim needs access modes and storage."""
    spec, causes = new["spec"], []
    if not spec.get("accessModes"):
        causes.append(Cause("spec.accessModes", "Required value: at least 1 access mode is required",
                            "FieldValueRequired"))  # fmt: skip
    unknown = [mode for mode in spec.get("accessModes") or () if mode not in MODES]
    causes += [unsupported("spec.accessModes", mode, sorted(MODES)) for mode in unknown]
    amount = dig(spec, "resources", "requests", "storage")
    if amount and value_of(amount) <= 0:
        causes.append(invalid_value("spec.resources[storage]", amount, "must be greater than zero"))
    if not amount:
        causes.append(Cause("spec.resources[storage]", "Required value", "FieldValueRequired"))
    return causes


def claim_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME STATUS VOLUME CAPACITY ACCESS-MODES STORAGECLASS VOLUMEATTRIBUTESCLASS AGE VOLUMEMODE."""
    spec, status = obj["spec"], obj.get("status") or {}
    modes = ",".join(MODES.get(mode, mode) for mode in status.get("accessModes") or ())
    return [
        obj["metadata"]["name"], status.get("phase", ""), spec.get("volumeName", ""),
        dig(status, "capacity", "storage") or "", modes, spec.get("storageClassName", ""), "<unset>",
        age(obj, now), spec.get("volumeMode", ""),
    ]  # fmt: skip


KINDS = (
    Kind(
        "", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", short_names=("pvc",),
        subresources=frozenset({"status"}), default=default_claim, generate=generate_claim, validate=claim_causes,
        columns=(NAME, Column("Status"), Column("Volume"), Column("Capacity"), Column("Access Modes"),
                 Column("StorageClass"), Column("VolumeAttributesClass"), AGE, Column("VolumeMode", priority=1)),
        cells=claim_cells,
    ),
)  # fmt: skip
