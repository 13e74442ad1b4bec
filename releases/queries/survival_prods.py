"""What would become of everybody if one Prod died, for the page Failover."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from clusters.facts import prod_health
from clusters.models import Prod
from releases.failover_preview import is_dead
from releases.marks import HEALTH_MARKS, LIFECYCLE_MARKS, Mark
from traffic.core.facts import Place, TrafficFacts
from traffic.core.survival import PROD, Survival, room_percent

from .acts import Act
from .move_acts import back_act, leave_act

MOST_WHOLE = 100  # Prods of all Clusters; of more, only those that matter are listed
MOST_OF_MANY = 5  # of one Cluster
Rows = Mapping[tuple[str, str], Survival]


@dataclass(frozen=True, slots=True)
class Taker:
    """A Prod that takes Tenants over, with the load units free of its capacity after it (None: it had them
    before and needs no room)."""

    prod: str
    tenants: int
    room: int | None
    capacity: int

    @property
    def percent(self) -> int | None:
        """The part of its capacity that is free then, in whole percents; None as `room`, or it can carry nothing."""
        return None if self.room is None else room_percent(self.room, self.capacity)


@dataclass(frozen=True, slots=True)
class ProdLine:
    """A Prod: what its death would do. `dead`: it serves nobody already; `serves`: users are sent there; `emptied` says
    that it was emptied by itself (None: it was not), and then `back` brings them back."""

    name: str
    cluster: str
    mark: Mark
    emptied: Mark | None
    dead: bool
    serves: bool
    fate: Survival
    takers: tuple[Taker, ...]
    leave: Act
    back: Act | None


@dataclass(frozen=True, slots=True)
class ProdLines:
    """The Prods of a Cluster that serve anybody or were emptied; `more` are not listed, since others matter more."""

    lines: tuple[ProdLine, ...] = ()
    more: int = 0

    @property
    def many(self) -> int:
        """All of them."""
        return len(self.lines) + self.more


def prod_lines(
    prods: Iterable[Prod], rows: Rows, facts: TrafficFacts, role: str, now: datetime
) -> dict[str, ProdLines]:
    """By Cluster; `prods` as of `read_prods`. In a fleet of many only those that matter most: dead and emptied ones, then
    those whose death would lose most. No query."""
    serving = {seat.prod for route in facts.routes for seat in route.members if seat.weight}
    found: dict[str, list[Prod]] = defaultdict(list)
    for prod in prods:
        if prod.name in serving or _is_emptied(prod):
            found[prod.cluster.name].append(prod)
    few = sum(map(len, found.values())) <= MOST_WHOLE
    places = {place.name: place for place in facts.places}
    told: dict[str, ProdLines] = {}
    for cluster, mine in found.items():
        shown = mine if few else _matter(mine, rows, now)
        lines = tuple(
            _line(prod, rows[PROD, prod.name], places, role, now, serves=prod.name in serving)
            for prod in shown
        )
        told[cluster] = ProdLines(lines, len(mine) - len(lines))
    return told


def _matter(prods: Collection[Prod], rows: Rows, now: datetime) -> list[Prod]:
    ranked = sorted(
        (not is_dead(prod, now), not _is_emptied(prod), -rows[PROD, prod.name].lost_tenants, prod.name)
        for prod in prods
    )
    named = {prod.name: prod for prod in prods}
    found = [named[name] for alive, stays, lost, name in ranked if lost or not (alive and stays)]
    return found[:MOST_OF_MANY]


def _is_emptied(prod: Prod) -> bool:
    return prod.lifecycle == Prod.Lifecycle.DRAINING


def _line(
    prod: Prod, row: Survival, places: Mapping[str, Place], role: str, now: datetime, *, serves: bool
) -> ProdLine:
    dead, emptied = is_dead(prod, now), _is_emptied(prod)
    return ProdLine(
        name=prod.name,
        cluster=prod.cluster.name,
        mark=HEALTH_MARKS[prod_health(prod, now)],
        emptied=LIFECYCLE_MARKS[Prod.Lifecycle.DRAINING] if emptied else None,
        dead=dead,
        serves=serves,
        fate=row,
        takers=takers_of(row, places),
        leave=leave_act(PROD, prod.name, role, dead=dead, serves=serves),
        back=back_act(PROD, prod.name, prod.cluster, role, now) if emptied else None,
    )


def takers_of(row: Survival, places: Mapping[str, Place]) -> tuple[Taker, ...]:
    """Who takes how many over, those who take most first, with what is free there afterwards."""
    room, moves = dict(row.room), sorted(row.moves, key=lambda move: (-move[1], move[0]))
    return tuple(Taker(prod, tenants, room.get(prod), places[prod].capacity) for prod, tenants in moves)
