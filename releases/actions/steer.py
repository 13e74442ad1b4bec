"""Steering a Run that is under way: pause, abort, retry, skip, approve."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from access.actions.words import optional_reason
from access.models import Person
from access.permissions import require
from journal.core.reasons import Reason, Refused, because, reason_from_json, reason_to_json
from journal.log import event, record
from journal.retrying import retried
from releases.core.allowed import blockers_of
from releases.core.kinds import KINDS, WRITING
from releases.core.states import STEP_BROKEN, STEP_ENDED, RunState, StepState
from releases.engine.intents import after_step
from releases.engine.wake import wake
from releases.models import Approval, Run, Step
from releases.preview import run_facts

from .runs import checked_reason, locked_run

# What a step says that other tools' fields stand in the way of.
CONTESTED = "object-contested"


def pause(person: Person, run_id: int, reason: str = "") -> Run:
    """Nothing new starts; what runs finishes."""
    return _steer(person, run_id, "pause", RunState.PAUSED, optional_reason(reason))


def abort(person: Person, run_id: int, reason: str) -> Run:
    """Nothing new starts, what runs finishes, then the Run ends. Nothing is undone."""
    return _steer(person, run_id, "abort", RunState.STOPPING, checked_reason(reason))


@retried
def _steer(person: Person, run_id: int, action: str, state: RunState, reason: str) -> Run:
    require(person, f"run.{action}")
    with transaction.atomic():
        run = allowed_run(run_id, action)
        move_run(run, state, because(f"{action}-by-person", by=person.get_username(), why=reason), person)
        return run


def allowed_run(run_id: int, action: str) -> Run:
    """The Run, locked. Raises Refused where its state does not allow the action."""
    run = locked_run(run_id)
    reasons = blockers_of(action, run_facts(run))
    if reasons:
        raise Refused(*reasons)
    return run


def move_run(run: Run, state: RunState, reason: Reason, person: Person) -> None:
    """A person's move of a locked Run, its Event, and a wake."""
    now, old = timezone.now(), run.state
    Run.objects.filter(pk=run.pk).update(state=state, reason=reason_to_json(reason), since=now)
    run.state = state
    record([event(now, "run", actor=person, run_id=run.pk, moved=(old, state), reason=reason)])
    wake([run.pk])


@retried
def retry(person: Person, run_id: int, step_id: int, reason: str = "", *, take_over: bool = False) -> Run:
    """A new attempt of a failed or errored step. A check begins again with its Prod's act, so that what
    somebody has changed in between is applied again.

    `take_over`: of a step that failed because other tools own fields; this attempt takes them over.
    """
    require(person, "run.retry")
    if take_over:
        require(person, "prod.take-over")
    text = optional_reason(reason)
    with transaction.atomic():
        run = allowed_run(run_id, "retry")
        step = _step_of(run, step_id)
        if step.state not in STEP_BROKEN:
            raise Refused(because("step-not-failed", step=step_id, state=step.state))
        why = _why_again(person, step, text, take_over)
        for again in _again_with(step):
            if KINDS[again.kind].acts:
                params = {**again.params, "take_over": take_over, "retried_by": person.pk}
                Step.objects.filter(pk=again.pk).update(params=params)
            _move_step(person, again, StepState.WAITING, why, timezone.now())
        move_run(run, _state_after(run), why, person)
        return run


def _why_again(person: Person, step: Step, reason: str, take_over: bool) -> Reason:
    """The Reason of the retry; Refused for a take-over where there is nothing to take."""
    by = person.get_username()
    if not take_over:
        return because("retry-by-person", by=by, why=reason)
    failed = reason_from_json(step.reason)
    if failed is None or failed.code != CONTESTED:
        raise Refused(because("nothing-to-take-over", step=step.pk))
    return because("take-over-by-person", **{**dict(failed.params), "by": by, "why": reason})


def _again_with(step: Step) -> list[Step]:
    """The steps that a retry of `step` begins again, in their order."""
    if step.prod_id is None:
        return [step]
    before = Step.objects.select_related("prod").filter(
        run=step.run_id,
        wave=step.wave,
        prod=step.prod_id,
        position__lte=step.position,
        position__gte=_act_before(step),
    )
    return list(before.exclude(state=StepState.SKIPPED).order_by("position"))


