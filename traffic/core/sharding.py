"""Tenants cut into Routes, and Routes given their Prods."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from journal.core.reasons import Reason, because

from .choosing import left_out, narrowed, why_prods
from .facts import SINGLE_WRITER, STATELESS, TEST, TWO_DOMAIN, Seat, TrafficFacts
from .filling import Filler, Names, Wish
from .ground import ROLES, Ground, Need
from .homes import Homes
from .plan import Pairs, pairs

SHARD_PERCENT = 10


@dataclass(frozen=True, slots=True)
class TenantNow:
    """A Tenant without a Route. `pins`: the only Prods it may be on (none: any); `data_of`: the Version that
    wrote its data ("": it has none yet)."""

    name: str
    load: int
    redundancy: str
    data_class: str
    blueprint: str
    pins: tuple[str, ...] = ()
    data_of: str = ""


class Kind(NamedTuple):
    """What all Tenants of a Route have in common."""

    blueprint: str
    redundancy: str
    data_class: str
    pins: tuple[str, ...]
    data_of: str


@dataclass(frozen=True, slots=True)
class Shard:
    """Tenants that go to the Route `route`. `new`: it is to be made, with these members. `load`: theirs. `why` it is this
    Route, `chosen` why it is on these Prods."""

    route: str
    new: bool
    kind: Kind
    members: tuple[Seat, ...]
    tenants: tuple[str, ...]
    load: int
    why: Reason
    chosen: Reason


@dataclass(frozen=True, slots=True)
class Placing:
    """Where Tenants go, in the order of filling; (Tenant, why) of those without a place, by name; and the room
    (Prod, load units) after it of the Prods that take some."""

    shards: tuple[Shard, ...]
    unplaced: tuple[tuple[str, Reason], ...]
    room: Pairs


def place_tenants(
    tenants: Iterable[TenantNow],
    facts: TrafficFacts | Ground,
    *,
    stem: str = "",
    among: Collection[str] = (),
    avoid: Collection[str] = (),
) -> Placing:
    """A Route for each Tenant: one of its kind that has space, on the roomiest members, else a new one on the
    Prods with most room; on two, in two failure domains, for `two-domain`, which data with a single writer cannot have.

    A Route holds at most `shard_limit`; a Tenant with more has one of its own, and these are placed first. New
    Routes are called `stem`-1, -2 ...; without `stem`, after what their Tenants have in common. `among`: only
    these Prods (none: all); `avoid`: not these Routes.
    """
    ground = facts if isinstance(facts, Ground) else Ground(facts)
    homes, names = Homes(ground, frozenset(among)), Names(route.name for route in ground.facts.routes)
    fillers: list[tuple[Kind, Filler]] = []
    unplaced: list[tuple[str, Reason]] = []
    for kind, group in sorted(_by_kind(tenants).items()):
        if kind.redundancy == TWO_DOMAIN and kind.data_class == SINGLE_WRITER:
            unplaced += [(one.name, because("writer-in-two-domains")) for one in group]
            continue
        filler = Filler(ground, homes, names, _wish(ground, kind, stem, frozenset(avoid)))
        for tenant in _in_order(group, filler.limit):
            why = filler.put(tenant.name, tenant.load)
            if why is not None:
                unplaced.append((tenant.name, why))
        fillers.append((kind, filler))
    unplaced.sort(key=lambda pair: pair[0])
    shards = [shard for kind, filler in fillers for shard in _shards(kind, filler, ground, homes, among)]
    return Placing(tuple(shards), tuple(unplaced), pairs({prod: homes.room(prod) for prod in homes.taken}))


def _shards(
    kind: Kind, filler: Filler, ground: Ground, homes: Homes, among: Collection[str]
) -> Iterator[Shard]:
    """What was filled, once all Tenants are placed: only then it is known how much room is left."""
    need = filler.wish.need
    without = left_out(ground, need, among)
    for one in filler.filled:
        chosen = narrowed(why_prods(one, ground, homes), need, among, without)
        yield Shard(one.name, one.new, kind, one.members, tuple(one.tenants), one.load, one.why, chosen)


def shard_limit(ground: Ground, blueprint: str, redundancy: str) -> int:
    """The most load of a Route with several Tenants: 10 % of the smallest Prod of fitting role, 1 at least."""
    roles = ROLES[redundancy == TEST]
    fitting = [p.capacity for p in ground.places.values() if p.blueprint == blueprint and p.role in roles]
    return max(1, min(fitting, default=0) * SHARD_PERCENT // 100)


def cut(tenants: Iterable[tuple[str, int]], limit: int) -> tuple[tuple[str, ...], ...]:
    """The names of `tenants` (name, load units) in shards of at most `limit` load, filled in the order given; one
    with more has a shard of its own.

    >>> cut([("t-1", 40), ("t-2", 60), ("t-3", 1), ("t-4", 101), ("t-5", 1)], limit=100)
    (('t-1', 't-2'), ('t-3',), ('t-4',), ('t-5',))
    """
    shards: list[list[str]] = []
    space = -1
    for name, load in tenants:
        if load > space:
            shards.append([])
            space = limit
        shards[-1].append(name)
        space -= load
    return tuple(tuple(shard) for shard in shards)


def _by_kind(tenants: Iterable[TenantNow]) -> dict[Kind, list[TenantNow]]:
    raw: dict[tuple[object, ...], list[TenantNow]] = {}
    for one in tenants:
        alike = (one.blueprint, one.redundancy, one.data_class, one.pins, one.data_of)
        raw.setdefault(alike, []).append(one)
    kinds: dict[Kind, list[TenantNow]] = {}
    for group in raw.values():
        kinds.setdefault(kind_of(group[0]), []).extend(group)
    return kinds


def kind_of(tenant: TenantNow) -> Kind:
    """What another Tenant must have in common with `tenant` to share its Route."""
    data_of = "" if tenant.data_class == STATELESS else tenant.data_of
    return Kind(tenant.blueprint, tenant.redundancy, tenant.data_class, tuple(sorted(tenant.pins)), data_of)


def _in_order(group: list[TenantNow], limit: int) -> list[TenantNow]:
    """Those that need a Route of their own, the largest first, then the others by name."""
    large = sorted((one for one in group if one.load > limit), key=lambda one: (-one.load, one.name))
    return large + sorted((one for one in group if one.load <= limit), key=attrgetter("name"))


def _wish(ground: Ground, kind: Kind, stem: str, avoid: frozenset[str]) -> Wish:
    role = (TEST,) if kind.redundancy == TEST else ("live",)
    parts = [kind.blueprint, kind.redundancy]
    own_stem = "-".join(parts if kind.data_class == STATELESS else [*parts, kind.data_class])
    return Wish(
        need=Need(kind.blueprint, role, (kind.data_of,) if kind.data_of else (), (), kind.pins),
        redundancy=kind.redundancy,
        data_class=kind.data_class,
        domains=2 if kind.redundancy == TWO_DOMAIN else 1,
        limit=shard_limit(ground, kind.blueprint, kind.redundancy),
        stem=stem or own_stem,
        avoid=avoid,
    )
