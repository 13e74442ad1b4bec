"""How much more load each Prod could take, and where another Prod is wanted (design: Room)."""

from dataclasses import dataclass
from datetime import datetime

from journal.core.reasons import Reason
from traffic.core.facts import Place
from traffic.core.proposals import MOST_PERCENT, Proposal, propose_prods
from traffic.core.room import carries, committed, rooms

from .facts import read_facts
from .loads import LoadSource, read_load_source
from .rebalance import Rebalance, read_rebalance


@dataclass(frozen=True, slots=True)
class RoomLine:
    """A Prod in load units: what it `carries` now, what it has promised (`committed`), what Runs under way count on
    (`reserved`), and what is `free`, below 0 where it has promised more than it carries."""

    prod: str
    cluster: str
    domain: str
    blueprint: str
    version: str
    role: str
    serving: bool
    capacity: int
    carries: int
    committed: int
    reserved: int
    free: int

    @property
    def used(self) -> int:
        """All that is spoken for."""
        return self.committed + self.reserved


@dataclass(frozen=True, slots=True)
class RoomPage:
    """Every Prod by name, and what to build so that any one Cluster may die and no Blueprint is too full. `unmet`
    is what no new Prod would mend; `most_percent` what a Blueprint may promise of what it carries. `loads`: where the
    loads come from; None: from the numbers given. `rebalance`: what to move so that no Prod is too full."""

    prods: tuple[RoomLine, ...]
    proposals: tuple[Proposal, ...]
    unmet: tuple[Reason, ...]
    most_percent: int
    loads: LoadSource | None
    rebalance: Rebalance


def read_room(now: datetime) -> RoomPage:
    """The room of the whole fleet. A constant number of queries."""
    facts = read_facts(now)
    promised, free = committed(facts.routes), rooms(facts)
    lines = tuple(_line(place, promised.get(place.name, 0), free[place.name]) for place in facts.places)
    wanted = propose_prods(facts)
    return RoomPage(
        prods=lines,
        proposals=wanted.prods,
        unmet=wanted.unmet,
        most_percent=MOST_PERCENT,
        loads=read_load_source(now),
        rebalance=read_rebalance(facts),
    )


def _line(place: Place, promised: int, free: int) -> RoomLine:
    return RoomLine(
        prod=place.name,
        cluster=place.cluster,
        domain=place.domain,
        blueprint=place.blueprint,
        version=place.version,
        role=place.role,
        serving=place.in_service and place.serving,
        capacity=place.capacity,
        carries=carries(place),
        committed=promised,
        reserved=place.reserved,
        free=free,
    )
