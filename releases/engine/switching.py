"""A Prod takes the place of another: weights, targets and roles in one transaction, and back."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from clusters.models import Prod
from journal.core.reasons import because
from journal.log import event
from journal.models import Event
from traffic.core.facts import RouteNow, Seat
from traffic.core.switching import exchange
from traffic.engine.shifting import shift
from traffic.models import DataClass, Reservation, Route, RouteMember
from traffic.queries.facts import read_out, serving_percent


def switch(old: Prod, new: Prod, at_once: bool, run_id: int, now: datetime) -> list[Event]:
    """`new` has the place of `old` in all its Routes, and its role. May be repeated."""
    told = _exchange(_routes_of(old), old, new, at_once, run_id, now)
    Reservation.objects.filter(run_id=run_id, prod=new).delete()  # they are there now
    return [*told, *_exchange_roles(old, new, run_id, now)]


def switch_back(old: Prod, new: Prod, run_id: int, now: datetime) -> list[Event]:
    """`old` has its place again in the Routes that it was a member of: one write per Publication. Where it is not known
    to serve, nobody is sent to it. May be repeated."""
    at_once = serving_percent(old, read_out(), now) > 0
    told = _exchange(_routes_of(old), new, old, at_once, run_id, now)
    return [*told, *_exchange_roles(new, old, run_id, now)]


def _routes_of(prod: Prod) -> list[RouteNow]:
    """The Routes that the Prod is a member of, with their members only. Those with a single writer are not among them:
    it takes a fence to move these."""
    seats: dict[tuple[str, str], list[Seat]] = defaultdict(list)
    mine = Route.objects.filter(members__prod=prod.pk).exclude(data_class=DataClass.SINGLE_WRITER)
    rows = RouteMember.objects.filter(route__in=mine).order_by("route__name", "prod__name")
    columns = ("route__name", "route__data_class", "prod__name", "weight", "target")
    for name, data_class, member, weight, target in rows.values_list(*columns):
        seats[name, data_class].append(Seat(member, weight, target))
    return [
        RouteNow(name, 0, 0, "", data_class, "", tuple(members))
        for (name, data_class), members in seats.items()
    ]


def _exchange(
    routes: Iterable[RouteNow], source: Prod, to: Prod, at_once: bool, run_id: int, now: datetime
) -> list[Event]:
    after = {route.name: exchange(route, source.name, to.name, at_once=at_once) for route in routes}
    changed = [after[route.name] for route in routes if after[route.name] != route]
    if not changed:
        return []
    ids = dict(Route.objects.filter(name__in=[route.name for route in changed]).values_list("name", "pk"))
    why = because("switched", prod=source.name, other=to.name)
    wanted = {
        ids[route.name]: {
            seat.prod: seat.weight for seat in route.members if seat.prod in (source.name, to.name)
        }
        for route in changed
    }
    shift(wanted, why, now, run_id=run_id)
    _set_targets(changed, {source.name: source, to.name: to}, ids)
    told = because("switched-on", prod=source.name, other=to.name, routes=len(changed))
    return [event(now, "routes", run_id=run_id, prod=source.name, cluster=source.cluster.name, reason=told)]


def _set_targets(routes: Iterable[RouteNow], prods: dict[str, Prod], ids: dict[str, int]) -> None:
    for route in routes:
        for seat in route.members:
            if seat.prod in prods:
                RouteMember.objects.update_or_create(
                    route_id=ids[route.name],
                    prod=prods[seat.prod],
                    defaults={"target": seat.target},
                    create_defaults={"target": seat.target, "weight": seat.weight},
                )


def _exchange_roles(source: Prod, to: Prod, run_id: int, now: datetime) -> list[Event]:
    """`to` is live and `source` stands by, unless it is so already."""
    if not Prod.objects.filter(pk=to.pk, role=Prod.Role.STANDBY).update(role=Prod.Role.LIVE):
        return []
    Prod.objects.filter(pk=source.pk, role=Prod.Role.LIVE).update(role=Prod.Role.STANDBY)
    why = because("roles-exchanged", prod=source.name, other=to.name)
    return [
        event(now, "prod", run_id=run_id, prod=prod.name, cluster=prod.cluster.name, reason=why)
        for prod in (to, source)
    ]
