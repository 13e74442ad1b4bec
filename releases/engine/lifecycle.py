"""What a step's beginning and a Prod's last step do to the Prod itself. Each move leaves an Event."""

from collections.abc import Iterable
from datetime import datetime

from clusters.models import Drift, Observation, Prod
from clusters.reconcile import void
from journal.core.reasons import because
from journal.log import event, record
from journal.models import Event
from releases.core.states import MOVES_USERS, RunKind, StepState
from releases.models import Run, Step
from traffic.leaving import leave_routes
from traffic.models import RouteMember, RouteOut

from . import switching, traffic
from .wake import wake_for_prods

Lifecycle = Prod.Lifecycle

_NEW = (Lifecycle.BUILDING, Lifecycle.WARMING)
# A person who builds, changes or takes back a Prod wants it in service; a release takes it as it is.
_BACK = {RunKind.BUILD, RunKind.CHANGE, RunKind.ROLLBACK}


def begun(run: Run, step: Step, now: datetime) -> list[Event]:
    """The Events of what changes with the intent, before the act: what is asked of the Prod, whether it
    is in service, whom it serves."""
    match step.kind:
        case "drain":
            return traffic.drain(_prod(step), run.pk, now)
        case "ramp":
            return traffic.ramp(taker(step), _route(step), int(step.params["percent"]), run.pk, now)
        case "switch":
            at_once = bool(step.params["at_once"])
            return switching.switch(_prod(step), taker(step), at_once, run.pk, now)
        case "restore":
            return traffic.take_back(_prod(step), run.pk, now)
        case "set_version":
            Prod.objects.filter(pk=step.prod_id).update(
                version_id=step.params["version_id"], overrides_revision=step.params["overrides_revision"]
            )
            void(step.prod_id, run.pk, now)
        case "scale_up":
            Prod.objects.filter(pk=step.prod_id).update(raised_by=run.pk)
        case "leave_service":
            gone = _moved(run, step.prod_id, tuple(Lifecycle), Lifecycle.OUT_OF_SERVICE, now)
            return [*gone, *traffic.drain(_prod(step), run.pk, now, for_good=True)]
        case "delete_objects":
            return _left_routes(run, step.prod_id, now)
    return []


def failed(run: Run, step: Step, now: datetime) -> list[Event]:
    """The Events of what changes because the step has failed."""
    if step.kind == "ramp":
        return traffic.ramp_down(taker(step), _route(step), run.pk, now)
    return []


def _route(step: Step) -> str:
    """The one Route that the step is about; empty: all of the Prod."""
    return str(step.params.get("route", ""))


def taker(step: Step) -> Prod:
    """The Prod that the step gives users to: its own, or the one that takes its place."""
    if "to" not in step.params:
        return _prod(step)
    return Prod.objects.select_related("cluster", "observation", "version__revision").get(
        name=step.params["to"]
    )


def _prod(step: Step) -> Prod:
    prod: Prod = step.prod
    return prod


def _left_routes(run: Run, prod_id: int | None, now: datetime) -> list[Event]:
    """From here on nobody brings it back quickly: its Routes are served by their other members for good."""
    prod = Prod.objects.get(pk=prod_id)
    left = leave_routes(prod_id, because("left-for-good", prod=prod.name, run=run.pk), run.pk).routes
    if not left:
        return []
    RouteOut.objects.filter(prod=prod_id, route__in=left).delete()
    wake_for_prods(list(RouteMember.objects.filter(route__in=left).values_list("prod", flat=True).distinct()))
    why = because("left-routes", routes=len(left))
    return [event(now, "routes", run_id=run.pk, prod=prod.name, moved=("member", "left"), reason=why)]


def finished(run: Run, prod_id: int, states: Iterable[str], now: datetime) -> None:
    """The Prod has no step left in `run`. With every step done it is where the Run was to bring it."""
    if run.kind in MOVES_USERS:
        return
    if run.kind == RunKind.RETIRE:
        _retired(run, prod_id, now)
    elif set(states) == {StepState.SUCCEEDED}:
        if Step.objects.filter(run=run, prod=prod_id, kind="relocate").exists():
            traffic.forget_stand_ins(prod_id)
        old = (*_NEW, Lifecycle.OUT_OF_SERVICE) if run.kind in _BACK else _NEW
        record(_moved(run, prod_id, old, Lifecycle.IN_SERVICE, now))


def _retired(run: Run, prod_id: int, now: datetime) -> None:
    """Its objects were deleted, and its namespace is gone, or a person skipped that."""
    deleted = Step.objects.filter(run=run, prod=prod_id, kind="delete_objects", state=StepState.SUCCEEDED)
    if not deleted.exists():
        return
    record(_moved(run, prod_id, tuple(Lifecycle), Lifecycle.RETIRED, now))
    Observation.objects.filter(prod=prod_id).delete()
    Drift.objects.filter(prod=prod_id).delete()


def _moved(run: Run, prod_id: int | None, old: Iterable[str], new: str, now: datetime) -> list[Event]:
    """The Event of the move, none if the Prod is not in one of `old` or is there already."""
    prod = Prod.objects.select_related("cluster").get(pk=prod_id)
    if prod.lifecycle == new or prod.lifecycle not in old:
        return []
    Prod.objects.filter(pk=prod_id, lifecycle=prod.lifecycle).update(lifecycle=new)
    moved = (prod.lifecycle, str(new))
    return [event(now, "prod", run_id=run.pk, prod=prod.name, cluster=prod.cluster.name, moved=moved)]
