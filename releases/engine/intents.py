"""Carrying out what `decide` asked for: narrow compare-and-set writes, one Event per move."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from django.db.models import F, Q
from django.utils import timezone

from clusters.models import Prod
from clusters.reconcile import look_soon
from journal.core.reasons import Reason, because, reason_to_json
from journal.log import event
from journal.models import Event
from releases.core.kinds import BESIDE, KINDS
from releases.core.progress import Explain, Intent, MoveRun, Redo, RunNow, Settle, Start
from releases.core.states import RUN_ENDED, STEP_DONE, STEP_MOVES, RunKind, RunState, StepState
from releases.models import Claim, Run, Step, Wake
from releases.relocations import nowhere_reason, relocation_now
from traffic.actions.locks import ROOM, one_at_a_time
from traffic.core.plan import Move
from traffic.engine.shifting import lock_routes
from traffic.models import Reservation, Route, RouteMember

from . import endings, lifecycle, traffic
from .routes import give_back, take_routes
from .wake import send


@dataclass
class _Pass:
    """`hosts`: Prods that have got users for a while in this pass, and so must stay in service; why.

    `overlooked`: Prods that are about to be disturbed -> a Route of theirs that this pass knows nothing of.
    """

    run: Run
    facts: RunNow
    now: datetime
    steps: dict[int, Step]
    overlooked: dict[str, str]
    events: list[Event] = field(default_factory=list)
    hosts: dict[str, Reason] = field(default_factory=dict)
    explained: dict[Reason, list[int]] = field(default_factory=dict)


def carry_out(run: Run, facts: RunNow, intents: Iterable[Intent], now: datetime) -> list[Event] | None:
    """The Events of the moves made, in order. Runs inside the pass's transaction. None, and nothing is done, where somebody
    else has moved users meanwhile on Routes that were judged: what is right by `facts` may be wrong by now."""
    wanted = {intent.step for intent in intents if not isinstance(intent, MoveRun)}
    steps = Step.objects.select_related("prod").in_bulk(wanted)
    starts = [steps[intent.step] for intent in intents if isinstance(intent, Start)]
    if any(step.kind == "relocate" for step in starts):
        one_at_a_time(ROOM)  # before any Route is locked
    moving = _moving(intents, steps)
    lock_routes(moving)
    if _moved_meanwhile(facts, moving):
        return None
    this = _Pass(run, facts, now, steps, _overlooked(facts, starts))
    for intent in intents:
        _carry_out_one(this, intent)
    for reason, ids in this.explained.items():
        Step.objects.filter(pk__in=ids).update(reason=reason_to_json(reason), since=now)
    return this.events


def _moving(intents: Iterable[Intent], steps: Mapping[int, Step]) -> set[int]:
    """Ids of the Prods whose Routes get other weights, or go out. All of these are locked at once and before anything is
    read of them: a weight that somebody else gives meanwhile is not lost, and nobody waits for one who waits for them."""
    failed = [one.step for one in intents if isinstance(one, Settle) and one.state is StepState.FAILED]
    acting = [steps[pk] for pk in (*(one.step for one in intents if isinstance(one, Start)), *failed)]
    touched = [step for step in acting if step.kind in traffic.SHIFTING or KINDS[step.kind].disturbs]
    takers = {step.params["to"] for step in touched if "to" in step.params}
    others = Prod.objects.filter(name__in=takers).values_list("pk", flat=True) if takers else ()
    return {*others, *(step.prod_id for step in touched if step.prod_id)}


def _moved_meanwhile(facts: RunNow, prods: Collection[int]) -> bool:
    """Whether a Route of these Prods, which are locked, has other weights than were judged."""
    mine = Route.objects.filter(members__prod__in=prods) if prods else Route.objects.none()
    return any(facts.epochs.get(name, epoch) != epoch for name, epoch in mine.values_list("name", "epoch"))


def _overlooked(facts: RunNow, starts: Iterable[Step]) -> dict[str, str]:
    """What was judged is compared with what is so now: nobody goes out whose partners were not looked at. A Route that
    was made a moment ago is seen by the next pass."""
    prods = {step.prod_id for step in starts if KINDS[step.kind].disturbs}
    if not prods:
        return {}
    serving = RouteMember.objects.filter(Q(weight__gt=0) | Q(target__gt=0), prod__in=prods)
    rows = serving.order_by("-route__name").values_list("prod__name", "route__name")
    return {prod: route for prod, route in rows if route not in facts.routes.get(prod, ())}


def _carry_out_one(this: _Pass, intent: Intent) -> None:
    match intent:
        case Start():
            _start(this, this.steps[intent.step], intent)
        case Redo():
            _redo(this, this.steps[intent.step], intent)
        case Settle():
            _settle(this, this.steps[intent.step], intent.state, intent.reason)
        case Explain():
            _explain(this, intent.step, intent.reason)
        case MoveRun():
            _move_run(this, intent)
        case _:
            assert_never(intent)


def _start(this: _Pass, step: Step, intent: Start) -> None:
    moves = _away(this, step)
    if isinstance(moves, Reason):
        _explain(this, step.pk, moves)
        return
    if step.prod_id and intent.outs and not take_routes(this.run.pk, step.prod_id, intent.outs):
        _explain(this, step.pk, because("waits-for-route", route=intent.outs[0]))
        return
    moved = Step.objects.filter(pk=step.pk, state=StepState.WAITING).update(
        state=StepState.RUNNING,
        attempt=F("attempt") + 1,
        tries=1,
        started_at=this.now,
        since=this.now,
        finished_at=None,
        picked_at=None,
        due_at=intent.due_at,
        reason={},
        result={},
    )
    if not moved:
        return
    this.events.append(_step_event(this, step, StepState.WAITING, StepState.RUNNING, None))
    this.events.extend(lifecycle.begun(this.run, step, this.now))
    if moves:
        this.events.extend(traffic.relocate(step.prod, moves, this.run.pk, this.now))
        this.hosts |= {
            prod: because("waits-for-partner", partner=step.prod.name, route=move.route)
            for move in moves
            for prod, weight in move.weights
            if weight
        }
    if KINDS[step.kind].acts:
        _send_act(this.run, step, step.attempt + 1)


def _away(this: _Pass, step: Step) -> tuple[Move, ...] | Reason:
    """Where the users of a Prod that is to be relocated go; or why the step cannot start after all. What `decide` has
    seen is looked at again, since others may have taken the room, in this very pass even."""
    if step.prod is None or not KINDS[step.kind].disturbs:
        return ()
    if step.prod.name in this.hosts:
        return this.hosts[step.prod.name]
    if step.prod.name in this.overlooked:
        return because("route-overlooked", route=this.overlooked[step.prod.name])
    if step.kind != "relocate":
        return ()
    plan = relocation_now(this.run, step.prod.name, this.now)
    return nowhere_reason(plan) if plan.staying else plan.moves


def _redo(this: _Pass, step: Step, intent: Redo) -> None:
    running = Step.objects.filter(pk=step.pk, state=StepState.RUNNING, attempt=step.attempt)
    if step.picked_at is None:
        # No worker took this attempt: the message is late or lost, and sending it again is harmless.
        running.update(due_at=intent.due_at)
        _send_act(this.run, step, step.attempt)
        return
    overdue = running.filter(due_at__lte=this.now)  # a lease that was renewed meanwhile is not stolen
    if not overdue.update(
        attempt=F("attempt") + 1, tries=F("tries") + 1, picked_at=None, due_at=intent.due_at
    ):
        return
    if step.tries:  # 0: its last answer was that the world needs time, and it looks again
        again = because("tried-again")
        this.events.append(_step_event(this, step, StepState.RUNNING, StepState.RUNNING, again))
    _send_act(this.run, step, step.attempt + 1)


def _send_act(run: Run, step: Step, attempt: int) -> None:
    from releases.tasks import act

    # A help takes no worker from what is urgent, nor does asking a Prod that has no users yet.
    spared = KINDS[step.kind].beside or KINDS[step.kind].asks
    send(act, (step.pk, attempt), "" if spared else run.kind)


def _settle(this: _Pass, step: Step, state: StepState, reason: Reason) -> None:
    if state not in STEP_MOVES[StepState(step.state)]:
        raise RuntimeError(f"step {step.pk} cannot go from {step.state} to {state}")
    moved = Step.objects.filter(pk=step.pk, state=step.state, attempt=step.attempt).update(
        state=state, reason=reason_to_json(reason), since=this.now, finished_at=this.now, due_at=None
    )
    if not moved:  # an answer came first; the next pass sees it
        return
    this.events.append(_step_event(this, step, StepState(step.state), state, reason))
    if state is StepState.FAILED:
        this.events.extend(lifecycle.failed(this.run, step, this.now))
    if step.prod_id and state in STEP_DONE:
        after_step(this.run, step.prod_id)


def after_step(run: Run, prod_id: int) -> None:
    """What follows when a Prod's step is done: after its last one its Routes are given back, and
    what was raised for it is nobody's any more."""
    if run.kind == RunKind.ROLLBACK:
        look_soon(endings.forget_floors(run, prod_id), timezone.now())
    own = Step.objects.filter(run=run, prod=prod_id).exclude(kind__in=BESIDE)
    states = set(own.values_list("state", flat=True))
    if not states or not states <= STEP_DONE:
        return
    if states == {StepState.SUCCEEDED}:  # what was skipped was never seen ready: see release_idle_routes
        give_back(run.pk, prod_id)
    lifecycle.finished(run, prod_id, states, timezone.now())


