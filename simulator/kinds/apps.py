"""Workloads: apps/v1."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from simulator.kinds.bounds import negative_causes, share_causes
from simulator.kinds.cells import age, containers_of, selector_text
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.kinds.label_selectors import check_selector, shown_selector
from simulator.kinds.marks import mark_causes
from simulator.kinds.pod_spec import template_causes
from simulator.kinds.pod_template import default_pod_spec
from simulator.selectors import selector_matches
from simulator.values import Obj, compact, dig

NUMBERS = ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
EMPTY_SELECTORS = {"StatefulSet": "statefulset", "DaemonSet": "daemonset"}
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
    causes = [*negative_causes(spec, NUMBERS, "spec"), *_selector_causes(spec, new["kind"])]
    causes += mark_causes(dig(spec, "template", "metadata") or {}, "spec.template")
    causes += template_causes(dig(spec, "template", "spec"), "spec.template.spec", _claims(spec))
    causes += _always_causes(spec.get("template") or {}, new["kind"])
    if old is not None and old["spec"].get("selector") != spec.get("selector"):
        causes.append(
            Cause("spec.selector", f"Invalid value: {_shown(spec.get('selector'))}: field is immutable")
        )
    return causes


def _claims(spec: Obj) -> list[str]:
    return [dig(claim, "metadata", "name") or "" for claim in spec.get("volumeClaimTemplates") or ()]


def deployment_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """As any workload; and a rolling update must be able to move."""
    strategy = new["spec"]["strategy"]
    rolling = strategy.get("rollingUpdate") or {}
    causes = workload_causes(new, old)
    causes += share_causes(rolling, ("maxSurge", "maxUnavailable"), "spec.strategy.rollingUpdate", "maxSurge")
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


def _selector_causes(spec: Obj, kind: str) -> list[Cause]:
    selector, causes = spec.get("selector"), list[Cause]()
    if selector is None:
        required = (
            () if kind == "DaemonSet" else (Cause("spec.selector", "Required value", "FieldValueRequired"),)
        )
        return [*required, unmatched(spec)]
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        whose = EMPTY_SELECTORS.get(kind, "deployment")
        return [Cause("spec.selector", f"Invalid value: {{}}: empty selector is invalid for {whose}")]
    check_selector(selector, "spec.selector", causes)
    if causes:
        return [*causes, Cause("spec.selector", f"Invalid value: {_shown(selector)}: invalid label selector")]
    labels = dig(spec, "template", "metadata", "labels")
    return [] if selector_matches(selector, labels) else [unmatched(spec)]


def _shown(selector: Obj | None) -> str:
    return "null" if selector is None else shown_selector(selector)


def unmatched(spec: Obj) -> Cause:
    """That the labels of a template are not those which the selector asks for."""
    shown = compact(dig(spec, "template", "metadata", "labels") or None)
    words = f"Invalid value: {shown}: `selector` does not match template `labels`"
    return Cause("spec.template.metadata.labels", words)


def _always_causes(template: Obj, kind: str) -> Iterator[Cause]:
    """The pods run until they are deleted."""
    pod = template.get("spec") or {}
    policy, at = pod.get("restartPolicy"), "spec.template.spec"
    if policy not in (None, "Always"):
        words = f'Unsupported value: "{policy}": supported values: "Always"'
        yield Cause(f"{at}.restartPolicy", words, "FieldValueNotSupported")
    if pod.get("activeDeadlineSeconds") is not None:
        whose = "ReplicaSet" if kind == "Deployment" else kind
        words = f"Forbidden: activeDeadlineSeconds in {whose} is not Supported"
        yield Cause(f"{at}.activeDeadlineSeconds", words, "FieldValueForbidden")


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
        cells=replica_set_cells,
    ),
)  # fmt: skip
