"""Workloads: apps/v1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from simulator.kinds.bounds import negative_causes, share_causes
from simulator.kinds.cells import age, containers_of, selector_text
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.kinds.marks import mark_causes
from simulator.kinds.pod_template import default_pod_spec, template_causes
from simulator.values import Obj, dig

WIDE = (Column("Containers", priority=1), Column("Images", priority=1), Column("Selector", priority=1))


def default_deployment(draft: Obj) -> None:
    """Defaults of a Deployment."""
    spec = draft.setdefault("spec", {})
    if spec.get("replicas") is None:
        spec["replicas"] = 1
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxSurge", "25%")
        rolling.setdefault("maxUnavailable", "25%")
    default_template(spec)


def default_replica_set(draft: Obj) -> None:
    """Defaults of a ReplicaSet."""
    spec = draft.setdefault("spec", {})
    if spec.get("replicas") is None:
        spec["replicas"] = 1
    default_template(spec)


def default_template(spec: Obj) -> None:
    """Defaults of the pod template in a workload's spec."""
    template = spec.get("template")
    if isinstance(template, dict):
        default_pod_spec(template.setdefault("spec", {}))


def workload_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """The selector is there, matches the template, and never changes; replicas are not negative."""
    spec = new["spec"]
    causes = []
    if not dig(spec, "selector"):
        causes.append(Cause("spec.selector", "Required value", "FieldValueRequired"))
    elif not spec["selector"].get("matchLabels") and not spec["selector"].get("matchExpressions"):
        causes.append(Cause("spec.selector", "Invalid value: {}: empty selector is invalid for deployment"))
    elif old is not None and old["spec"].get("selector") != spec["selector"]:
        causes.append(Cause("spec.selector", f"Invalid value: {spec['selector']}: field is immutable"))
    causes += negative_causes(spec, ("replicas", "minReadySeconds", "revisionHistoryLimit"), "spec")
    return [
        *causes,
        *_label_causes(spec),
        *_restart_causes(spec),
        *mark_causes(dig(spec, "template", "metadata") or {}, "spec.template"),
        *template_causes(dig(spec, "template", "spec"), "spec.template.spec", _claims(spec)),
    ]


def _claims(spec: Obj) -> list[str]:
    return [dig(claim, "metadata", "name") or "" for claim in spec.get("volumeClaimTemplates") or ()]


def deployment_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """As any workload; and a rolling update must be able to move."""
    strategy = new["spec"]["strategy"]
    rolling = strategy.get("rollingUpdate") or {}
    causes = workload_causes(new, old)
    causes += share_causes(rolling, ("maxSurge", "maxUnavailable"), "spec.strategy.rollingUpdate")
    causes += _deadline_causes(new["spec"])
    if strategy["type"] not in ("RollingUpdate", "Recreate"):
        causes.append(Cause("spec.strategy", f'Unsupported value: {{"Type":"{strategy["type"]}","RollingUpdate":null}}: '
                            'supported values: "Recreate", "RollingUpdate"', "FieldValueNotSupported"))  # fmt: skip
    elif strategy["type"] == "Recreate" and strategy.get("rollingUpdate"):
        causes.append(Cause("spec.strategy.rollingUpdate", "Forbidden: may not be specified when strategy "
                            "`type` is 'Recreate'", "FieldValueForbidden"))  # fmt: skip
    elif rolling.get("maxSurge") in (0, "0%") and rolling.get("maxUnavailable") in (0, "0%"):
        causes.append(Cause("spec.strategy.rollingUpdate.maxUnavailable", "Invalid value: 0: may not be 0 "
                            "when `maxSurge` is 0"))  # fmt: skip
    return causes


def _deadline_causes(spec: Obj) -> Iterator[Cause]:
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        yield Cause(
            "spec.progressDeadlineSeconds", f"Invalid value: {deadline}: must be greater than minReadySeconds"
        )


def _label_causes(spec: Obj) -> list[Cause]:
    labels = dig(spec, "template", "metadata", "labels") or {}
    wanted = dig(spec, "selector", "matchLabels") or {}
    if not dig(spec, "selector") or any(labels.get(key) != value for key, value in wanted.items()):
        shown = json.dumps(labels or None, separators=(",", ":"))
        return [Cause("spec.template.metadata.labels", f"Invalid value: {shown}: `selector` does not match "
                      "template `labels`")]  # fmt: skip
    return []


def _restart_causes(spec: Obj) -> list[Cause]:
    policy = dig(spec, "template", "spec", "restartPolicy")
    if policy in (None, "Always"):
        return []
    return [Cause("spec.template.spec.restartPolicy", f'Unsupported value: "{policy}": supported values: "Always"',
                  "FieldValueNotSupported")]  # fmt: skip


def deployment_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR."""
    status = obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{obj['spec']['replicas']}"
    return [
        obj["metadata"]["name"], ready, status.get("updatedReplicas", 0), status.get("availableReplicas", 0),
        age(obj, now), *containers_of(obj), selector_text(obj["spec"]["selector"]),
    ]  # fmt: skip


def replica_set_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME DESIRED CURRENT READY AGE CONTAINERS IMAGES SELECTOR."""
    status = obj.get("status") or {}
    return [
        obj["metadata"]["name"], obj["spec"]["replicas"], status.get("replicas", 0),
        status.get("readyReplicas", 0), age(obj, now), *containers_of(obj),
        selector_text(obj["spec"]["selector"]),
    ]  # fmt: skip


KINDS = (
    Kind(
        "apps", "v1", "Deployment", "deployments", short_names=("deploy",), categories=("all",),
        subresources=frozenset({"status", "scale"}), has_generation=True, annotations_bump=True,
        default=default_deployment,
        validate=deployment_causes, initial_status={},
        columns=(NAME, Column("Ready"), Column("Up-to-date"), Column("Available"), AGE, *WIDE),
        cells=deployment_cells,
    ),
    Kind(
        "apps", "v1", "ReplicaSet", "replicasets", short_names=("rs",), categories=("all",),
        subresources=frozenset({"status", "scale"}), has_generation=True, default=default_replica_set,
        validate=workload_causes, initial_status={"replicas": 0},
        columns=(NAME, Column("Desired", "integer"), Column("Current", "integer"), Column("Ready", "integer"),
                 AGE, *WIDE),
        cells=replica_set_cells, field_labels={"status.replicas": ("status", "replicas")},
    ),
)  # fmt: skip
