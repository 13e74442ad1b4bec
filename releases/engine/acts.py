"""Acts: look, nudge, answer; outside any transaction, under a lease, stored by compare-and-set."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, assert_never

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.models import Person
from access.permissions import denial
from clusters.core.render import Rendered
from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import KubeError
from clusters.models import Prod, Version
from clusters.targets import all_objects, autoscalers_of, former_objects, overrides_of, render_prod
from journal.core.reasons import Reason, Refused, because, reason_to_json
from journal.log import event, record
from journal.retrying import retried
from releases.core.answers import Failed, Running, Succeeded, TryAgain
from releases.core.healing import removed_objects
from releases.core.kinds import BACKOFF_S, BESIDE, KINDS
from releases.core.rights import needed_right
from releases.core.states import STEP_DONE, RunKind, StepState
from releases.models import Step
from releases.steps import act
from releases.steps.context import Outcome, StepContext, Superseded
from releases.warming import asker

from .intents import after_step
from .wake import wake


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of one step: the fencing token of all that it writes."""

    step_id: int
    number: int
    lease_s: int

    def mine(self) -> QuerySet[Step]:
        """The step's row, if this attempt still counts."""
        return Step.objects.filter(pk=self.step_id, attempt=self.number, state=StepState.RUNNING)


def perform(step_id: int, number: int) -> None:
    """Carry out attempt `number` of the step, once: a message that comes again finds it taken."""
    step = Step.objects.select_related("run__author", "prod__cluster").get(pk=step_id)
    attempt = Attempt(step_id, number, KINDS[step.kind].lease_s)
    if not _pick(attempt):
        return
    denied = _denied(step)
    if denied:
        _answer(step, attempt, Outcome(Failed(denied)))
        return
    try:
        outcome = act(step.kind, _context(step, attempt))
    except Superseded:
        return
    except Refused as error:  # it cannot be rendered
        outcome = Outcome(Failed(error.reasons[0]))
    except KubeError as error:  # its credentials cannot be used
        outcome = Outcome(Failed(error.reason))
    _answer(step, attempt, outcome)


def _pick(attempt: Attempt) -> bool:
    now = timezone.now()
    lease = now + timedelta(seconds=attempt.lease_s)
    return bool(attempt.mine().filter(picked_at=None).update(picked_at=now, due_at=lease))


def _renew(attempt: Attempt, at_least_s: int = 0) -> None:
    lease = timezone.now() + timedelta(seconds=max(attempt.lease_s, at_least_s))
    if not attempt.mine().update(due_at=lease):
        raise Superseded
    if not connection.in_atomic_block:
        connection.close()  # not held over the call that follows


def _denied(step: Step) -> Reason | None:
    """Why the author of the Run may not do this any more: rights are asked again before each act. Whoever
    retried the step answers for it too, by their own right."""
    needs, author = needed_right(step.run.kind, step.kind), step.run.author
    if not needs or author is None or denial(author, needs) is None:
        return None
    again = Person.objects.filter(pk=step.params.get("retried_by")).first()
    if again is not None and denial(again, needs) is None:
        return None
    role = author.role if author.is_active else "closed"
    return because("author-may-not", by=author.get_username(), needs=needs, role=role)


def _objects(step: Step, prod: Prod) -> tuple[tuple[Rendered, ...], tuple[tuple[str, str], ...]]:
    """What the act applies, and (kind, name) of what it removes: all of it where it applies nothing."""
    if KINDS[step.kind].asks:
        return (), ()
    if step.kind in BESIDE:
        return autoscalers_of(prod), ()
    if step.kind != "set_version":
        return (), all_objects(prod.blueprint_id)
    version = Version.objects.select_related("revision", "blueprint").get(pk=step.params["version_id"])
    overrides = overrides_of(prod, step.params["overrides_revision"])
    removed = removed_objects(step.params.get("remove", ""))
    return render_prod(prod, version, overrides), (*former_objects(version), *removed)


def _is_forced(step: Step) -> bool:
    """Whether fields that other managers own are taken over: in a rollback, where the plan says `force`, and
    in a retry whose author said `take_over`."""
    asked = step.params.get("force") or step.params.get("take_over")
    return step.run.kind == RunKind.ROLLBACK or bool(asked)


def _context(step: Step, attempt: Attempt) -> StepContext:
    prod: Prod = step.prod
    rendered, former = _objects(step, prod)
    return StepContext(
        prod=prod.name,
        namespace=prod.namespace,
        token=f"{step.run_id}.{step.pk}.{attempt.number}",
        kube=connect_cluster(prod.cluster),
        rendered=rendered,
        former=former,
        force=_is_forced(step),
        again=attempt.number > 1,
        renew=partial(_renew, attempt),
        params=step.params,
        waited_s=(timezone.now() - step.started_at).total_seconds() if step.started_at else 0.0,
        left=step.result,
        ask=asker(step) if KINDS[step.kind].asks else None,
    )


@retried
def _answer(step: Step, attempt: Attempt, outcome: Outcome) -> None:
    """Store the answer if the attempt still counts; one Event and one wake with it."""
    with transaction.atomic():
        match outcome.answer:
            case Succeeded(reason):
                stored = _settle(attempt, step, StepState.SUCCEEDED, reason, outcome)
            case Failed(reason):
                state = StepState.SKIPPED if KINDS[step.kind].beside else StepState.FAILED
                stored = _settle(attempt, step, state, reason, outcome)
            case TryAgain(reason):
                wait_s = BACKOFF_S[max(1, min(step.tries, len(BACKOFF_S))) - 1]
                stored = _retry_later(attempt, reason, wait_s)
            case Running(reason, retry_after_s):  # the world answered: what was tried in vain is forgotten
                stored = _retry_later(attempt, reason, retry_after_s, tries=0, result=outcome.result)
            case other:
                assert_never(other)
        if stored:
            wake([step.run_id])


def _settle(attempt: Attempt, step: Step, state: StepState, reason: Reason, outcome: Outcome) -> bool:
    now = timezone.now()
    moved = attempt.mine().update(
        state=state,
        reason=reason_to_json(reason),
        since=now,
        finished_at=now,
        due_at=None,
        result=outcome.result,
    )
    if moved:
        prod: Prod = step.prod
        told = event(
            now,
            f"step.{step.kind}",
            run_id=step.run_id,
            step_id=step.pk,
            prod=prod.name,
            moved=(StepState.RUNNING, state),
            reason=reason,
        )
        record([told])
        if state in STEP_DONE:
            after_step(step.run, prod.pk)
    return bool(moved)


def _retry_later(attempt: Attempt, reason: Reason, wait_s: float, **also: Any) -> bool:
    due_at = timezone.now() + timedelta(seconds=wait_s)
    return bool(attempt.mine().update(reason=reason_to_json(reason), due_at=due_at, **also))