def _explain(this: _Pass, step_id: int, reason: Reason) -> None:
    """Written together at the end: a wave of a thousand Prods waits for one and the same thing."""
    this.explained.setdefault(reason, []).append(step_id)


def _step_event(this: _Pass, step: Step, old: StepState, new: StepState, reason: Reason | None) -> Event:
    return event(
        this.now,
        f"step.{step.kind}",
        run_id=this.run.pk,
        step_id=step.pk,
        prod=step.prod.name if step.prod else "",
        moved=(old, new),
        reason=reason,
    )


def _move_run(this: _Pass, intent: MoveRun) -> None:
    run, state = this.run, intent.state
    fields = {"state": state.value, "reason": reason_to_json(intent.reason), "since": this.now}
    if state in RUN_ENDED:
        fields["finished_at"] = this.now
    Run.objects.filter(pk=run.pk, state=run.state).update(**fields)
    if run.state != state:
        moved = (run.state, state.value)
        this.events.append(event(this.now, "run", run_id=run.pk, moved=moved, reason=intent.reason))
    run.state = state
    if state is RunState.SUCCEEDED:
        endings.settle_prods(run)
    if state in RUN_ENDED:
        claimed = [*Claim.objects.filter(run=run).values_list("prod", flat=True), *endings.forget_floors(run)]
        Claim.objects.filter(run=run).delete()
        Reservation.objects.filter(run_id=run.pk).delete()
        look_soon(claimed, this.now)
        Wake.objects.filter(run=run).update(due_at=None)
