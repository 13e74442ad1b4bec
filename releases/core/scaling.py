"""What stands beside a rollback for the Prods that take over: they are warmed up, and get more pods at least until the
users have left again."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from journal.core.reasons import Reason, because
from traffic.core.growth import Growth

from .digest import sealed
from .facts import FleetFacts, ProdFacts
from .partners import Partners
from .plan import Plan, PlannedProd, PlannedStep, Wave
from .plan_steps import scale_back, scale_up, warm_beside

# The waves for who takes over: two before what is planned, and one after it. A wave each, since neither help waits for
# the other.
WARM, UP, BACK = "warm-up", "scale-up", "scale-back"
BESIDE_WAVES = (WARM, UP, BACK)


def with_warmth(plan: Plan, fleet: FleetFacts, growths: Iterable[Growth], requests: int) -> Plan:
    """`plan` with a wave before it in which those of `growths` have to answer so many requests as who comes to them; as
    it is for none, or where nobody takes over. A Prod that the plan deploys is left out: there is little to warm in pods
    that go."""
    takers = _takers(plan, growths) if requests else []
    if not takers:
        return plan
    facts = {prod.name: prod for prod in fleet.prods}
    prods = tuple(_warm(facts[one.prod], one, requests) for one in takers)
    return sealed(replace(plan, waves=(Wave(WARM, prods, len(prods)), *plan.waves)))


def with_floors(plan: Plan, fleet: FleetFacts, growths: Iterable[Growth], scaled: Collection[str]) -> Plan:
    """`plan` with a wave before it in which those of `growths` that autoscalers scale (`scaled`) get pods for what
    comes, and one after it in which their autoscalers go by the Blueprint again; as it is where there are none. A Prod
    that the plan deploys is left out: that applies its autoscalers too."""
    takers = [one for one in _takers(plan, growths) if one.prod in scaled]
    if not takers:
        return plan
    facts = {prod.name: prod for prod in fleet.prods}
    up = tuple(_more(facts[one.prod], one) for one in takers)
    back = tuple(_as_before(facts[one.prod]) for one in takers)
    waves = (Wave(UP, up, len(up)), *plan.waves, Wave(BACK, back, len(back)))
    return sealed(replace(plan, waves=waves))


def _takers(plan: Plan, growths: Iterable[Growth]) -> list[Growth]:
    deployed = {prod.name for wave in plan.waves for prod in wave.prods if _is_deployed(prod)}
    return [one for one in growths if one.prod not in deployed]


def _is_deployed(prod: PlannedProd) -> bool:
    return any(step.kind == "set_version" for step in prod.steps)


def _warm(prod: ProdFacts, growth: Growth, requests: int) -> PlannedProd:
    why = because("gets-users-at-once", load=growth.load, coming=growth.coming)
    return _planned(prod, why, warm_beside(requests))


def _more(prod: ProdFacts, growth: Growth) -> PlannedProd:
    why = because("gets-more-load", load=growth.load, coming=growth.coming)
    return _planned(prod, why, scale_up(growth.load, growth.coming, prod.capacity))


def _as_before(prod: ProdFacts) -> PlannedProd:
    return _planned(prod, because("load-leaves"), scale_back())


def _planned(prod: ProdFacts, why: Reason, step: PlannedStep) -> PlannedProd:
    return PlannedProd(prod.name, why, (step,), prod.came_from, prod.version)


def given_more(plan: Plan) -> tuple[str, ...]:
    """The Prods that `plan` gives more pods."""
    return _prods_of(plan, UP)


def warmed(plan: Plan) -> tuple[str, ...]:
    """The Prods that `plan` warms up as users come to them."""
    return _prods_of(plan, WARM)


def _prods_of(plan: Plan, name: str) -> tuple[str, ...]:
    return tuple(prod.name for wave in plan.waves if wave.name == name for prod in wave.prods)


def growing(plan: Plan, fleet: FleetFacts) -> frozenset[str]:
    """The Prods that `plan` gives more pods, and that serve with those that they have while the others start."""
    given = frozenset(given_more(plan))
    return frozenset(prod.name for prod in fleet.prods if prod.name in given and _serves_in_part(prod))


def _serves_in_part(prod: ProdFacts) -> bool:
    return prod.lifecycle == "in-service" and prod.health == "not-ready" and prod.cluster_reason is None


def without_growing(partners: Partners, names: frozenset[str]) -> Partners:
    """`partners`, of which `names` are not ill: nobody has to wait for pods that a Run has asked for itself."""
    return replace(partners, ill=partners.ill - names, unknown=partners.unknown - names)
