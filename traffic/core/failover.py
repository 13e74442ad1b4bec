"""Plans that take users away from Prods: because these are dead, are to be emptied, or run a bad Version."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from journal.core.reasons import Reason, because

from .facts import Place, RouteNow, TrafficFacts
from .ground import Ground
from .plan import TrafficPlan, left
from .published import path_lost, publication_gap
from .rescue import Case, plan_case
from .seek import Tier

FAILOVER, EVACUATION, ROLLBACK = "failover", "evacuation", "rollback"


def plan_failover(
    facts: TrafficFacts,
    prods: Collection[str] = (),
    clusters: Collection[str] = (),
) -> TrafficPlan:
    """Users leave dead `prods` and all Prods of dead `clusters`.

    Redundant Routes drop the dead member. The others go, each, to the Prod with most room after the move, on
    a Version that may share their data, unvetoed ones first: in another failure domain than a dead Cluster,
    and than a dead Prod if there is one. Test Routes wait. A Route all of whose routers died is lost too.
    """
    ground = Ground(facts)
    case = failover_case(ground, frozenset(prods), frozenset(clusters))
    routers = {router.name: router for router in facts.routers}
    plan = plan_case(case, ground, lambda route: publication_gap(route.routers, routers))
    cut_off = [route for route in ground.routes if path_lost(route.routers, routers, clusters)]
    return replace(plan, lost=plan.lost + tuple(left(route, because("no-router-left")) for route in cut_off))


def failover_case(ground: Ground, prods: frozenset[str], clusters: frozenset[str]) -> Case:
    """The Case of dead Prods and Clusters. A dead Cluster makes its failure domain suspect, a Prod does not."""
    gone = ground.prods_of(prods, clusters)
    suspect = frozenset(ground.domains[name] for name in clusters if name in ground.domains)
    near = frozenset(ground.places[prod].domain for prod in prods if prod in ground.places)
    tier = _elsewhere(gone, near, suspect, alive=False)
    back = {name: ground.places[name].back for name in gone if name in ground.places}
    return Case(FAILOVER, gone, tier, "no-other-domain", alive=False, back=back)


def plan_evacuation(
    facts: TrafficFacts, prods: Collection[str] = (), clusters: Collection[str] = ()
) -> TrafficPlan:
    """Users leave `prods` and all Prods of `clusters`, which are alive: who finds no other place stays."""
    ground = Ground(facts)
    gone = ground.prods_of(frozenset(prods), frozenset(clusters))
    near = frozenset(ground.places[prod].domain for prod in gone if prod in ground.places)
    case = Case(
        EVACUATION, gone, _elsewhere(gone, near, frozenset(), alive=True), "no-other-prod", alive=True
    )
    return plan_case(case, ground, _always)


def _elsewhere(gone: frozenset[str], near: frozenset[str], suspect: frozenset[str], *, alive: bool) -> Tier:
    """Open before closed, which only those get who would be lost; unvetoed before vetoed; other failure domains
    before those that are near, never a suspect one."""

    def tier(place: Place) -> int | None:
        if place.name in gone or place.domain in suspect:
            return None
        if alive and not place.open:
            return None
        return 4 * (not place.open) + 2 * place.vetoed + (place.domain in near)

    return tier


def plan_rollback_traffic(
    facts: TrafficFacts,
    bad_version: str,
    back: Mapping[str, str],
    *,
    dead: Collection[str] = (),
    fenced: bool = False,
) -> TrafficPlan:
    """The part of a rollback that takes constant time. `back`: each bad Prod -> the Version it came from.

    Each Route that a bad Prod serves goes to its members that run a good Version, else to a temporary member
    on any good Prod with room, warm ones first. Who stays until the redeploy is named: test first, then the
    largest. Good is neither `bad_version` nor vetoed; that it may work on the data is either declared or
    shown by the bad Prods having come from it.

    A single writer stays on its bad Prod, which may still write; on one of the Clusters `dead` until a failover, which
    asks whether it does. `fenced`: it moves, and the caller sees to it that no old writer is left.
    """
    ground = Ground(facts)
    bad = frozenset(back)

    def good(place: Place) -> bool:
        return place.name not in bad and place.version != bad_version and not place.vetoed

    def tier(place: Place) -> int | None:
        return int(not place.warm) if good(place) and place.open else None

    def held(prod: str) -> Reason:
        place = ground.places.get(prod)
        if place is not None and place.cluster in dead:
            return because("writer-waits-for-failover", prod=prod, cluster=place.cluster)
        return because("writer-stays", prod=prod)

    case = Case(
        *(ROLLBACK, bad, tier, "no-good-prod"),
        alive=True,
        good=good,
        back=back,
        held=None if fenced else held,
    )
    plan = plan_case(case, ground, _always)
    test = {route.name for route in facts.routes if route.redundancy == "test"}
    staying = sorted(plan.staying, key=lambda one: (one.route not in test, -one.load, one.route))
    return replace(plan, staying=tuple(staying))


def _always(_: RouteNow) -> Reason | None:
    """A source that is alive keeps serving until its users have left: nobody depends on health checks."""
    return None
