"""Never out together: which Prods share a Route, and which of them may go out now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from journal.core.reasons import Reason, because

from .facts import FleetFacts, ProdFacts
from .progress import RunNow
from .states import MOVES_USERS, RunKind

# A Prod that is down may be repaired beside a partner that is out, but not by a Version that is new to it.
_REPAIRS_BESIDE = frozenset({RunKind.BUILD, RunKind.ROLLBACK})


@dataclass(frozen=True, slots=True)
class Partners:
    """Prod -> its Routes, Route -> its serving Prods (all sorted), and which Prods count as out.

    `unknown` are those of `ill` that may well be serving, so that touching them is no repair.
    """

    routes: Mapping[str, tuple[str, ...]]
    members: Mapping[str, tuple[str, ...]]
    ill: frozenset[str]
    unknown: frozenset[str] = frozenset()


def read_partners(fleet: FleetFacts) -> Partners:
    """The Partners of a fleet. Plan and pass use this one rule."""
    members = {
        route.name: tuple(sorted(prod for prod, weight in route.members if weight > 0))
        for route in fleet.routes
    }
    routes: dict[str, list[str]] = {}
    for route in sorted(members):
        for prod in members[route]:
            routes.setdefault(prod, []).append(route)
    return Partners(
        routes={prod: tuple(names) for prod, names in routes.items()},
        members=members,
        ill=frozenset(prod.name for prod in fleet.prods if not is_well(prod)),
        unknown=frozenset(prod.name for prod in fleet.prods if is_unknown(prod)),
    )


def away(fleet: FleetFacts, own: Collection[str]) -> dict[str, str]:
    """Route -> a member that a rollback has sent its users away from there, long before its Steps take the Route out: the
    others carry it alone until it has them back. Only Routes that some of `own` serve now: who has no users there takes
    nothing from them. Who has none since they were led away from harm is no partner to wait for."""
    claimed = {
        prod.name for prod in fleet.prods if prod.claimed_kind == RunKind.ROLLBACK and not prod.emptied
    }
    return {
        route.name: prod
        for route in fleet.routes
        for prod in route.drained
        if prod in claimed
        and any(name in own and name not in route.drained for name, weight in route.members if weight)
    }


def partners_of(run: RunNow) -> Partners:
    """The same of a Run's own facts."""
    return Partners(run.routes, run.members, run.ill, run.unknown)


def is_well(prod: ProdFacts) -> bool:
    """Whether we know that it serves: in service, or being emptied of its users, seen ready, on a Cluster that answers."""
    return (
        prod.lifecycle in ("in-service", "draining")
        and prod.health == "ready"
        and prod.cluster_reason is None
    )


def is_unknown(prod: ProdFacts) -> bool:
    """Whether it may be serving, in part or without our knowing, so that touching it is no repair. A Prod
    that is still being built serves nobody."""
    perhaps = prod.health in ("unknown", "not-ready") or prod.cluster_reason is not None
    return perhaps and prod.lifecycle not in ("building", "out-of-service", "retired")


def ill_partner_reason(prod: str, partners: Partners) -> Reason | None:
    """Why `prod` must stay in service: a partner on one of its Routes is not serving, as far as we know.

    A Prod that is down itself has nobody to stay for: repairing it is always allowed.
    """
    if prod in partners.ill and prod not in partners.unknown:
        return None
    for route in partners.routes.get(prod, ()):
        for partner in partners.members.get(route, ()):
            if partner != prod and partner in partners.ill:
                return because("partner-not-healthy", partner=partner, route=route)
    return None


def partner_reason(run: RunNow, prod: str, taken: Mapping[str, str]) -> Reason | None:
    """Why `prod` must not go out now, given Route -> the Prod that is out (`taken`). None: it may."""
    if run.kind in MOVES_USERS:  # nobody goes out: somebody is spared
        return None
    repairs = run.kind in _REPAIRS_BESIDE
    is_down = prod in run.ill and prod not in run.unknown
    if not (is_down and repairs):
        for route in run.routes.get(prod, ()):
            if taken.get(route, prod) != prod:
                return because("waits-for-partner", partner=taken[route], route=route)
    if repairs and prod in run.ill:  # where both are ill, one must be mended first
        return None
    return ill_partner_reason(prod, partners_of(run))


def conflict_edges(prods: frozenset[str], partners: Partners) -> tuple[tuple[str, str], ...]:
    """Pairs of `prods` that share a Route and so are never out together, sorted.

    >>> two = Partners({"a-2": ("shop",), "b-1": ("shop",)}, {"shop": ("a-2", "b-1")}, frozenset())
    >>> conflict_edges(frozenset({"a-2", "b-1", "c-1"}), two)
    (('a-2', 'b-1'),)
    """
    edges = {
        (one, other)
        for members in partners.members.values()
        for one in members
        for other in members
        if one < other and one in prods and other in prods
    }
    return tuple(sorted(edges))
