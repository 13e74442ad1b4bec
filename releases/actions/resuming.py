"""Letting a Run go on: as it was, or, where a failover came between, with what is left of it judged anew."""

from django.db import transaction
from django.utils import timezone

from access.actions.words import optional_reason
from access.models import Person
from access.permissions import require
from journal.core.reasons import Reason, Refused, because
from journal.log import event, record
from journal.retrying import retried
from journal.rows import insert_rows
from releases.core.blockers import stale_blocker
from releases.core.plan_json import plan_to_json
from releases.core.states import RunState
from releases.models import Run, Step
from releases.resuming import Anew, preview_anew
from traffic.actions.locks import ROOM, one_at_a_time
from traffic.models import Reservation

from .runs import claim, new_steps, reserve
from .steer import allowed_run, move_run


@retried
def resume(person: Person, run_id: int, reason: str = "", digest: str = "") -> Run:
    """The Run goes on where it was.

    One that was pre-empted goes on by the plan that its preview has shown, and `digest` is the one of that; where nothing
    has changed none is needed. Refused where the facts have changed that plan since.
    """
    require(person, "run.resume")
    text = optional_reason(reason)
    with transaction.atomic():
        run = allowed_run(run_id, "resume")
        if run.preempted_by_id:
            one_at_a_time(ROOM)
        anew = _as_read(run, digest)
        why = because("resume-by-person", by=person.get_username(), why=text)
        if run.preempted_by_id:
            why = _judged_anew(run, anew, why)
            _name_who_is_left(run, anew, person)
        move_run(run, RunState.RUNNING, why, person)
        return run


def _as_read(run: Run, digest: str) -> Anew:
    """How it would go on. Raises Refused where that is another plan than was read, or a new one that nobody has,
    or where it cannot go on yet."""
    anew = preview_anew(run)
    if not digest and anew.is_new:
        raise Refused(because("judged-anew", run=run.preempted_by_id, changes=_otherwise(anew)))
    stale = stale_blocker(digest, anew.plan.digest) if digest else None
    if stale:
        raise Refused(stale.reason)
    if anew.reasons:
        raise Refused(*anew.reasons)
    return anew


def _judged_anew(run: Run, anew: Anew, why: Reason) -> Reason:
    """The Run has what is left of it again, and room for it. What to say of it. Raises Refused where another Run has
    some of that."""
    claim(run, anew.left)
    Reservation.objects.filter(run_id=run.pk).delete()
    reserve(run, anew.promised)
    Run.objects.filter(pk=run.pk).update(preempted_by=None)
    run.preempted_by = None
    if not anew.is_new:
        return why
    _replace_plan(run, anew)
    held = sum(one.after.held is not None for one in anew.changes)
    params = {**dict(why.params), "changes": _otherwise(anew), "held": held, "digest": anew.plan.digest[:12]}
    return because("resumed-anew", **params)


def _otherwise(anew: Anew) -> int:
    """How many Prods are planned otherwise than before, or not at all."""
    return len(anew.changes) + len(anew.left_out)


def _name_who_is_left(run: Run, anew: Anew, person: Person) -> None:
    """The plan that goes on does not know of them any more."""
    now, left = timezone.now(), anew.left_out.items()
    record([event(now, "prod", actor=person, run_id=run.pk, prod=prod, reason=why) for prod, why in left])


def _replace_plan(run: Run, anew: Anew) -> None:
    """The plan, and the Steps of what has not begun, are new ones; the others keep their rows, in waves that are numbered
    as the plan has them."""
    Step.objects.filter(run=run, prod__isnull=False).exclude(prod__name__in=anew.begun).delete()
    kept = _number_kept_waves(run)
    run.plan, run.digest, run.since = plan_to_json(anew.plan), anew.plan.digest, timezone.now()
    Run.objects.filter(pk=run.pk).update(plan=run.plan, digest=run.digest)
    insert_rows([step for step in new_steps(run, anew.plan) if _is_new(step, anew, kept)])


def _number_kept_waves(run: Run) -> int:
    """Waves of which nothing is left are gone, their gates too. Returns how many there are."""
    rows = Step.objects.filter(run=run)
    numbers = sorted(set(rows.filter(prod__isnull=False).values_list("wave", flat=True)))
    rows.exclude(wave__in=numbers).delete()
    for number, old in enumerate(numbers, start=1):
        if number != old:
            rows.filter(wave=old).update(wave=number)
    return len(numbers)


def _is_new(step: Step, anew: Anew, kept: int) -> bool:
    return step.prod.name not in anew.begun if step.prod else step.wave > kept
