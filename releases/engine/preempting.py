"""Whoever takes users away from harm goes before releases: these begin nothing more before somebody has read anew what
is left of them."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from access.models import Person
from journal.core.reasons import because
from journal.log import event, record
from releases.core.states import RUN_LIVE, RunKind, RunState, StepState
from releases.models import Claim, Run, Step
from traffic.actions.locks import RELEASES, one_at_a_time
from traffic.models import Reservation

from .unmade import LEAVING
from .wake import wake

_GOING = [state.value for state in RUN_LIVE - {RunState.STOPPING}]
_TOUCHED = ~Q(state=StepState.WAITING, attempt=0)
_BEGUN = Exists(Step.objects.filter(run=OuterRef("run"), prod=OuterRef("prod"), attempt__gt=0))


def begun_prods(run: Run) -> frozenset[str]:
    """The Prods that the Run has ever touched, be it that their Steps were skipped."""
    rows = Step.objects.filter(_TOUCHED, run=run, prod__isnull=False)
    return frozenset(rows.values_list("prod__name", flat=True))


def releases_over(prods: Collection[str]) -> QuerySet[Run]:
    """The releases that are still to begin one of these Prods, or to give users to one by a switch, by number."""
    begun = Step.objects.filter(_TOUCHED, run=OuterRef("run"), prod=OuterRef("prod"))
    about = Q(prod__name__in=prods) | Q(params__to__in=list(prods))
    left = Step.objects.filter(~Exists(begun), about, run=OuterRef("pk"))
    return Run.objects.filter(Exists(left), kind=RunKind.RELEASE, state__in=_GOING).order_by("pk")


def with_begun(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """`claims`, each `begun` where its Run has begun a Step of that Prod."""
    return claims.annotate(begun=_BEGUN)


def may_be_taken(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Those of `claims` that a rollback takes over: of releases, on Prods that these have not begun. Other kinds of Runs keep
    theirs: a person or drift has named their Prods, and nobody judges anew what is left of them."""
    return claims.filter(~_BEGUN, run__kind=RunKind.RELEASE)


def releases_having(prods: Collection[str]) -> QuerySet[Run]:
    """The releases that have one of these Prods and are still to begin it, by number."""
    return releases_over(prods).filter(pk__in=Claim.objects.filter(prod__name__in=prods).values("run"))


def releases_rest() -> None:
    """Until the transaction ends no release starts, and none goes on. To be called before the room is given away, as
    every pass does."""
    one_at_a_time(RELEASES)
    going = Run.objects.filter(kind=RunKind.RELEASE, state__in=_GOING).order_by("pk")
    list(going.select_for_update().values_list("pk", flat=True))


def last_left() -> int:
    """The number of the last Run by which users left anything. Between two answers that are alike, of which the second was
    got under the lock RELEASES, nobody has left."""
    gone = Run.objects.filter(kind__in=LEAVING)
    return gone.order_by("-pk").values_list("pk", flat=True).first() or 0


def preempt(prods: Collection[str], by: Run, now: datetime, person: Person | None) -> None:
    """From here on each release that was still to begin one of `prods` begins nothing, on no Prod, and has neither those
    that it has not begun nor room for them. What it has begun goes on: a Prod that is out comes back. The caller has
    called `releases_rest`."""
    begin_nothing_more(list(releases_over(prods).values_list("pk", flat=True)), by, now, person)


def begin_nothing_more(runs: list[int], by: Run, now: datetime, person: Person | None) -> None:
    """Each of these releases, which the caller has locked, is pre-empted by the Run `by`."""
    Run.objects.filter(pk__in=runs).update(preempted_by=by)
    begun = Step.objects.filter(_TOUCHED, run=OuterRef("run"), prod=OuterRef("prod"))
    Claim.objects.filter(~Exists(begun), run__in=runs).delete()
    Reservation.objects.filter(run_id__in=runs).delete()
    why = because("pre-empted", run=by.pk)
    record([event(now, "run", actor=person, run_id=run, reason=why) for run in runs])
    wake(runs)
