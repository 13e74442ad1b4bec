"""A Tenant gets its Route: one that a person names, or the one that the planner finds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils import timezone

from access.models import Person
from clusters.models import Prod
from journal.core.reasons import FieldErrors, Reason, because
from traffic.core.facts import STATELESS, TrafficFacts
from traffic.core.sharding import Shard, TenantNow, place_tenants
from traffic.engine.asked import endpoints
from traffic.engine.shifting import Shifted, new_epochs
from traffic.models import Publication, Route, Tenant
from traffic.routers.rules import NAME

from .publishing import good_now
from .routes import make_route
from .tenant_words import TenantFacts
from .words import Faults, read_names

# Where the fault of a Tenant without a place lies.
FIELD_OF = {
    "no-room": "load",
    "none-of-those-asked": "prods",
    "no-version-shares-data": "data_class",
    "pinned-elsewhere": "pins",
}


def find_shard(
    name: str,
    asked: TenantFacts,
    facts: TrafficFacts,
    blueprint: str,
    *,
    now_in: Route | None,
    among: Collection[str],
) -> Shard:
    """Where the planner puts the Tenant: not into `now_in`; on `among` alone, where some are named. Raises
    FieldErrors at the field that no place can be found for."""
    tenant = TenantNow(
        name,
        asked.load,
        asked.redundancy,
        asked.data_class,
        blueprint,
        asked.pins,
        data_of=_data_of(facts, asked, now_in),
    )
    avoid = [now_in.name] if now_in else []
    placing = place_tenants([tenant], facts, among=among, avoid=avoid)
    if placing.unplaced:
        why = placing.unplaced[0][1]
        raise FieldErrors(((FIELD_OF.get(why.code, "redundancy"), why),))
    return placing.shards[0]


def _data_of(facts: TrafficFacts, asked: TenantFacts, now_in: Route | None) -> str:
    """The Version that has written its data: of the members that serve it now, the first."""
    if now_in is None or asked.data_class == STATELESS:
        return ""
    versions = {place.name: place.version for place in facts.places}
    for route in facts.routes:
        if route.name == now_in.name:
            return next((versions.get(seat.prod, "") for seat in route.members if seat.weight), "")
    return ""


def read_blueprint(value: str, facts: TrafficFacts, now_in: Route | None, faults: Faults) -> str:
    """The Blueprint whose Prods may serve the Tenant: that of its Route, else the one given, else the only one."""
    mine = next((one.blueprint for one in facts.routes if now_in and one.name == now_in.name), "")
    known = sorted({place.blueprint for place in facts.places})
    if mine:
        return mine
    if not value and len(known) == 1:
        return known[0]
    if not known:
        faults.add("blueprint", "no-prods-yet")
    elif value not in known:
        faults.add("blueprint", "not-one-of-these", known=", ".join(known))
    return value


def read_prods(value: Any, faults: Faults) -> tuple[str, ...]:
    """Names of Prods that are there; none for any."""
    asked = read_names(value, "prods", faults)
    check_prods({"prods": asked}, faults)
    return asked


def check_prods(named: Mapping[str, Sequence[str]], faults: Faults) -> None:
    """Whatever of `named` (path -> names) is no Prod, or a retired one, is a fault there. One query."""
    wanted = {name for names in named.values() for name in names}
    rows = Prod.objects.filter(name__in=wanted).exclude(lifecycle=Prod.Lifecycle.RETIRED)
    unknown = wanted - set(rows.values_list("name", flat=True))
    for path, names in named.items() if unknown else ():
        for place, name in enumerate(names):
            if name in unknown:
                faults.add(f"{path}[{place}]", "no-such-prod-here")


def named_route(value: str, asked: TenantFacts) -> Route:
    """The Route that a person names. Raises FieldErrors at `route` where there is none, it has no members,
    or its Tenants are of another kind."""
    row = Route.objects.filter(name=value).first() if NAME.fullmatch(value) else None
    if row is None or not row.members.exists():
        code = "route-has-no-members" if row else "no-route-named-so"
        raise FieldErrors((("route", because(code)),))
    if (row.redundancy, row.data_class) != (asked.redundancy, asked.data_class):
        kind = because("route-of-another-kind", redundancy=row.redundancy, data_class=row.data_class)
        raise FieldErrors((("route", kind),))
    if tuple(sorted(row.pins)) != asked.pins:
        other = because("route-pinned-otherwise", route=row.name, pins=", ".join(row.pins) or "-")
        raise FieldErrors((("route", other),))
    return row


def take_shard(shard: Shard, like: Route | None, why: Reason, actor: Person) -> Route:
    """The Route of the shard, or a new one: published where `like` is, else where Routes of its Prods are."""
    if not shard.new:
        return Route.objects.get(name=shard.route)
    name, number = shard.route, 1
    while Route.objects.filter(name=name).exists():
        number += 1
        name = f"{shard.route}-{number}"
    shard = replace(shard, route=name)
    instances = _published(like) if like else _neighbours(shard)
    kind = shard.kind
    return make_route(
        shard.route, kind.redundancy, kind.data_class, shard.members, why, actor, instances, kind.pins
    )


def _published(route: Route) -> tuple[int, ...]:
    return tuple(route.publications.values_list("instance", flat=True))


def _neighbours(shard: Shard) -> tuple[int, ...]:
    rows = Publication.objects.filter(route__members__prod__blueprint__name=shard.kind.blueprint)
    return tuple(sorted(set(rows.values_list("instance", flat=True))))


def rebind(routes: Collection[Route], why: Reason, actor: Person) -> Shifted:
    """The hostnames of these Routes are others: a new epoch for each, so that a publisher that is at work with the
    old ones cannot put them back."""
    locked = Route.objects.select_for_update().filter(pk__in=[route.pk for route in routes]).order_by("pk")
    return new_epochs([route.pk for route in locked], why, timezone.now(), actor=actor)


def unreachable(before: Route | None, home: Shard | Route) -> Reason | None:
    """Why the Tenant would vanish from a router: wherever its old Route is published, the one of `home` has to be, as
    asked; one that is to be made, able to be. None: it would not."""
    needed = set(before.publications.values_list("instance__name", flat=True)) if before else set()
    name = home.name if isinstance(home, Route) else home.route
    if isinstance(home, Route) or not home.new:
        there = good_now().filter(route__name=name)
        missing = sorted(needed - set(there.values_list("instance__name", flat=True)))
        if missing:
            return because("route-not-published-there", route=name, routers=", ".join(missing))
        rows = Prod.objects.filter(memberships__route__name=name)
    else:
        rows = Prod.objects.filter(name__in=[seat.prod for seat in home.members])
    prods = dict(rows.values_list("pk", "name"))
    homeless = sorted(set(prods) - set(endpoints(prods)))
    if needed and homeless:
        names = ", ".join(prods[pk] for pk in homeless)
        return because("prod-without-endpoint", route=name, prods=names)
    return None


def serving(tenant: Tenant) -> str:
    """The name of its Route; "-" for none."""
    return tenant.route.name if tenant.route else "-"
