"""What routers show beyond what Drover asks: somebody moved users without it, and it may be taken over."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from clusters.models import Prod
from journal.core.reasons import Reason, because
from traffic.core.writers import new_writer, split_writers
from traffic.engine.shifting import not_pinned
from traffic.models import Publication, Route, RouteMember, RouteOut, RouterInstance

from .publications import is_old

EPOCH_MAX = 2**63 - 1
Weights = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A Route that a router shows at a newer epoch than ours. `asked` and `shown` are weights by Prod; `cannot`: why
    that cannot be taken over (None: it can). `writer`: the Prod that would become its single writer by it; "": none."""

    pk: int
    route: str
    epoch: int
    shown_epoch: int
    instance: str
    read_at: datetime | None
    asked: Weights
    shown: Weights
    cannot: Reason | None
    writer: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """All that is newer at one Router. `digest` is of what would be taken over, whenever it is read."""

    router: str
    routes: tuple[Shown, ...]
    digest: str

    @property
    def able(self) -> tuple[Shown, ...]:
        """Those that can be taken over."""
        return tuple(one for one in self.routes if one.cannot is None)

    @property
    def writers(self) -> tuple[Shown, ...]:
        """Those of them whose single writer would be another."""
        return tuple(one for one in self.able if one.writer)


def read_adoption(router: str, now: datetime) -> Adoption:
    """What the instances of `router` show that is newer than what is asked. Six queries."""
    newer = Publication.objects.filter(epoch__gt=F("route__epoch"))
    here = newer.filter(instance__router__name=router).values("route")
    rows = newer.filter(route__in=here).select_related("route", "instance").defer("instance__credentials")
    by_route: dict[int, list[Publication]] = defaultdict(list)
    for row in rows.order_by("-epoch", "instance__name"):
        by_route[row.route_id].append(row)
    asked = _asked(by_route)
    alive = set(Prod.objects.exclude(lifecycle=Prod.Lifecycle.RETIRED).values_list("name", flat=True))
    outs = {out.route_id: out for out in RouteOut.objects.filter(route__in=by_route).select_related("prod")}
    found = (_shown(some, asked.get(pk, {}), alive, outs.get(pk), now) for pk, some in by_route.items())
    routes = tuple(sorted(found, key=lambda one: one.route))
    told = [(one.route, one.epoch, one.shown_epoch, one.shown) for one in routes if one.cannot is None]
    return Adoption(router, routes, hashlib.sha256(repr(told).encode()).hexdigest())


def _asked(routes: Iterable[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = RouteMember.objects.filter(route__in=list(routes)).order_by("prod__name")
    for route, prod, weight in rows.values_list("route", "prod__name", "weight"):
        found[route][prod] = weight
    return found


def _shown(
    some: list[Publication], asked: Mapping[str, int], alive: set[str], out: RouteOut | None, now: datetime
) -> Shown:
    """`some` are the newer Publications of one Route, the newest first."""
    first, route = some[0], some[0].route
    return Shown(
        pk=route.pk,
        route=route.name,
        epoch=route.epoch,
        shown_epoch=first.epoch,
        instance=first.instance.name,
        read_at=first.instance.read_at,
        asked=tuple(sorted(asked.items())),
        shown=tuple(sorted(first.weights.items())),
        cannot=_cannot(some, route, asked, alive, out, now),
        writer=new_writer(route.data_class, asked, first.weights),
    )


def _cannot(
    some: list[Publication],
    route: Route,
    asked: Mapping[str, int],
    alive: set[str],
    out: RouteOut | None,
    now: datetime,
) -> Reason | None:
    first, weights = some[0], some[0].weights
    if first.instance.health != RouterInstance.Health.HEALTHY or is_old(first.instance.read_at, now):
        return because("shown-not-fresh", route=route.name, router=first.instance.name)
    if any(one.epoch == first.epoch and one.weights != weights for one in some):
        return because("routers-disagree", route=route.name, epoch=first.epoch)
    if first.epoch >= EPOCH_MAX - 1 or not sum(weights.values()):
        return because("shown-not-usable", route=route.name, router=first.instance.name)
    split = split_writers(route.name, route.data_class, weights)
    if split is not None:
        return split
    gone = sorted(prod for prod, weight in weights.items() if weight and prod not in alive)
    if gone:
        return because("epoch-prods-gone", prods=", ".join(gone))
    if elsewhere := not_pinned(route, weights):
        return elsewhere[0]
    if out and weights.get(out.prod.name, 0) > asked.get(out.prod.name, 0):
        return because("member-is-out", route=route.name, prod=out.prod.name, run=out.run_id)
    return None
