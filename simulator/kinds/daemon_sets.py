"""DaemonSets: apps/v1."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from simulator.kinds.apps import WIDE, default_template, workload_causes
from simulator.kinds.bounds import share_causes
from simulator.kinds.causes import invalid_value
from simulator.kinds.cells import age, containers_of, pairs, selector_text
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.values import Obj, dig

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
NUMBERS = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled",
           "numberAvailable")  # fmt: skip


def default_daemon_set(draft: Obj) -> None:
    """Defaults of a DaemonSet."""
    spec = draft.setdefault("spec", {})
    spec.setdefault("revisionHistoryLimit", 10)
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    default_template(spec)
    meta = draft["metadata"]
    meta["annotations"] = {TEMPLATE_GENERATION: "1", **(meta.get("annotations") or {})}


def next_generation(draft: Obj, old: Obj) -> None:
    """The number of the template, kept for clients of long ago: the next one when it has changed."""
    number = int(dig(old, "metadata", "annotations", TEMPLATE_GENERATION) or 0)
    changed = draft["spec"].get("template") != old["spec"].get("template")
    meta = draft["metadata"]
    meta["annotations"] = {**(meta.get("annotations") or {}), TEMPLATE_GENERATION: str(number + changed)}


def daemon_set_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """As any workload, without replicas; a rolling update must be able to move."""
    strategy = new["spec"]["updateStrategy"]
    rolling = strategy.get("rollingUpdate") or {}
    causes = workload_causes(new, old)
    shares = [*share_causes(rolling, ("maxSurge", "maxUnavailable"), "spec.updateStrategy.rollingUpdate")]
    if strategy["type"] not in ("RollingUpdate", "OnDelete"):
        causes.append(Cause("spec.updateStrategy.type", f'Unsupported value: "{strategy["type"]}": supported '
                            'values: "OnDelete", "RollingUpdate"', "FieldValueNotSupported"))  # fmt: skip
    elif rolling.get("maxUnavailable") not in (0, "0%", None) and rolling.get("maxSurge") not in (
        0,
        "0%",
        None,
    ):
        words = "may not be set when maxUnavailable is non-zero"
        causes += shares or [
            invalid_value("spec.updateStrategy.rollingUpdate.maxSurge", rolling["maxSurge"], words)
        ]
    elif rolling.get("maxUnavailable") in (0, "0%") and rolling.get("maxSurge") in (0, "0%"):
        causes.append(Cause("spec.updateStrategy.rollingUpdate.maxUnavailable", "Required value: cannot be 0 when "
                            "maxSurge is 0", "FieldValueRequired"))  # fmt: skip
    return causes


def daemon_set_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME DESIRED CURRENT READY UP-TO-DATE AVAILABLE NODE-SELECTOR AGE CONTAINERS IMAGES SELECTOR."""
    status = obj.get("status") or {}
    return [
        obj["metadata"]["name"], *(status.get(name, 0) for name in NUMBERS),
        pairs(dig(obj, "spec", "template", "spec", "nodeSelector")), age(obj, now), *containers_of(obj),
        selector_text(obj["spec"]["selector"]),
    ]  # fmt: skip


KINDS = (
    Kind(
        "apps", "v1", "DaemonSet", "daemonsets", short_names=("ds",), categories=("all",),
        subresources=frozenset({"status"}), has_generation=True, default=default_daemon_set,
        inherit=next_generation,
        validate=daemon_set_causes,
        initial_status={"currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0,
                        "numberReady": 0},
        columns=(NAME, Column("Desired", "integer"), Column("Current", "integer"), Column("Ready", "integer"),
                 Column("Up-to-date", "integer"), Column("Available", "integer"), Column("Node Selector"), AGE,
                 *WIDE),
        cells=daemon_set_cells,
    ),
)  # fmt: skip
