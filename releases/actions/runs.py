"""Making a Run out of a Plan, and loading one to change it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from access.actions.words import LONGEST_REASON
from access.models import Person
from clusters.models import Blueprint, Prod, Version
from journal.core.reasons import Refused, because
from journal.core.words import plain_words
from journal.log import event, record
from journal.rows import insert_rows
from releases.core.plan import Plan, PlannedProd, PlannedStep
from releases.core.plan_json import plan_to_json
from releases.core.states import RunState
from releases.engine.wake import wake
from releases.models import Claim, Run, Step, Wake
from traffic.models import Reservation

SHORTEST, LONGEST = 3, LONGEST_REASON


def locked_run(run_id: int) -> Run:
    """The Run, locked until the transaction ends. Raises Refused if there is none."""
    run = Run.objects.select_for_update(of=("self",)).select_related("version").filter(pk=run_id).first()
    if run is None:
        raise Refused(because("run-unknown", run=run_id))
    return run


def checked_reason(text: str) -> str:
    """A person's reason, stripped. Raises Refused when it says too little or too much, FieldErrors where it
    is not plain."""
    words = plain_words(text)
    if not SHORTEST <= len(words) <= LONGEST:
        raise Refused(because("reason-needed", least=SHORTEST, most=LONGEST))
    return words


def create_run(
    person: Person | None,
    plan: Plan,
    now: datetime,
    *,
    strategy: dict[str, Any],
    version: Version | None,
    rollback_of: Run | None = None,
    why: str = "",
) -> Run:
    """The running Run with its Steps, its wake and its first Event. Claims are the caller's."""
    run = Run.objects.create(
        kind=plan.kind,
        state=RunState.RUNNING,
        since=now,
        started_at=now,
        blueprint=Blueprint.objects.get(name=plan.blueprint),
        version=version,
        strategy=strategy,
        plan=plan_to_json(plan),
        digest=plan.digest,
        author=person,
        rollback_of=rollback_of,
    )
    insert_rows(list(new_steps(run, plan)))
    Wake.objects.create(run=run)
    reason = because("started-by-person", why=why) if why else None
    record([event(now, "run", actor=person, run_id=run.pk, moved=("", run.state), reason=reason)])
    wake([run.pk])
    return run


def new_steps(run: Run, plan: Plan) -> Iterable[Step]:
    """The Steps of all of `plan`, in its order, not stored."""
    prods = Prod.objects.in_bulk([prod.name for wave in plan.waves for prod in wave.prods], field_name="name")
    ids = dict(Version.objects.filter(blueprint__name=plan.blueprint).values_list("name", "pk"))
    for number, wave in enumerate(plan.waves, start=1):
        for position, gate in enumerate(wave.gates):
            yield _step(run, number, position, None, gate, {})
        for planned in wave.prods:
            known = {"version_id": ids[planned.version]}
            for position, step in enumerate(planned.steps):
                yield _step(run, number, position, prods[planned.name], step, known)


def _step(
    run: Run, wave: int, position: int, prod: Prod | None, planned: PlannedStep, known: dict[str, Any]
) -> Step:
    params = dict(planned.params) | (known if planned.kind == "set_version" else {})
    return Step(
        run=run, wave=wave, position=position, prod=prod, kind=planned.kind, params=params, since=run.since
    )


def claim(run: Run, planned: Iterable[PlannedProd]) -> None:
    """Claim these Prods for the Run. Raises Refused, naming them, where another Run has them."""
    prods = Prod.objects.filter(name__in=[prod.name for prod in planned])
    Claim.objects.bulk_create(
        [Claim(prod=prod, run=run) for prod in prods.order_by("name")], ignore_conflicts=True
    )
    taken = Claim.objects.filter(prod__in=prods).exclude(run=run).select_related("prod").order_by("prod")
    reasons = [because("claimed", prod=other.prod.name, run=other.run_id) for other in taken]
    if reasons:
        raise Refused(*reasons)


def reserve(run: Run, loads: Mapping[str, int]) -> None:
    """Keep this room (Prod -> load units) for users that the Run will send there. Gone with its end."""
    prods = dict(Prod.objects.filter(name__in=loads).values_list("name", "pk"))
    Reservation.objects.bulk_create(
        Reservation(run_id=run.pk, prod_id=prods[name], load=load) for name, load in loads.items() if load
    )
