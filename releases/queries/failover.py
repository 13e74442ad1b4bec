"""What is shown before users leave a Cluster or one Prod, or come back: the same plan that is then carried out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone

from clusters.facts import prod_health
from clusters.models import Cluster, Prod
from journal.core.reasons import Reason
from releases.core.states import RunKind
from releases.failover_preview import MovePreview, Source, preview_failback, preview_leaving
from releases.marks import CLUSTER_MARKS, HEALTH_MARKS, Mark
from traffic.core.plan import Left, Move, Pairs
from traffic.core.survival import CLUSTER, PROD
from traffic.models import Route

from .estimates import estimate_of, watched_s
from .progress import Preempted, preempted
from .publishing import RouterLine, read_routers, unpublished

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class MoveLine:
    """A Route that changes: from and to are (Prod, weight) of those that serve, `by` the percents of a ramp (empty:
    at once). `safe`: others carry its users already, so that the move only tidies up."""

    route: str
    tenants: int
    load: int
    before: Pairs
    after: Pairs
    why: Reason
    by: tuple[int, ...]
    safe: bool
    fence: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Routes that do not move: `kind` is `lost`, `waiting` or `staying`."""

    kind: str
    tenants: int
    routes: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class MovePage:
    """A failover, an evacuation or a failback of the Cluster or the Prod `name`, before it starts. `reasons` (empty: it
    can start) stand against it; `since` is None where nobody knows since when it is as `mark` says.

    `moved` and `safe` are Tenants; `room` is (Prod, load units free, capacity) of those that take users on;
    `unpublished` how many Routes no router publishes. `estimate_s`: how long until routers show it, from what
    `rests_on` says (`releases.queries.estimates`); None: it was never measured here. `watched_s`: the part of it that is
    watching.
    """

    of: str
    name: str
    domain: str
    kind: str
    mark: Mark
    since: datetime | None
    digest: str
    reasons: tuple[Reason, ...]
    lines: tuple[MoveLine, ...]
    more: int
    moved: int
    safe: int
    left: tuple[Group, ...]
    room: tuple[tuple[str, int, int], ...]
    routers: tuple[RouterLine, ...]
    unpublished: int
    fences: tuple[str, ...]
    estimate_s: int | None
    rests_on: str
    watched_s: int
    preempts: tuple[Preempted, ...]

    @property
    def comes_back(self) -> bool:
        """Whether it brings users back."""
        return self.kind == RunKind.FAILBACK

    @property
    def dead(self) -> bool:
        """Whether nobody is served there."""
        return self.kind == RunKind.FAILOVER

    @property
    def is_prod(self) -> bool:
        """Whether it is about one Prod."""
        return self.of == PROD


def read_leaving(name: str, of: str = CLUSTER) -> MovePage:
    """The failover of this Cluster or Prod if it is dead, else its evacuation; 404 for an unknown one."""
    check_there(name, of)
    return _page(preview_leaving(name, of))


def read_failback(name: str, of: str = CLUSTER) -> MovePage:
    """The way back of its users; 404 for an unknown one."""
    check_there(name, of)
    return _page(preview_failback(name, of))


def check_there(name: str, of: str) -> None:
    """404 where there is no such Cluster, or no such Prod that is not retired."""
    living = Prod.objects.exclude(lifecycle=Prod.Lifecycle.RETIRED)
    get_object_or_404(living if of == PROD else Cluster.objects.all(), name=name)


def _state(source: Source) -> tuple[Mark, datetime | None]:
    """How it is, and since when."""
    if source.of == PROD:
        return HEALTH_MARKS[prod_health(source.prods[0], timezone.now())], None
    return CLUSTER_MARKS[Cluster.Health(source.cluster.health)], source.cluster.health_since


def _page(preview: MovePreview) -> MovePage:
    traffic, plan, source = preview.traffic, preview.plan, preview.source
    mark, since = _state(source)
    names = {move.route for move in traffic.moves}
    calm = {one.route for one in traffic.safe}
    lines = move_lines(traffic.moves, calm)
    estimate = estimate_of(plan)
    capacities = dict(Prod.objects.filter(name__in=dict(traffic.room)).values_list("name", "capacity"))
    return MovePage(
        of=source.of,
        name=source.name,
        domain=source.cluster.failure_domain,
        kind=plan.kind,
        mark=mark,
        since=since,
        digest=plan.digest,
        reasons=preview.reasons,
        lines=lines[:MOST_LISTED],
        more=max(0, len(lines) - MOST_LISTED),
        moved=sum(line.tenants for line in lines if not line.safe),
        safe=sum(one.tenants for one in traffic.safe),
        left=_groups(lost=traffic.lost, waiting=traffic.waiting, staying=traffic.staying),
        room=tuple((prod, room, capacities.get(prod, 0)) for prod, room in traffic.room),
        routers=read_routers(Route.objects.filter(name__in=names)),
        unpublished=unpublished(names),
        fences=tuple(line.route for line in lines if line.fence),
        estimate_s=estimate.seconds if estimate else None,
        rests_on=estimate.rests_on if estimate else "",
        watched_s=watched_s(plan),
        preempts=preempted(preview.preempts),
    )


def move_lines(moves: Iterable[Move], safe: Iterable[str] = ()) -> tuple[MoveLine, ...]:
    """One line for each Route in the order run; the steps of a ramp are one line."""
    calm = set(safe)
    by_route: dict[str, list[Move]] = {}
    for move in moves:
        by_route.setdefault(move.route, []).append(move)
    return tuple(_move_line(steps, route in calm) for route, steps in by_route.items())


def _move_line(steps: list[Move], safe: bool) -> MoveLine:
    first, last = steps[0], steps[-1]
    return MoveLine(
        route=first.route,
        tenants=first.tenants,
        load=first.load,
        before=_serving(first.was),
        after=_serving(last.weights),
        why=last.why,
        by=tuple(step.percent for step in steps) if len(steps) > 1 else (),
        safe=safe,
        fence=any(step.fence for step in steps),
    )


def _serving(weights: Pairs) -> Pairs:
    return tuple((prod, weight) for prod, weight in weights if weight)


def _groups(**left: tuple[Left, ...]) -> tuple[Group, ...]:
    return tuple(
        Group(kind, sum(one.tenants for one in routes), routes) for kind, routes in left.items() if routes
    )
