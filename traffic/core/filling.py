"""Routes being filled with Tenants of one kind."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from journal.core.reasons import Reason, because

from .facts import RouteNow, Seat
from .ground import Ground, Need
from .homes import Homes


@dataclass(frozen=True, slots=True)
class Wish:
    """What the Routes of one kind are to be like: `domains` members in as many failure domains, at most `limit`
    load, new ones called after `stem`, not the Routes `avoid`."""

    need: Need
    redundancy: str
    data_class: str
    domains: int
    limit: int
    stem: str
    avoid: frozenset[str]


class Names:
    """Gives names that no Route has."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = frozenset(taken)
        self._last: dict[str, int] = {}

    def new(self, stem: str) -> str:
        number = self._last.get(stem, 0) + 1
        while f"{stem}-{number}" in self._taken:
            number += 1
        self._last[stem] = number
        return f"{stem}-{number}"


class Filling:
    """A Route while it is filled. `space`: load units that it may still take; `of`: how many Prods may take a new one, or
    how many Routes that were there are alike and had space."""

    __slots__ = ("load", "members", "name", "new", "of", "prods", "space", "tenants", "why")

    def __init__(
        self, name: str, new: bool, members: tuple[Seat, ...], space: int, why: Reason, of: int
    ) -> None:
        self.name, self.new, self.members, self.space, self.why, self.of = name, new, members, space, why, of
        self.prods = tuple(seat.prod for seat in members)
        self.load = 0
        self.tenants: list[str] = []


class Filler:
    """Puts Tenants of one kind into Routes that are there, then into new ones."""

    def __init__(self, ground: Ground, homes: Homes, names: Names, wish: Wish) -> None:
        self.limit = wish.limit
        self._ground, self._homes, self._names, self._wish = ground, homes, names, wish
        self._existing = self._with_space()
        self._begun: list[Filling] = []
        self._current: Filling | None = None
        self._refused: tuple[int, Reason] | None = None

    @property
    def wish(self) -> Wish:
        """What its Routes are like."""
        return self._wish

    @property
    def filled(self) -> list[Filling]:
        """The Routes that have got Tenants."""
        return [one for one in self._begun if one.tenants]

    def put(self, tenant: str, load: int) -> Reason | None:
        """Puts the Tenant into a Route; or why there is none for it."""
        found = self._current
        if found is None or not self._fits(found, load):
            other = self._own(load) if load > self.limit else self._another(load)
            if isinstance(other, Reason):
                return other
            found = other
        found.tenants.append(tenant)
        found.load += load
        found.space -= load
        self._homes.take(found.prods, load)
        return None

    def _fits(self, route: Filling, load: int) -> bool:
        if load > route.space:
            return False
        room = self._homes.room
        return all(room(prod) >= load for prod in route.prods)

    def _own(self, load: int) -> Filling | Reason:
        return self._new(load, load, because("has-route-of-its-own", load=load, limit=self.limit))

    def _another(self, load: int) -> Filling | Reason:
        """Another Route for `load`: the next with space, a new one, or any begun before with space left."""
        # Room only shrinks: what was refused once is refused for good, and so is anything larger.
        if self._refused is not None and load >= self._refused[0]:
            return self._refused[1]
        for route in self._existing:
            self._begun.append(route)
            if self._fits(route, load):
                self._current = route
                return route
        new = self._new(load, self.limit, because("new-route", limit=self.limit))
        if isinstance(new, Filling):
            self._current = new
            return new
        left = next((route for route in self._begun if self._fits(route, load)), None)
        if left is None:
            self._refused = (load, new)
            return new
        return left

    def _new(self, load: int, space: int, why: Reason) -> Filling | Reason:
        prods = self._homes.find(self._wish.need, load, self._wish.domains)
        if isinstance(prods, Reason):
            return prods
        weight = 100 // len(prods)
        members = tuple(Seat(prod, weight, weight) for prod in prods)
        route = Filling(self._names.new(self._wish.stem), True, members, space, why, self._fitting)
        self._begun.append(route)
        return route

    def _with_space(self) -> Iterator[Filling]:
        """The Routes of this kind that are there and have space, those on the roomiest members first."""
        fitting = {prod for _, prod in self._homes.fitting(self._wish.need)}
        found = []
        for route in self._ground.facts.routes:
            if self._is_alike(route) and fitting.issuperset(prod for prod, _, _ in route.members):
                least = min([self._homes.room(prod) for prod, _, _ in route.members])
                if self._in_domains(route) >= self._wish.domains:
                    found.append((-least, route.name, route))
        for _, _, route in sorted(found, key=lambda row: row[:2]):
            why = because("route-has-space", load=route.load, limit=self.limit)
            yield Filling(route.name, False, route.members, self.limit - route.load, why, len(found))

    @cached_property
    def _fitting(self) -> int:
        return len(self._homes.fitting(self._wish.need))

    def _is_alike(self, route: RouteNow) -> bool:
        """Whether `route` is of this kind, in its normal state, and has space."""
        wish = self._wish
        return (
            route.load < wish.limit
            and route.redundancy == wish.redundancy
            and route.data_class == wish.data_class
            and route.blueprint == wish.need.blueprint
            and tuple(sorted(route.pins)) == wish.need.pins
            and route.name not in wish.avoid
            and bool(route.members)
            and all(weight == target for _, weight, target in route.members)
        )

    def _in_domains(self, route: RouteNow) -> int:
        places = self._ground.places
        return len({places[prod].domain for prod, _, _ in route.members if prod in places})
