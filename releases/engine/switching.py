"""A Prod takes the place of another: weights, targets and roles in one transaction, and back."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from clusters.models import Prod
from journal.core.reasons import Reason, because
from journal.log import event
from journal.models import Event
from journal.rows import insert_rows
from traffic.core.facts import RouteNow, Seat
from traffic.core.switching import exchange
from traffic.engine.rows import update_rows
from traffic.engine.shifting import shift
from traffic.models import DataClass, Reservation, Route, RouteMember
from traffic.queries.facts import read_out, share_of


class Swap(NamedTuple):
    """In the Routes that `old` is a member of, `to` gets the place of `source`; its users too if `at_once`."""

    old: Prod
    source: Prod
    to: Prod
    at_once: bool


def switch(old: Prod, new: Prod, at_once: bool, run_id: int, now: datetime) -> list[Event]:
    """`new` has the place of `old` in all its Routes, and its role. May be repeated."""
    told = _carry_out([Swap(old, old, new, at_once)], run_id, now)
    Reservation.objects.filter(run_id=run_id, prod=new).delete()  # they are there now
    return told


def switch_back(pairs: Sequence[tuple[Prod, Prod]], run_id: int, now: datetime) -> list[Event]:
    """Each (old, new) undone, the last first: `old` has its place again in the Routes that it was a member of, by one write
    per Publication for all of them. Where it is not known to serve, nobody is sent to it. A constant number of queries.
    May be repeated."""
    out = read_out()
    swaps = [Swap(old, new, old, share_of(old, out, now).serving) for old, new in reversed(pairs)]
    return _carry_out(swaps, run_id, now)


def _carry_out(swaps: Sequence[Swap], run_id: int, now: datetime) -> list[Event]:
    touched = _exchange(_routes_of([swap.old for swap in swaps]), swaps, run_id, now)
    told = [
        event(
            now,
            "routes",
            run_id=run_id,
            prod=swap.source.name,
            cluster=swap.source.cluster.name,
            reason=because("switched-on", prod=swap.source.name, other=swap.to.name, routes=touched[swap]),
        )
        for swap in swaps
        if touched[swap]
    ]
    return [*told, *_exchange_roles(swaps, run_id, now)]


def _routes_of(prods: Iterable[Prod]) -> list[RouteNow]:
    """The Routes that these Prods are members of, with their members only. Those with a single writer are not among them:
    it takes a fence to move these."""
    seats: dict[tuple[str, str], list[Seat]] = defaultdict(list)
    mine = RouteMember.objects.filter(prod__in=[prod.pk for prod in prods]).values("route")
    routes = Route.objects.filter(pk__in=mine).exclude(data_class=DataClass.SINGLE_WRITER)
    rows = RouteMember.objects.filter(route__in=routes).order_by("route__name", "prod__name")
    columns = ("route__name", "route__data_class", "prod__name", "weight", "target")
    for name, data_class, member, weight, target in rows.values_list(*columns):
        seats[name, data_class].append(Seat(member, weight, target))
    return [
        RouteNow(name, 0, 0, "", data_class, "", tuple(members))
        for (name, data_class), members in seats.items()
    ]


def _exchange(routes: Iterable[RouteNow], swaps: Sequence[Swap], run_id: int, now: datetime) -> Counter[Swap]:
    """Swap -> in how many Routes it has changed anything."""
    touched: Counter[Swap] = Counter()
    changed: list[RouteNow] = []
    whys: dict[str, Reason] = {}
    for route in routes:
        after = route
        for swap in swaps:
            then = _swapped(after, swap)
            if then != after:
                touched[swap] += 1
                whys[route.name] = because("switched", prod=swap.source.name, other=swap.to.name)
            after = then
        if after != route:
            changed.append(after)
    if changed:
        _store(changed, swaps, whys, run_id, now)
    return touched


def _swapped(route: RouteNow, swap: Swap) -> RouteNow:
    if all(seat.prod != swap.old.name for seat in route.members):
        return route
    return exchange(route, swap.source.name, swap.to.name, at_once=swap.at_once)


def _store(
    changed: Sequence[RouteNow], swaps: Iterable[Swap], whys: dict[str, Reason], run_id: int, now: datetime
) -> None:
    ids = dict(Route.objects.filter(name__in=[route.name for route in changed]).values_list("name", "pk"))
    prods = {prod.name: prod.pk for swap in swaps for prod in (swap.source, swap.to)}
    seats = {
        (ids[route.name], prods[seat.prod]): seat
        for route in changed
        for seat in route.members
        if seat.prod in prods
    }
    wanted: dict[int, dict[str, int]] = defaultdict(dict)
    for (route_id, _), seat in seats.items():
        wanted[route_id][seat.prod] = seat.weight
    shift(wanted, {ids[name]: why for name, why in whys.items()}, now, run_id=run_id)
    _set_targets(seats)


def _set_targets(seats: dict[tuple[int, int], Seat]) -> None:
    """(Route id, Prod id) -> its seat: who has no row yet gets one."""
    rows = RouteMember.objects.filter(route__in={route for route, _ in seats}).order_by("pk")
    there = {(row.route_id, row.prod_id): row for row in rows}
    late = []
    for key, seat in seats.items():
        row = there.get(key)
        if row is not None and row.target != seat.target:
            row.target = seat.target
            late.append(row)
    update_rows(late, ["target"])
    insert_rows(
        [
            RouteMember(route_id=route, prod_id=prod, weight=seat.weight, target=seat.target)
            for (route, prod), seat in seats.items()
            if (route, prod) not in there
        ]
    )


def _exchange_roles(swaps: Sequence[Swap], run_id: int, now: datetime) -> list[Event]:
    """Each `to` is live and its `source` stands by, unless it is so already."""
    by = Prod.objects.filter(pk__in=[swap.to.pk for swap in swaps], role=Prod.Role.STANDBY)
    standing = set(by.values_list("pk", flat=True))
    done = [swap for swap in swaps if swap.to.pk in standing]
    if not done:
        return []
    by.update(role=Prod.Role.LIVE)
    live = Prod.objects.filter(pk__in=[swap.source.pk for swap in done], role=Prod.Role.LIVE)
    live.update(role=Prod.Role.STANDBY)
    return [
        event(
            now,
            "prod",
            run_id=run_id,
            prod=prod.name,
            cluster=prod.cluster.name,
            reason=because("roles-exchanged", prod=swap.source.name, other=swap.to.name),
        )
        for swap in done
        for prod in (swap.to, swap.source)
    ]
