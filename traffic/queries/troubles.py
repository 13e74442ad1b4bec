"""What is wrong with Routes as they are, for pages and the API."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from journal.core.reasons import Reason
from traffic.core.troubles import Standing, standing_troubles
from traffic.models import Route, RouteMember

from .facts import serving_percent

# With all that is asked of a member; those that have left are none.
MEMBERS = (
    RouteMember.objects.exclude(weight=0, target=0)
    .select_related("prod__cluster", "prod__observation", "prod__version__revision")
    .defer("prod__version__revision__manifests", "prod__cluster__nodes")
)


def read_troubles(routes: Collection[Route], now: datetime) -> dict[int, tuple[Reason, ...]]:
    """Route id -> its troubles. One query."""
    members: dict[int, list[RouteMember]] = defaultdict(list)
    for row in MEMBERS.filter(route__in=[route.pk for route in routes]):
        members[row.route_id].append(row)
    return {route.pk: troubles_of(route, members[route.pk], now) for route in routes}


def troubles_of(route: Route, members: Iterable[RouteMember], now: datetime) -> tuple[Reason, ...]:
    """The troubles of one Route with these rows of `MEMBERS`. What a run has out serves with the pods it has."""
    return standing_troubles(
        route.redundancy,
        [
            Standing(row.prod.cluster.failure_domain, row.weight, serving_percent(row.prod, (), now) > 0)
            for row in members
        ],
    )
