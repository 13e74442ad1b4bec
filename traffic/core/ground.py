"""The facts made ready for many questions: rooms, and for each kind of need the Prods that meet it, roomiest first."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from journal.core.reasons import Reason, because

from .facts import STATELESS, TEST, Place, RouteNow, TrafficFacts
from .room import rooms

# What has users goes to live Prods and to those kept in reserve; test tenants never leave test Prods.
ROLES: Mapping[bool, tuple[str, ...]] = {True: (TEST,), False: ("live", "standby")}


class Need(NamedTuple):
    """What a Route asks of a Prod. `versions`: whose data it has (none: it keeps none); `trusted`: Versions that
    may work on them although nobody declares it; `pins`: the only Prods it may be on (none: any)."""

    blueprint: str
    roles: tuple[str, ...]
    versions: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()


Entry = tuple[int, str]  # (-room, Prod): sorted, the roomiest is first and ties go by name


class Ground:
    """TrafficFacts with what is asked of them again and again worked out once. Not changed by anybody."""

    def __init__(self, facts: TrafficFacts) -> None:
        self.facts = facts
        self.places: dict[str, Place] = {
            place.name: place for place in sorted(facts.places, key=lambda p: p.name)
        }
        self.rooms = rooms(facts)
        self.domains: dict[str, str] = {cluster.name: cluster.domain for cluster in facts.clusters}
        self.domains |= {place.cluster: place.domain for place in self.places.values()}
        self._meeting: dict[Need, list[Entry]] = {}
        self._needs: dict[tuple[object, ...], Need] = {}

    @cached_property
    def routes(self) -> tuple[RouteNow, ...]:
        """All Routes, the largest first, ties by name."""
        return tuple(sorted(self.facts.routes, key=by_size))

    @cached_property
    def _on(self) -> dict[str, list[int]]:
        """Prod -> the places in `routes` of those that it serves."""
        found: dict[str, list[int]] = {}
        for rank, route in enumerate(self.routes):
            for prod, weight, _ in route.members:
                if weight:
                    found.setdefault(prod, []).append(rank)
        return found

    def on(self, prods: frozenset[str]) -> list[RouteNow]:
        """The Routes that these Prods serve, the largest first, ties by name."""
        ranks = {rank for prod in prods for rank in self._on.get(prod, ())}
        return [self.routes[rank] for rank in sorted(ranks)]

    @cached_property
    def _prods_of(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for place in self.places.values():
            found.setdefault(place.cluster, set()).add(place.name)
        return {cluster: frozenset(prods) for cluster, prods in found.items()}

    def prods_of(self, prods: frozenset[str], clusters: frozenset[str]) -> frozenset[str]:
        """`prods` and all Prods of `clusters`."""
        return prods.union(*(self._prods_of.get(cluster, frozenset()) for cluster in clusters))

    def need(self, route: RouteNow, trusted: tuple[str, ...] = ()) -> Need:
        """What `route` asks of a Prod: it has the data of the Versions that serve it now."""
        serving = tuple(prod for prod, weight, _ in route.members if weight)
        key = (serving, route.blueprint, route.redundancy, route.data_class, route.pins, trusted)
        found = self._needs.get(key)
        if found is None:
            found = self._needs[key] = self._need(route, serving, trusted)
        return found

    def _need(self, route: RouteNow, serving: tuple[str, ...], trusted: tuple[str, ...]) -> Need:
        versions = {self.places[prod].version if prod in self.places else "" for prod in serving}
        return Need(
            blueprint=route.blueprint,
            roles=ROLES[route.redundancy == TEST],
            versions=() if route.data_class == STATELESS else tuple(sorted(versions)),
            trusted=trusted,
            pins=tuple(sorted(route.pins)),
        )

    def meeting(self, need: Need) -> list[Entry]:
        """The Prods that meet `need` and serve well, roomiest first."""
        found = self._meeting.get(need)
        if found is None:
            found = [(-self.rooms[p.name], p.name) for p in self.places.values() if misfit(p, need) is None]
            self._meeting[need] = found = sorted(found)
        return found


def by_size(route: RouteNow) -> tuple[int, str]:
    """Sorts Routes: the largest first, ties by name."""
    return -route.load, route.name


MISFITS = ("no-prod-of-role", "pinned-elsewhere", "no-prod-serving", "no-version-shares-data")


def misfit(place: Place, need: Need) -> str | None:
    """The first of MISFITS that keeps `place` from meeting `need`; None: it does."""
    if place.blueprint != need.blueprint or place.role not in need.roles:
        return MISFITS[0]
    if need.pins and place.name not in need.pins:
        return MISFITS[1]
    if not (place.in_service and place.serving):
        return MISFITS[2]
    return None if may_serve_data(place, need) else MISFITS[3]


def may_serve_data(place: Place, need: Need) -> bool:
    """Whether the Version of `place` may work on the data that `need` brings. What nobody declares is not
    taken on trust."""
    mine = place.version
    return mine in need.trusted or all(v == mine or v in place.shares for v in need.versions)


def why_none(ground: Ground, need: Need, allowed: Iterable[Place] | None = None) -> Reason:
    """Why none of `allowed` (None: of all Prods) meets `need`: what the best of them fails at."""
    found = {misfit(place, need) for place in (ground.places.values() if allowed is None else allowed)}
    code = next((code for code in reversed(MISFITS) if code in found), MISFITS[0])
    return because(
        code,
        blueprint=need.blueprint,
        role=" / ".join(need.roles),
        versions=", ".join(need.versions),
        pins=", ".join(need.pins),
    )
