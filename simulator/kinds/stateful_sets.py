"""StatefulSets and ControllerRevisions: apps/v1."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from simulator.kinds.apps import default_template, workload_causes
from simulator.kinds.cells import NONE, age, containers_of
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.kinds.storage import default_claim
from simulator.values import Obj, packed

MAY_CHANGE = ("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
              "persistentVolumeClaimRetentionPolicy", "minReadySeconds")  # fmt: skip
OTHER_FIELDS = (
    "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are "
    "forbidden"
)


def default_stateful_set(draft: Obj) -> None:
    """Defaults of a StatefulSet."""
    spec = draft.setdefault("spec", {})
    if spec.get("replicas") is None:
        spec["replicas"] = 1
    spec.setdefault("podManagementPolicy", "OrderedReady")
    spec.setdefault("revisionHistoryLimit", 10)
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    keep = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    keep.setdefault("whenDeleted", "Retain")
    keep.setdefault("whenScaled", "Retain")
    default_template(spec)
    for claim in spec.get("volumeClaimTemplates") or ():
        claim.setdefault("apiVersion", "v1")
        claim.setdefault("kind", "PersistentVolumeClaim")
        claim.setdefault("status", {"phase": "Pending"})
        default_claim(claim)


def stateful_set_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """As any workload; most of the spec is fixed."""
    spec, causes = new["spec"], []
    if spec["updateStrategy"]["type"] not in ("RollingUpdate", "OnDelete"):
        causes.append(Cause("spec.updateStrategy", f"Invalid value: {_shown(spec['updateStrategy'])}: must be "
                            "'RollingUpdate' or 'OnDelete'"))  # fmt: skip
    if spec["podManagementPolicy"] not in ("OrderedReady", "Parallel"):
        causes.append(Cause("spec.podManagementPolicy", f'Invalid value: "{spec["podManagementPolicy"]}": must be '
                            "'OrderedReady' or 'Parallel'"))  # fmt: skip
    if old is not None and _fixed(old["spec"]) != _fixed(spec):
        return [Cause("spec", OTHER_FIELDS, "FieldValueForbidden"), *causes]
    return [*workload_causes(new, old), *causes]


def _shown(strategy: Obj) -> str:
    """The strategy as its Go type is written."""
    rolling = strategy.get("rollingUpdate")
    if rolling is not None:
        parts = {"Partition": rolling.get("partition", 0), "MaxUnavailable": rolling.get("maxUnavailable")}
        rolling = packed(parts).decode()
    return f'{{"Type":"{strategy["type"]}","RollingUpdate":{rolling or "null"}}}'


def _fixed(spec: Obj) -> Obj:
    return {key: value for key, value in spec.items() if key not in MAY_CHANGE}


def stateful_set_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME READY AGE CONTAINERS IMAGES."""
    ready = (obj.get("status") or {}).get("readyReplicas", 0)
    return [obj["metadata"]["name"], f"{ready}/{obj['spec']['replicas']}", age(obj, now), *containers_of(obj)]


def revision_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME CONTROLLER REVISION AGE."""
    owners = [o for o in obj["metadata"].get("ownerReferences") or () if o.get("controller")]
    group = owners[0]["apiVersion"].partition("/")[0] if owners else ""
    owner = f"{owners[0]['kind'].lower()}.{group}/{owners[0]['name']}" if owners else NONE
    return [obj["metadata"]["name"], owner, obj.get("revision", 0), age(obj, now)]


KINDS = (
    Kind(
        "apps", "v1", "StatefulSet", "statefulsets", short_names=("sts",), categories=("all",),
        subresources=frozenset({"status", "scale"}), has_generation=True, default=default_stateful_set,
        validate=stateful_set_causes, initial_status={"replicas": 0, "availableReplicas": 0},
        columns=(NAME, Column("Ready"), AGE, Column("Containers", priority=1), Column("Images", priority=1)),
        cells=stateful_set_cells,
    ),
    Kind(
        "apps", "v1", "ControllerRevision", "controllerrevisions",
        columns=(NAME, Column("Controller"), Column("Revision"), AGE), cells=revision_cells,
    ),
)  # fmt: skip
