"""Rolling a Run back: one click, one transaction, then the engine."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from access.models import Person
from access.permissions import require
from clusters.models import Prod, Version
from journal.core.reasons import Reason, Refused, because, reason_to_json
from journal.log import event, record
from journal.retrying import retried
from journal.rows import insert_rows
from releases.core.allowed import blockers_of
from releases.core.facts import FleetFacts
from releases.core.kinds import DISTURBING
from releases.core.plan import Plan
from releases.core.plan_json import plan_to_json
from releases.core.rollback import Refusal, RollbackPlan
from releases.core.states import RUN_ENDED, RunState, StepState
from releases.engine.preempting import begin_nothing_more, begun_prods, may_be_taken, releases_having
from releases.engine.switching import switch_back
from releases.engine.traffic import carry_out
from releases.fleet import read_fleet
from releases.models import Claim, Hold, Run, Step
from releases.preview import begun_switches, plan_traffic, rollback_plan, run_facts
from releases.scaling import helped_plan
from traffic.actions.locks import ROOM, one_at_a_time
from traffic.core.plan import TrafficPlan
from traffic.core.switching import switched_back
from traffic.engine.shifting import lock_routes
from traffic.models import Reservation, RouteOut
from traffic.queries.facts import read_facts

from .runs import checked_reason, create_run, locked_run

TRIES = 3  # a start or a resume takes longer than two of these


class _ClaimedMeanwhile(Refused):
    """Other Runs, which are not locked, have claimed Prods of it just now: to be planned anew."""


@retried
def roll_back(person: Person, run_id: int, reason: str) -> Run:
    """The running rollback: the Run's changed Prods go back to their `from`.

    In the same transaction the Run ends, its Version is vetoed, its Prods are held and belong to the
    rollback. Releases that have some of them and have not begun these are pre-empted. Refused when nothing was changed,
    when it is rolled back already, and for a rollback.
    """
    require(person, "run.rollback")
    text = checked_reason(reason)
    for _ in range(TRIES - 1):
        with suppress(_ClaimedMeanwhile):
            return _roll_back(person, run_id, text)
    return _roll_back(person, run_id, text)


def _roll_back(person: Person, run_id: int, text: str) -> Run:
    """The same, once."""
    now = timezone.now()
    with transaction.atomic():
        run, others = _locked(run_id)
        one_at_a_time(ROOM)
        _lock_routes(run)
        fleet, read = read_fleet()
        planned = _planned(run, fleet)
        before = read_facts(urgent=True, prods=read)
        undone = switched_back(before, begun_switches(run))
        traffic = plan_traffic(run, planned, undone, read)
        helped = helped_plan(run, planned.plan, fleet, before, undone, traffic)
        plan = replace(helped, staying=traffic.staying)
        back = create_run(person, plan, now, strategy={}, version=None, rollback_of=run, why=text)
        prods = list(Prod.objects.filter(name__in=[name for name, _ in planned.moves]).order_by("name"))
        _end(run, person, because("rolled-back", run=back.pk, by=person.get_username(), why=text), now)
        _take_over(run, others, back, prods, person)
        if _switch_back(run, back, now):
            traffic = plan_traffic(run, planned, read_facts(urgent=True), read)
            _name_who_stays(back, plan, traffic)
        _send_users_away(run, back, traffic, now)
        _hold(person, back, prods, because("held-by-rollback", run=back.pk, why=text), text, now)
        _veto(person, run, back, text, now)
        return back


def _locked(run_id: int) -> tuple[Run, frozenset[int]]:
    """The Run, and the releases that Prods can be taken over from, locked by number as everybody locks Runs: these begin
    none of them any more. A rollback that takes over from nobody waits for no other Run."""
    changed = Step.objects.filter(run=run_id, kind__in=DISTURBING, attempt__gt=0)
    claims = Claim.objects.filter(prod__in=changed.values("prod")).exclude(run=run_id)
    others = frozenset(may_be_taken(claims).values_list("run", flat=True))
    if others:
        rows = Run.objects.filter(pk__in={run_id, *others}).order_by("pk")
        list(rows.select_for_update().values_list("pk", flat=True))
    return locked_run(run_id), others


def _lock_routes(run: Run) -> None:
    """Of all Prods that it may have changed, and of who handed users over in it: what is read next stays so until users
    have been sent away by it."""
    pairs = {name for pair in begun_switches(run) for name in pair}
    prods = Prod.objects.filter(name__in=begun_prods(run) | pairs)
    lock_routes(prods.values_list("pk", flat=True))


def _planned(run: Run, fleet: FleetFacts) -> RollbackPlan:
    reasons = blockers_of("rollback", run_facts(run))
    if reasons:
        raise Refused(*reasons)
    planned = rollback_plan(run, fleet)
    if isinstance(planned, Refusal):
        raise Refused(*planned.reasons)
    return planned


def _end(run: Run, person: Person, why: Reason, now: datetime) -> None:
    """What failed stays failed: it is why somebody rolled back."""
    left = Step.objects.filter(run=run, state__in=[StepState.WAITING, StepState.RUNNING])
    left.update(state=StepState.ABORTED, reason=reason_to_json(why), since=now, finished_at=now, due_at=None)
    if run.state in RUN_ENDED:
        return
    Run.objects.filter(pk=run.pk).update(
        state=RunState.ABORTED, reason=reason_to_json(why), since=now, finished_at=now
    )
    moved = (run.state, RunState.ABORTED.value)
    record([event(now, "run", actor=person, run_id=run.pk, moved=moved, reason=why)])


def _take_over(run: Run, others: Collection[int], back: Run, prods: list[Prod], person: Person) -> None:
    """The rollback gets the claims and the Routes that are out for these Prods, from the locked releases `others` too; the
    rest of the Run's goes free. What is free is claimed first: who waits for that holds no claim yet."""
    having = list(releases_having([prod.name for prod in prods]).values_list("pk", flat=True))
    Claim.objects.bulk_create([Claim(prod=prod, run=back) for prod in prods], ignore_conflicts=True)
    Claim.objects.filter(prod__in=prods, run__in={run.pk, *others}).update(run=back)
    Claim.objects.filter(run=run).delete()
    Reservation.objects.filter(run_id=run.pk).delete()
    RouteOut.objects.filter(prod__in=prods).update(run_id=back.pk)
    taken = Claim.objects.filter(prod__in=prods).exclude(run=back).select_related("prod")
    reasons = [because("claimed", prod=other.prod.name, run=other.run_id) for other in taken]
    if reasons:
        raise _ClaimedMeanwhile(*reasons)
    if having:
        begin_nothing_more(having, back, back.since, person)


