"""Loading what one pass looks at, in a constant number of queries."""

import json
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast

from access.roles import Role, allows
from clusters.core.evidence import applied_from_json
from clusters.facts import cluster_reason, prod_health
from clusters.models import Observation, Prod
from journal.core.reasons import Reason, because, reason_from_json
from releases.core.answers import Answer
from releases.core.blockers import held_back
from releases.core.decide import after_answers
from releases.core.inflight import prods_in_turn, waves_now
from releases.core.kinds import KINDS
from releases.core.partners import away, read_partners
from releases.core.plan import Plan
from releases.core.plan_json import plan_from_json
from releases.core.progress import RunNow, StepNow, WaveLimits
from releases.core.scaling import growing, without_growing
from releases.core.states import RunState, StepState
from releases.fleet import facts_around, version_facts
from releases.models import Run, Step
from releases.relocations import nowhere_now
from releases.steps import look
from releases.steps.view import StepView
from releases.telling import telling
from traffic.models import RouteOut

from .traffic import moved, published

# The kinds of steps that wait for routers.
SHIFTING = frozenset({"switch", "relocate", "drain", "restore", "leave_service", "move", "ramp"})


def run_now(run: Run, now: datetime) -> RunNow:
    """The Run with all that `decide` may look at."""
    plan = frozen_plan(run.pk, run.digest)
    bare = RunNow(
        id=run.pk,
        kind=run.kind,
        state=RunState(run.state),
        reason=reason_from_json(run.reason),
        waves=_limits(plan),
        failure_budget=plan.failure_budget,
        steps=_steps(run, now),
        routes={},
        members={},
        outs={},
        ill=frozenset(),
        blocked={},
    )
    then = after_answers(bare, now)
    turn = prods_in_turn(waves_now(then))
    fleet = facts_around(run, turn, now)
    planned = {prod.version for wave in plan.waves for prod in wave.prods}
    versions = [facts for facts in version_facts(run.blueprint.name) if facts.name in planned]
    held = held_back(plan, fleet, *versions)
    partners = without_growing(read_partners(fleet), growing(plan, fleet))
    outs = RouteOut.objects.filter(route__name__in=partners.members).values_list("route__name", "prod__name")
    return replace(
        bare,
        routes=partners.routes,
        members=partners.members,
        outs=away(fleet, turn) | dict(outs),
        ill=partners.ill,
        unknown=partners.unknown,
        blocked=held.blocked,
        stopped=held.stopped,
        nowhere=nowhere_now(run, plan, then.steps, now),
        preempted=because("pre-empted", run=run.preempted_by_id) if run.preempted_by_id else None,
        epochs={route.name: route.epoch for route in fleet.routes},
    )


@lru_cache(maxsize=8)
def frozen_plan(run_id: int, digest: str) -> Plan:
    """The Plan of the Run, which says `digest`: it never changes, so each process reads it once."""
    return plan_from_json(Run.objects.values_list("plan", flat=True).get(pk=run_id))


def _limits(plan: Plan) -> tuple[WaveLimits, ...]:
    return tuple(
        WaveLimits(number, wave.parallel, frozenset(prod.name for prod in wave.prods if prod.held))
        for number, wave in enumerate(plan.waves, start=1)
    )


_COLUMNS = ("pk", "wave", "position", "prod__name", "kind", "state", "attempt", "tries", "since", "due_at")


def _steps(run: Run, now: datetime) -> tuple[StepNow, ...]:
    """The Steps that matter as values: a Run of many Prods has thousands, and only those that run are looked at
    closer."""
    answers = _answers(run, now)
    rows = _asked(run).order_by("pk").values_list(*_COLUMNS, Cast("reason", TextField()), "params__to")
    return tuple(
        StepNow(
            id=pk,
            wave=wave,
            position=position,
            prod=prod or "",
            kind=kind,
            state=StepState(state),
            attempt=attempt,
            tries=tries,
            since=since,
            due_at=due_at,
            reason=_reason(reason),
            answer=answers.get(pk),
            to=str(to or ""),
        )
        for pk, wave, position, prod, kind, state, attempt, tries, since, due_at, reason, to in rows
    )


def _asked(run: Run) -> QuerySet[Step]:
    """Those that tell where each Prod stands. A Run that stops gives up every Step, and so sees all of them."""
    rows = Step.objects.filter(run=run)
    return rows if run.state == RunState.STOPPING else telling(rows)


@lru_cache(maxsize=1024)
def _reason(text: str) -> Reason | None:
    """Many wait for one and the same thing."""
    return reason_from_json(json.loads(text))


def _answers(run: Run, now: datetime) -> dict[int, Answer]:
    """Step id -> what it says now, for those that run and are judged from rows."""
    acts = [name for name, kind in KINDS.items() if kind.acts]
    rows = Step.objects.filter(run=run, state=StepState.RUNNING).exclude(kind__in=acts).select_related("prod")
    judged = list(rows.annotate(approved=_standing_approvals(run)))
    looked_at = [step.params.get("to") or step.prod.name for step in judged if step.prod]
    seen = Prod.objects.filter(name__in=looked_at)
    prods = {prod.name: prod for prod in seen.select_related("cluster", "observation", "version__revision")}
    changed = Step.objects.filter(run=run, kind="set_version", prod__in=[prod.pk for prod in prods.values()])
    applied = {step.prod_id: step for step in changed}
    subjects = {step.pk: prods.get(step.params.get("to") or step.prod.name) for step in judged if step.prod}
    shifting = [step.prod for step in judged if step.kind in SHIFTING]
    shown, done = published([prod.pk for prod in shifting]), moved(run.pk, [prod.name for prod in shifting])
    return {
        step.pk: look(
            step.kind,
            replace(
                _view(step, prod, applied.get(prod and prod.pk), now),
                published=shown.get(step.prod_id),
                moved=done.get((step.prod.name, step.kind), 0) if step.prod else 0,
            ),
        )
        for step in judged
        for prod in [subjects.get(step.pk)]
    }


def _standing_approvals(run: Run) -> Count:
    """Of this very plan, by people who still may: a yes does not outlive its plan or its person's right."""
    roles = [role for role in Role if allows(role, "run.approve")]
    standing = Q(approvals__person__is_active=True, approvals__person__role__in=roles)
    return Count("approvals", filter=standing & Q(approvals__digest=run.digest))


def _view(step: Step, prod: Prod | None, set_version: Step | None, now: datetime) -> StepView:
    observation: Observation | None = getattr(prod, "observation", None)
    return StepView(
        params=step.params,
        started_at=step.started_at or now,
        now=now,
        applied=applied_from_json(set_version.result.get("applied", []) if set_version else []),
        observed=observation.seen() if observation else None,
        unseen=cluster_reason(prod.cluster, now) if prod else None,
        approved=step.approved,
        replaced=frozenset(set_version.result.get("replaced", ()) if set_version else ()),
        well=prod is not None and prod_health(prod, now) == "ready",
    )
