"""Changing the weights of Routes: rows, a new epoch and its history in one transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.dispatch import Signal

from access.models import Person
from clusters.models import Prod
from journal.core.reasons import Reason, Refused, because, reason_to_json
from journal.rows import insert_rows
from traffic.models import Publication, Route, RouteEpoch, RouteMember

from .rows import update_rows

Weights = Mapping[str, int]
# Sent with `instances`, the ids of those that have something to publish, within the transaction that made it due.
became_due = Signal()


@dataclass(frozen=True, slots=True)
class Shifted:
    """The ids of the Routes whose weights changed, and of the router instances that must be told."""

    routes: tuple[int, ...] = ()
    instances: tuple[int, ...] = ()


def shift(
    changes: Mapping[int, Weights],
    why: Reason | Mapping[int, Reason],
    now: datetime,
    *,
    run_id: int | None = None,
    actor: Person | None = None,
    anew: bool = False,
) -> Shifted:
    """Give Routes new weights: `changes` is Route id -> Prod name -> weight, for the members that change; a Prod
    that is no member yet becomes one, with target 0.

    Runs inside the caller's transaction, so that the reason for the change (one for all, or Route id -> its own) is
    stored with it. A Route that
    has these weights already keeps its epoch, unless `anew`. Raises Refused, and changes nothing, where the weights of a
    Route would sum to 0, or a Prod is unknown or none that the Route is pinned to. May be called again.
    """
    with transaction.atomic():
        routes = {route.pk: route for route in _locked(changes)}
        members = _members(routes)
        prods = dict(Prod.objects.filter(name__in=_names(changes)).values_list("name", "pk"))
        changed = {
            pk: wanted
            for pk, wanted in changes.items()
            if pk in routes and (anew or _differs(members[pk], wanted))
        }
        _check(changed, routes, members, prods)
        _store(changed, members, prods)
        return new_epochs(changed, why, now, run_id=run_id, actor=actor)


def _locked(changes: Mapping[int, Weights]) -> Iterable[Route]:
    """In one order, so that two of them cannot wait for each other in a circle."""
    return Route.objects.select_for_update().filter(pk__in=changes).order_by("pk")


def lock_routes(prods: Iterable[int]) -> None:
    """All Routes that these Prods (ids) are members of, and where they are published, until the transaction ends. Who
    shifts more than once in it calls this first, since each `shift` locks in the order that all have, but only its own;
    and who gives weights by what he reads, before he reads it: what others give meanwhile would be lost.
    """
    lock_these(RouteMember.objects.filter(prod__in=list(prods)).values("route"))


def lock_these(ids: Collection[int] | QuerySet[Any, Any]) -> None:
    """The Routes with these ids, as `lock_routes`."""
    routes = Route.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    found = list(routes.values_list("pk", flat=True))
    list(_publications(found).values_list("pk"))


def _publications(routes: Iterable[int]) -> QuerySet[Publication]:
    """A publisher locks its rows in this order too: an UPDATE takes them as they lie, and both would wait for ever."""
    return Publication.objects.select_for_update().filter(route__in=list(routes)).order_by("pk")


def _members(routes: Mapping[int, Route]) -> dict[int, dict[str, RouteMember]]:
    found: dict[int, dict[str, RouteMember]] = defaultdict(dict)
    for member in RouteMember.objects.filter(route__in=routes).select_related("prod").order_by("pk"):
        found[member.route_id][member.prod.name] = member
    return found


def _names(changes: Mapping[int, Weights]) -> set[str]:
    return {name for weights in changes.values() for name in weights}


def _differs(members: Mapping[str, RouteMember], wanted: Weights) -> bool:
    return any(
        members[name].weight != weight if name in members else weight for name, weight in wanted.items()
    )


def _after(members: Mapping[str, RouteMember], wanted: Weights) -> dict[str, int]:
    return {**{name: member.weight for name, member in members.items()}, **wanted}


def _check(
    changed: Mapping[int, Weights],
    routes: Mapping[int, Route],
    members: Mapping[int, Mapping[str, RouteMember]],
    prods: Mapping[str, int],
) -> None:
    wrong = [because("prod-unknown", prod=name) for name in sorted(_names(changed) - prods.keys())]
    for pk, wanted in sorted(changed.items()):
        after = _after(members[pk], wanted)
        if not sum(after.values()):
            wrong.append(because("route-would-be-empty", route=routes[pk].name))
        if any(not 0 <= weight <= 100 for weight in wanted.values()):
            wrong.append(because("weight-out-of-range", route=routes[pk].name))
        wrong += not_pinned(routes[pk], wanted)
    if wrong:
        raise Refused(*wrong)


def not_pinned(route: Route, wanted: Weights) -> tuple[Reason, ...]:
    """Why these Prods must not get users of `route`: they are not among those that it is pinned to."""
    others = sorted(prod for prod, weight in wanted.items() if weight and prod not in route.pins)
    if not route.pins or not others:
        return ()
    return (
        because("route-pinned-to", route=route.name, pins=", ".join(route.pins), prods=", ".join(others)),
    )


def _store(
    changed: Mapping[int, Weights],
    members: Mapping[int, dict[str, RouteMember]],
    prods: Mapping[str, int],
) -> None:
    old: list[RouteMember] = []
    new: list[RouteMember] = []
    for pk, wanted in changed.items():
        for name, weight in wanted.items():
            member = members[pk].get(name)
            if member is None:
                new.append(RouteMember(route_id=pk, prod_id=prods[name], weight=weight, target=0))
            elif member.weight != weight:
                member.weight = weight
                old.append(member)
    update_rows(old, ["weight"])
    insert_rows(new)


def new_epochs(
    routes: Iterable[int],
    why: Reason | Mapping[int, Reason],
    now: datetime,
    *,
    run_id: int | None = None,
    actor: Person | None = None,
) -> Shifted:
    """Number what the members of `routes`, which the caller has locked, are now; and make it due everywhere."""
    changed = sorted(routes)
    Route.objects.filter(pk__in=changed).update(epoch=F("epoch") + 1)
    weights: dict[int, dict[str, int]] = defaultdict(dict)
    # One that stood in and has left is no member, though its row stays.
    rows = RouteMember.objects.filter(route__in=changed).exclude(weight=0, target=0).order_by("prod__name")
    for route, name, weight in rows.values_list("route", "prod__name", "weight"):
        weights[route][name] = weight
    told = {pk: reason_to_json(why if isinstance(why, Reason) else why[pk]) for pk in changed}
    insert_rows(
        [
            RouteEpoch(
                route_id=pk,
                epoch=epoch,
                weights=weights[pk],
                at=now,
                actor=actor,
                run_id=run_id,
                reason=told[pk],
            )
            for pk, epoch in Route.objects.filter(pk__in=changed).order_by("pk").values_list("pk", "epoch")
        ]
    )
    return Shifted(tuple(changed), make_due(changed, now))


def make_due(routes: Iterable[int], now: datetime) -> tuple[int, ...]:
    """The ids of the instances that publish one of `routes`, which are now due there."""
    found = dict(_publications(routes).values_list("pk", "instance"))
    epoch = Route.objects.filter(pk=OuterRef("route")).values("epoch")
    Publication.objects.filter(pk__in=found).update(
        asked=Subquery(epoch), due_at=now, state=Publication.State.PENDING
    )
    instances = tuple(sorted(set(found.values())))
    became_due.send(make_due, instances=instances)
    return instances