def _switch_back(run: Run, back: Run, now: datetime) -> bool:
    """Who handed users over in `run` has them again, the last first. Whether anybody did: their roles have changed."""
    pairs = begun_switches(run)
    if not pairs:
        return False
    rows = Prod.objects.select_related("cluster", "observation", "version__revision")
    prods = rows.in_bulk({name for pair in pairs for name in pair}, field_name="name")
    record(switch_back([(prods[old], prods[new]) for old, new in pairs], back.pk, now))
    return True


def _name_who_stays(back: Run, plan: Plan, traffic: TrafficPlan) -> None:
    back.plan = plan_to_json(replace(plan, staying=traffic.staying))
    back.save(update_fields=["plan"])


def _send_users_away(run: Run, back: Run, plan: TrafficPlan, now: datetime) -> None:
    """What takes constant time: users of the bad Prods go to good ones before anything is deployed."""
    if not plan.moves:
        return
    version = run.version.name if run.version else ""
    shifted = carry_out(
        plan.moves, because("sent-off-bad-version", version=version, run=back.pk), now, back.pk
    )
    told = because(
        "users-off-bad-version",
        version=version,
        routes=len(shifted.routes),
        tenants=sum(move.tenants for move in plan.moves),
        staying=sum(one.tenants for one in plan.staying),
    )
    record([event(now, "routes", run_id=back.pk, moved=("bad", "good"), reason=told)])


def _hold(person: Person, back: Run, prods: Iterable[Prod], why: Reason, text: str, now: datetime) -> None:
    """Holds that an earlier rollback made bind this one no more than their own; a person's own Hold does."""
    standing_holds = Hold.objects.filter(prod__in=prods, lifted_at=None)
    standing_holds.filter(passes__isnull=False).update(passes=back)
    standing = set(standing_holds.values_list("prod", flat=True))
    new = [prod for prod in prods if prod.pk not in standing]
    insert_rows([Hold(prod=prod, passes=back, reason=text, author=person, at=now) for prod in new])
    record(
        event(now, "hold", actor=person, run_id=back.pk, prod=prod.name, moved=("", "held"), reason=why)
        for prod in new
    )


def _veto(person: Person, run: Run, back: Run, text: str, now: datetime) -> None:
    if run.version_id is None:
        return
    vetoed = Version.objects.filter(pk=run.version_id, vetoed_at=None).update(
        vetoed_at=now, vetoed_by=person, veto_reason=text
    )
    if vetoed:
        why = because("vetoed-by-rollback", run=back.pk, version=str(run.version), why=text)
        record([event(now, "veto", actor=person, run_id=back.pk, moved=("", "vetoed"), reason=why)])
