"""The plans that change or retire one Prod."""

from dataclasses import dataclass

from journal.core.reasons import Reason, Refused, because

from .digest import fingerprint, sealed
from .facts import FleetFacts, ProdFacts
from .impact import impacts
from .partners import Partners, read_partners
from .plan import From, Plan, PlannedProd, PlannedStep, Wave
from .plan_steps import delete_namespace, delete_objects, leave_service, set_version, soak, wait_ready
from .states import RunKind
from .strategy import Amount, Strategy
from .waves import held_reason

READY_TIMEOUT_S = Strategy().ready_timeout_s
# A namespace goes when all that is in it has gone; pods have 30 s to end by default.
GONE_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Change:
    """New overrides of a Prod: the number that their revision gets, the SHA-256 of what they say, and how
    long the Prod is watched with them."""

    overrides_revision: int
    content: str
    soak_s: int


def plan_change(fleet: FleetFacts, prod: str, change: Change) -> Plan:
    """The plan that gives `prod` other overrides on the Version that is asked of it. Raises Refused for a
    Prod that is unknown or retired."""
    facts = known(fleet, prod)
    to = From(facts.version, facts.blueprint_revision, change.overrides_revision)
    steps = (set_version(to, change.content), wait_ready(READY_TIMEOUT_S), *soak(change.soak_s))
    why = because("asked-change", revision=change.overrides_revision)
    return _plan(RunKind.CHANGE, fleet, facts, why, steps)


def plan_retire(fleet: FleetFacts, prod: str) -> Plan:
    """The plan that takes `prod` out of service and away: its objects, then its namespace, last. The plan
    names the Routes that it leaves, so that other Routes are another plan."""
    facts = known(fleet, prod)
    routes = read_partners(fleet).routes.get(prod, ())
    steps = (leave_service(routes), delete_objects(), delete_namespace(GONE_TIMEOUT_S))
    return _plan(RunKind.RETIRE, fleet, facts, because("asked-retire"), steps)


def known(fleet: FleetFacts, prod: str) -> ProdFacts:
    """The facts of `prod`. Raises Refused for one that is unknown or retired."""
    for facts in fleet.prods:
        if facts.name == prod and facts.lifecycle != "retired":
            return facts
    raise Refused(because("no-such-prod", prod=prod))


def _plan(
    kind: RunKind, fleet: FleetFacts, prod: ProdFacts, why: Reason, steps: tuple[PlannedStep, ...]
) -> Plan:
    partners = read_partners(fleet)
    planned = PlannedProd(prod.name, why, steps, prod.came_from, prod.version, _held(kind, prod, partners))
    return sealed(
        Plan(
            kind=kind,
            blueprint=prod.blueprint,
            version="",
            waves=(Wave(kind, (planned,), 1),),
            excluded=(),
            failure_budget=0,
            horizon=None,
            fingerprint=fingerprint(impacts(fleet, (prod,), Amount(0)), partners),
            digest="",
        )
    )


def _held(kind: RunKind, prod: ProdFacts, partners: Partners) -> Reason | None:
    """A retire is refused rather than held: nobody should find it begun on another day."""
    return None if kind is RunKind.RETIRE else held_reason(prod, partners)
