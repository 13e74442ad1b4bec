"""How much load each Prod must be able to carry, and which of its Routes have nowhere else to go."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """A Prod of a Route. Weight 0 serves nobody. `serving`: it could carry the Route alone now."""

    prod: str
    domain: str
    weight: int
    serving: bool = True


@dataclass(frozen=True, slots=True)
class RouteLoad:
    """A Route with its load in load units and its members."""

    name: str
    load: int
    tenants: int
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class ProdLoad:
    """What one Prod commits: load units, Tenants, its Routes (sorted), and those of them (`alone`) that
    no other serving Prod in another failure domain could carry."""

    load: int = 0
    tenants: int = 0
    routes: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


NO_LOAD = ProdLoad()


def committed_loads(routes: Iterable[RouteLoad]) -> dict[str, ProdLoad]:
    """Prod -> what it commits. A redundant member commits the whole load of its Routes, since it must be
    able to carry it alone. Prods without a Route are not in it.

    >>> shop = RouteLoad("shop-r-1", 100, 100, (Member("a-2", "tokyo", 50), Member("b-1", "osaka", 50)))
    >>> solo = RouteLoad("shop-s-1", 7, 7, (Member("a-2", "tokyo", 100),))
    >>> committed_loads([shop, solo])["a-2"]
    ProdLoad(load=107, tenants=107, routes=('shop-r-1', 'shop-s-1'), alone=('shop-s-1',))
    >>> committed_loads([shop, solo])["b-1"]
    ProdLoad(load=100, tenants=100, routes=('shop-r-1',), alone=())
    """
    served: dict[str, list[tuple[RouteLoad, Member]]] = {}
    for route in sorted(routes, key=lambda route: route.name):
        for member in route.members:
            if member.weight > 0:
                served.setdefault(member.prod, []).append((route, member))
    return {prod: _committed(pairs) for prod, pairs in sorted(served.items())}


def _committed(pairs: list[tuple[RouteLoad, Member]]) -> ProdLoad:
    return ProdLoad(
        load=sum(route.load for route, _ in pairs),
        tenants=sum(route.tenants for route, _ in pairs),
        routes=tuple(route.name for route, _ in pairs),
        alone=tuple(route.name for route, member in pairs if not _has_refuge(route, member)),
    )


def _has_refuge(route: RouteLoad, member: Member) -> bool:
    return any(
        other.serving and other.weight > 0 and other.domain != member.domain and other.prod != member.prod
        for other in route.members
    )
