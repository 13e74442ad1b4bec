"""A Prod as a tile: the same on every page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from clusters.core.observed import ObservedProd
from clusters.facts import observed, with_seen
from clusters.models import Drift, Prod, Version
from journal.core.reasons import Reason
from releases.core.states import STEP_BROKEN, STEP_DONE, StepState
from releases.marks import (
    LIFECYCLE_MARKS,
    NO_FACTS,
    POD_BROKEN,
    STEP_DOING,
    STEP_MARKS,
    STEP_NAMES,
    WAITS,
    Mark,
)
from releases.models import Hold
from traffic.core.demand import DemandChart
from traffic.models import RouteOut

from .progress import StepRow
from .shares import Served


@dataclass(frozen=True, slots=True)
class ProdTile:
    """What a tile says. `before` is the Version it is leaving, empty when it is not; `reason` is why it
    is as its mark says; `run` is the live Run that has it; `demand` what its users ask for."""

    name: str
    role: str
    version: str
    before: str
    mark: Mark
    reason: Reason | None
    since: datetime | None
    tenants: int
    partners: tuple[str, ...]
    load: int
    capacity: int
    ready: int
    pods: int
    held: str
    drifted: bool
    run: int | None
    demand: DemandChart | None = None


def prod_tile(
    prod: Any,
    served: Served,
    steps: Sequence[StepRow],
    hold: Hold | None,
    blind: Reason | None,
    kept_out: Reason | None,
) -> ProdTile:
    """The tile of `prod`, one of `with_tile`. `steps` are its steps in its live Run, those that tell at least; `blind`
    is why its facts are no facts, `kept_out` why its users do not come back to it."""
    seen = observed(prod)
    ready, pods = pod_counts(seen)
    mark, reason, since = _state(prod, seen, steps, blind, kept_out)
    before = prod.settled_version if current_step(steps) else None
    return ProdTile(
        name=prod.name,
        role=prod.role,
        version=prod.version.name,
        before=before.name if before and before.pk != prod.version_id else "",
        mark=mark,
        reason=reason,
        since=since,
        tenants=served.tenants,
        partners=served.partners,
        load=served.committed,
        capacity=prod.capacity,
        ready=ready,
        pods=pods,
        held=hold.reason if hold else "",
        drifted=not steps and _is_drifted(prod, seen),
        run=prod.claimed_by,
    )


def with_tile(rows: QuerySet[Prod]) -> QuerySet[Any]:
    """`rows` with what a tile shows, but for their Versions."""
    return with_seen(rows).annotate(
        claimed_by=F("claim__run"),
        compared=F("drift__state"),
        is_out=Exists(RouteOut.objects.filter(prod=OuterRef("pk"))),
    )


def _is_drifted(prod: Any, seen: ObservedProd | None) -> bool:
    """Whether its Cluster has something else than was applied: by the last comparison, or as soon as other images are
    seen."""
    if prod.compared == Drift.State.DRIFTED:
        return True
    return seen is not None and not runs_version(seen, prod.version)


def _state(
    prod: Prod,
    seen: ObservedProd | None,
    steps: Sequence[StepRow],
    blind: Reason | None,
    kept_out: Reason | None,
) -> tuple[Mark, Reason | None, datetime | None]:
    """The most pressing of: a broken step, a running one, no facts, pods that are not ready, users who are kept out,
    lifecycle."""
    step = current_step(steps)
    if step and step.state in STEP_BROKEN:
        words = STEP_MARKS[StepState(step.state)]
        return Mark("bad", words.icon, f"{words.word}: {STEP_NAMES[step.kind]}"), step.reason, step.since
    if step and (step.state == StepState.RUNNING or (step.position and not step.reason)):
        return Mark("busy", "turn", STEP_DOING[step.kind]), step.reason, step.since
    if blind or seen is None:
        return NO_FACTS, blind, None
    ready, pods = pod_counts(seen)
    if ready < pods and prod.lifecycle != Prod.Lifecycle.BUILDING:
        return POD_BROKEN, None, seen.observed_at
    if step and step.position > 0:
        return WAITS, step.reason, step.since
    if kept_out:
        return WAITS, kept_out, None
    return LIFECYCLE_MARKS[Prod.Lifecycle(prod.lifecycle)], None, None


def current_step(steps: Sequence[StepRow]) -> StepRow | None:
    """The first step that is not done, of one Prod."""
    return next((step for step in steps if step.state not in STEP_DONE), None)


def pod_counts(seen: ObservedProd | None) -> tuple[int, int]:
    """(ready pods of the newest template, pods wanted) over all workloads."""
    if seen is None:
        return 0, 0
    newest = {workload.name: workload.digest for workload in seen.workloads}
    ready = sum(
        pod.ready and not pod.terminating and pod.digest == newest.get(pod.component) for pod in seen.pods
    )
    return ready, sum(workload.wanted for workload in seen.workloads)


def runs_version(seen: ObservedProd, version: Version) -> bool:
    """Whether the templates on the Cluster have the images of `version`."""
    images = {name: image for workload in seen.workloads for name, image in workload.images}
    return all(images.get(component) == image for component, image in version.images.items())


def serving(prod: Prod) -> Version:
    """The Version that users of `prod` meet: the one it came from until no ready pod runs it any more."""
    seen, before = observed(prod), prod.settled_version
    if before is None or seen is None or before.images == prod.version.images:
        return prod.version
    old = set(before.images.items())
    leaving = any(pod.ready and (pod.component, pod.image) in old for pod in seen.pods)
    return before if leaving or not runs_version(seen, prod.version) else prod.version
