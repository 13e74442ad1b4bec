"""The survival report: what would become of everybody if one Cluster or one Prod died now."""

from collections.abc import Iterable
from dataclasses import dataclass

from journal.core.reasons import Reason, because

from .facts import TEST, RouteNow, TrafficFacts
from .failover import failover_case
from .ground import Ground
from .plan import Left, Pairs, left, pairs
from .published import path_lost, publication_gap
from .rescue import KEEPS, NOWHERE, Fate, fates
from .seek import Seeker

CLUSTER, PROD = "cluster", "prod"


@dataclass(frozen=True, slots=True)
class Survival:
    """What the death of `name` (`kind`: a Cluster or a Prod) would do, in Tenants.

    `safe` are served on without anybody's doing, `kept` (Prod, Tenants) by whom, where a member of theirs dies and one
    is left; `unsafe` says why redundant ones are not (Reason, Tenants; they are in `moves`). `moves`: (Prod, Tenants) of
    those that Drover would have to move, `moved` in all. `waiting`: test Routes; `lost`: Routes that nobody could serve. `room`:
    (Prod, load units) after it, of the Prods that take Routes on; `capacity`: all that each of these can carry.
    """

    kind: str
    name: str
    safe: int
    kept: Pairs
    moved: int
    moves: Pairs
    wait: int
    waiting: tuple[Left, ...]
    lost_tenants: int
    lost: tuple[Left, ...]
    unsafe: tuple[tuple[Reason, int], ...]
    room: Pairs
    capacity: Pairs

    @property
    def keepers(self) -> tuple[str, ...]:
        """The Prods that serve all of `safe` on; empty where some of these lose no member of theirs."""
        whole = sum(tenants for _, tenants in self.kept) == self.safe
        return tuple(prod for prod, _ in self.kept) if whole else ()


def room_percent(room: int, capacity: int) -> int | None:
    """The whole percents of `capacity` that are free, never more than there are; None: it can carry nothing.

    >>> room_percent(687, 1000), room_percent(-1, 1000), room_percent(0, 0)
    (68, -1, None)
    """
    return 100 * room // capacity if capacity else None


def survival(facts: TrafficFacts) -> tuple[Survival, ...]:
    """A row for every Cluster, then for every Prod, each by name."""
    report = _Report(facts)
    clusters = sorted(
        {cluster.name for cluster in facts.clusters} | {place.cluster for place in facts.places}
    )
    return (
        *(report.row(CLUSTER, name) for name in clusters),
        *(report.row(PROD, name) for name in sorted(report.ground.places)),
    )


def survival_of(facts: TrafficFacts, kind: str, names: Iterable[str]) -> tuple[Survival, ...]:
    """The rows of these Clusters or Prods, in the order asked for."""
    report = _Report(facts)
    return tuple(report.row(kind, name) for name in names)


class _Report:
    """What all rows have in common: the ground, and how each Route is published."""

    def __init__(self, facts: TrafficFacts) -> None:
        self.ground = Ground(facts)
        self._routers = {router.name: router for router in facts.routers}
        self._hosts = {router.cluster for router in facts.routers if router.cluster}
        self._gaps: dict[tuple[str, ...], Reason | None] = {}

    def row(self, kind: str, name: str) -> Survival:
        prods, clusters = (frozenset([name]), frozenset[str]())
        if kind == CLUSTER:
            prods, clusters = clusters, prods
        case = failover_case(self.ground, prods, clusters)
        seeker = Seeker(self.ground, case.tier, case.nowhere)
        found = fates(case, self.ground, seeker)
        tally = _Tally()
        cut_off = self._cut_off(name) if kind == CLUSTER and name in self._hosts else ()
        tally.add_cut_off(cut_off)
        hit = {route.name for route in cut_off}
        for fate in found:
            if fate.route.name not in hit:
                tally.add(fate, self._gap(fate.route))
        if kind == CLUSTER and name in self._hosts:
            tally.add_reached(self._reached(name, hit | {fate.route.name for fate in found}))
        places = self.ground.places
        return tally.row(
            kind,
            name,
            pairs({prod: seeker.room(prod) for prod in seeker.taken}),
            pairs({prod: places[prod].capacity for prod in seeker.taken}),
        )

    def _gap(self, route: RouteNow) -> Reason | None:
        if route.routers not in self._gaps:
            self._gaps[route.routers] = publication_gap(route.routers, self._routers)
        return self._gaps[route.routers]

    def _cut_off(self, cluster: str) -> tuple[RouteNow, ...]:
        """The Routes that nobody reaches when the routers on `cluster` are dead."""
        lost = {
            published: path_lost(published, self._routers, [cluster])
            for published in {route.routers for route in self.ground.routes}
        }
        return tuple(route for route in self.ground.routes if lost[route.routers])

    def _reached(self, cluster: str, counted: set[str]) -> int:
        """Tenants of the Routes published on `cluster` that other routers carry on and no member of which dies."""
        dying = {router.name for router in self._routers.values() if router.cluster == cluster}
        touched = {
            published: not dying.isdisjoint(published)
            for published in {route.routers for route in self.ground.routes}
        }
        return sum(
            route.tenants
            for route in self.ground.routes
            if touched[route.routers] and route.name not in counted
        )


class _Tally:
    """Counts fates into one row."""

    def __init__(self) -> None:
        self.safe = self.moved = 0
        self.moves: dict[str, int] = {}
        self.kept: dict[str, int] = {}
        self.unsafe: dict[Reason, int] = {}
        self.waiting: list[Left] = []
        self.lost: list[Left] = []

    def add_cut_off(self, routes: Iterable[RouteNow]) -> None:
        self.lost += [left(route, because("no-router-left")) for route in routes]

    def add_reached(self, tenants: int) -> None:
        self.safe += tenants

    def add(self, fate: Fate, gap: Reason | None) -> None:
        tenants = fate.route.tenants
        if fate.how == NOWHERE:
            pile = self.waiting if fate.route.redundancy == TEST else self.lost
            pile.append(left(fate.route, fate.why or because("no-other-prod")))
        elif fate.how == KEEPS and gap is None:
            self.safe += tenants
            if len(fate.takers) == 1:
                by = fate.takers[0][0]
                self.kept[by] = self.kept.get(by, 0) + tenants
        else:
            to = fate.takers[0][0]
            self.moves[to] = self.moves.get(to, 0) + tenants
            self.moved += tenants
            if fate.how == KEEPS and gap is not None:
                self.unsafe[gap] = self.unsafe.get(gap, 0) + tenants

    def row(self, kind: str, name: str, room: Pairs, capacity: Pairs) -> Survival:
        unsafe = sorted(self.unsafe.items(), key=lambda pair: (pair[0].code, pair[0].params))
        return Survival(
            kind=kind,
            name=name,
            safe=self.safe,
            kept=pairs(self.kept),
            moved=self.moved,
            moves=pairs(self.moves),
            wait=sum(one.tenants for one in self.waiting),
            waiting=tuple(self.waiting),
            lost_tenants=sum(one.tenants for one in self.lost),
            lost=tuple(self.lost),
            unsafe=tuple(unsafe),
            room=room,
            capacity=capacity,
        )
