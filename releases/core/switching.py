"""Blue/green: standby Prods get the Version first, then take the place of those that serve."""

from collections.abc import Mapping
from dataclasses import dataclass

from journal.core.reasons import Reason, because
from traffic.core.facts import SINGLE_WRITER, TWO_DOMAIN
from traffic.core.load import NO_LOAD

from .facts import FleetFacts, ProdFacts
from .grouping import Group
from .impact import Impact, fleet_loads
from .leaving import named


@dataclass(frozen=True, slots=True)
class Pair:
    """`new` takes the place of `old`; `load` is what it takes over, `room` what is free of it then."""

    old: ProdFacts
    new: ProdFacts
    load: int
    room: int


@dataclass(frozen=True, slots=True)
class Pairing:
    """Who takes whose place, those with most load first; and why some find nobody."""

    pairs: tuple[Pair, ...]
    missing: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Old:
    """A Prod that is to hand its users over: its load, whether only its own failure domain will do, the names of its
    Routes with a single writer, and the Prods that alone may serve all of its Routes (None: any)."""

    prod: ProdFacts
    load: int
    near: bool
    writers: str
    pins: frozenset[str] | None


NO_PAIRS = Pairing((), ())
NOBODY: Mapping[str, ProdFacts] = {}


def pair_standbys(
    chosen: tuple[Impact, ...],
    fleet: FleetFacts,
    rooms: Mapping[str, int],
    decided: Mapping[str, ProdFacts] = NOBODY,
) -> Pairing:
    """Each live Prod of `chosen` that serves users gets a standby Prod of its own: the one with most room of those that
    can carry its load, ties by name. Where it serves users who have bought two failure domains, one in its own; where
    it serves pinned ones, one that they are pinned to. These choose first.

    `rooms`: Prod -> load units that are free of it. A standby Prod that is held, or serves users already, is nobody's.
    `decided`: Prod -> who alone may take its place, since it has begun to; it has to fit as any other.
    """
    serving = {prod for route in fleet.routes for prod, weight in route.members if weight > 0}
    loads = fleet_loads(fleet)
    free = {one.prod.name: one.prod for one in chosen if is_free(one.prod, serving)}
    olds = [
        _Old(one.prod, loads.get(one.prod.name, NO_LOAD).load, *_bound(one.prod, fleet))
        for one in chosen
        if _hands_over(one, serving)
    ]
    pairs: list[Pair] = []
    missing: list[Reason] = []
    for old in sorted(olds, key=lambda old: (not old.near, old.pins is None, -old.load, old.prod.name)):
        taker = decided.get(old.prod.name)
        found = _find(old, free, rooms) if taker is None else _take(old, taker, rooms)
        if isinstance(found, Reason):
            missing.append(found)
        else:
            free.pop(found.new.name, None)
            pairs.append(found)
    return Pairing(tuple(pairs), tuple(missing))


def is_free(prod: ProdFacts, serving: set[str]) -> bool:
    """Whether it is a standby Prod that nobody is served by, that nobody holds, and that is not being emptied."""
    return prod.role == "standby" and prod.name not in serving and not prod.emptied and prod.held is None


def _hands_over(one: Impact, serving: set[str]) -> bool:
    return one.prod.role == "live" and one.prod.name in serving


def _bound(old: ProdFacts, fleet: FleetFacts) -> tuple[bool, str, frozenset[str] | None]:
    mine = [route for route in fleet.routes if dict(route.members).get(old.name)]
    writers = [route for route in mine if route.data_class == SINGLE_WRITER]
    pins = [frozenset(route.pins) for route in mine if route.pins]
    near = any(route.redundancy == TWO_DOMAIN for route in mine)
    return near, named(writers), frozenset.intersection(*pins) if pins else None


def _take(old: _Old, taker: ProdFacts, rooms: Mapping[str, int]) -> Pair | Reason:
    if taker.emptied or taker.held is not None:
        return because("taker-not-free", prod=old.prod.name, other=taker.name)
    return _find(old, {taker.name: taker}, rooms)


def _find(old: _Old, free: Mapping[str, ProdFacts], rooms: Mapping[str, int]) -> Pair | Reason:
    prod = old.prod
    if old.writers:
        return because("switch-needs-fence", prod=prod.name, routes=old.writers)
    if prod.emptied:
        return because("switch-needs-users-back", prod=prod.name)
    allowed = [new for new in free.values() if old.pins is None or new.name in old.pins]
    if not allowed and old.pins is not None:
        return because("no-standby-pinned", prod=prod.name)
    fitting = [new for new in allowed if not old.near or new.domain == prod.domain]
    if not fitting:
        return because(
            "no-standby-near" if old.near else "no-standby-left", prod=prod.name, domain=prod.domain
        )
    new = min(fitting, key=lambda prod: (-rooms.get(prod.name, 0), prod.name))
    room = rooms.get(new.name, 0)
    if room < old.load:
        return because("no-standby-room", prod=prod.name, load=old.load, other=new.name, most=max(0, room))
    return Pair(prod, new, old.load, room - old.load)


def first_groups(chosen: tuple[Impact, ...], fleet: FleetFacts, pairing: Pairing) -> tuple[Group, ...]:
    """Whom the Version meets before anybody is switched: test Prods, live Prods without users, then the standby Prods
    that take over. Other standby Prods keep what they have."""
    serving = {prod for route in fleet.routes for prod, weight in route.members if weight > 0}
    takers = {pair.new.name for pair in pairing.pairs}
    test = [one for one in chosen if one.prod.role == "test"]
    idle = [one for one in chosen if one.prod.role == "live" and one.prod.name not in serving]
    standby = [one for one in chosen if one.prod.name in takers]
    found = (("test", test), ("few", idle), ("standby", standby))
    return tuple(Group(name, tuple((one.prod, one.reason) for one in ones)) for name, ones in found if ones)
