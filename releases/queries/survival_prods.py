"""What would become of everybody if one Prod died, for the page Failover."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from clusters.facts import prod_health
from clusters.models import Prod
from releases.failover_preview import is_dead
from releases.marks import HEALTH_MARKS, LIFECYCLE_MARKS, Mark
from traffic.core.facts import Place, TrafficFacts
from traffic.core.survival import PROD, Survival

from .acts import Act
from .move_acts import back_act, leave_act

Rows = Mapping[tuple[str, str], Survival]


@dataclass(frozen=True, slots=True)
class Taker:
    """A Prod that takes Tenants over, with the load units free of its capacity after it (None: it had them
    before and needs no room)."""

    prod: str
    tenants: int
    room: int | None
    capacity: int


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


def prod_lines(
    prods: Iterable[Prod], rows: Rows, facts: TrafficFacts, role: str, now: datetime
) -> dict[str, tuple[ProdLine, ...]]:
    """Cluster -> its Prods that serve anybody or were emptied, by name; `prods` as of `read_prods`. No query."""
    places = {place.name: place for place in facts.places}
    serving = {seat.prod for route in facts.routes for seat in route.members if seat.weight}
    found: dict[str, list[ProdLine]] = defaultdict(list)
    for prod in prods:
        if prod.name in serving or prod.lifecycle == Prod.Lifecycle.DRAINING:
            row = rows[PROD, prod.name]
            found[prod.cluster.name].append(_line(prod, row, places, role, now, serves=prod.name in serving))
    return {cluster: tuple(lines) for cluster, lines in found.items()}


def _line(
    prod: Prod, row: Survival, places: Mapping[str, Place], role: str, now: datetime, *, serves: bool
) -> ProdLine:
    dead, emptied = is_dead(prod, now), prod.lifecycle == Prod.Lifecycle.DRAINING
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
    """Who takes whom over, with what is free there afterwards."""
    room = dict(row.room)
    return tuple(Taker(prod, tenants, room.get(prod), places[prod].capacity) for prod, tenants in row.moves)