def _act_before(step: Step) -> int:
    """The position of the last act up to `step` that writes. Without one: its own; that of a ramp's beginning, since a ramp that
    fails takes away all that it has given."""
    earlier = Step.objects.filter(
        run=step.run_id, wave=step.wave, prod=step.prod_id, position__lte=step.position
    )
    last = earlier.filter(kind__in=WRITING).order_by("-position").values_list("position", flat=True).first()
    if last is None and step.kind == "ramp":
        ramps = earlier.filter(kind="ramp").values_list("position", "params")
        return min(at for at, params in ramps if params.get("route") == step.params.get("route"))
    return step.position if last is None else last


def _state_after(run: Run) -> RunState:
    """A failed Run runs again; one that a person paused stays paused."""
    return RunState.RUNNING if run.state == RunState.FAILED else RunState(run.state)


@retried
def skip(person: Person, run_id: int, step_id: int, reason: str) -> Run:
    """What is left of the step's Prod (or gate) is skipped; the Run goes on without it."""
    require(person, "run.skip")
    text = checked_reason(reason)
    with transaction.atomic():
        run = allowed_run(run_id, "skip")
        step = _step_of(run, step_id)
        if step.state in STEP_ENDED:
            raise Refused(because("step-ended", step=step_id, state=step.state))
        if step.kind == "ask" and run.author_id == person.pk:
            raise Refused(because("four-eyes", by=person.get_username()))
        why = because("skip-by-person", by=person.get_username(), why=text)
        for left in _left_with(step):
            _move_step(person, left, StepState.SKIPPED, why, timezone.now())
        if step.prod_id:
            after_step(run, step.prod_id)
        move_run(run, _state_after(run), why, person)
        return run


def _left_with(step: Step) -> list[Step]:
    """The steps that a skip of `step` ends: all that are left of its Prod, or the one gate."""
    if step.prod_id is None:
        return [step]
    left = Step.objects.select_related("prod").filter(run=step.run_id, prod=step.prod_id)
    return list(left.exclude(state__in=[state.value for state in STEP_ENDED]))


@retried
def approve(person: Person, run_id: int, step_id: int, reason: str = "") -> Run:
    """One person's yes to a gate, bound to the Run's digest. Four eyes: never the author's."""
    require(person, "run.approve")
    text = optional_reason(reason)
    with transaction.atomic():
        run = allowed_run(run_id, "approve")
        step = _step_of(run, step_id)
        if step.kind != "ask" or step.state != StepState.RUNNING:
            raise Refused(because("step-asks-nothing", step=step_id, state=step.state))
        if run.author_id == person.pk:
            raise Refused(because("four-eyes", by=person.get_username()))
        _, new = Approval.objects.get_or_create(step=step, person=person, defaults={"digest": run.digest})
        if not new:
            raise Refused(because("already-approved", by=person.get_username()))
        why = because("approve-by-person", by=person.get_username(), why=text)
        record([_step_event(person, step, step.state, why, timezone.now())])
        wake([run.pk])
        return run


def _step_of(run: Run, step_id: int) -> Step:
    step = Step.objects.select_related("prod").filter(run=run, pk=step_id).first()
    if step is None:
        raise Refused(because("step-unknown", step=step_id, run=run.pk))
    return step


def _move_step(person: Person, step: Step, state: StepState, why: Reason, now: datetime) -> None:
    ended = now if state in STEP_ENDED else None
    unchanged = Step.objects.filter(pk=step.pk, state=step.state, attempt=step.attempt)
    if not unchanged.update(
        state=state, reason=reason_to_json(why), since=now, finished_at=ended, due_at=None
    ):  # an answer came first: whoever clicked has not seen it
        raise Refused(because("step-moved-on", step=step.pk))
    record([_step_event(person, step, state, why, now)])


def _step_event(person: Person, step: Step, state: str, why: Reason, now: datetime):
    return event(
        now,
        f"step.{step.kind}",
        actor=person,
        run_id=step.run_id,
        step_id=step.pk,
        prod=step.prod.name if step.prod else "",
        moved=(step.state, state),
        reason=why,
    )
