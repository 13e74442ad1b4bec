"""What is asked of a Route now, read from rows: epoch, members with their endpoints, hostnames."""

from collections import defaultdict
from collections.abc import Collection
from urllib.parse import urlsplit

from django.db import connection
from django.db.models.fields.json import KeyTransform

from clusters.models import Prod
from traffic.models import Publication, RouteMember
from traffic.routers.protocol import Asked, Backend

Address = tuple[str, int]
DEFAULT_PORTS = {"http": 80, "https": 443}


def asked_of(publications: Collection[Publication]) -> tuple[list[Asked], dict[str, list[str]]]:
    """What the Routes of `publications` (with `route`) are to look like, by name; and Route -> its Prods that have no
    endpoint, which cannot be published. A member with weight 0 that no longer counts, or has none, is left out. Three queries."""
    routes = {publication.route_id: publication.route for publication in publications}
    members: dict[int, list[RouteMember]] = defaultdict(list)
    rows = RouteMember.objects.filter(route__in=routes).exclude(weight=0, target=0)
    for member in rows.select_related("prod").only("route", "weight", "prod__name").order_by("prod__name"):
        members[member.route_id].append(member)
    addresses = endpoints({member.prod_id for mine in members.values() for member in mine})
    hostnames = _hostnames(list(routes))
    asked: list[Asked] = []
    homeless: dict[str, list[str]] = {}
    for pk, route in sorted(routes.items(), key=lambda item: item[1].name):
        # A Cluster that is dead no longer says where its Prods are reached, and its users must leave all the same.
        known = [member for member in members[pk] if member.prod_id in addresses]
        missing = [member.prod.name for member in members[pk] if member.weight and member not in known]
        if missing:
            homeless[route.name] = missing
            continue
        backends = tuple(
            Backend(member.prod.name, member.weight, *addresses[member.prod_id]) for member in known
        )
        asked.append(Asked(route.name, route.epoch, backends, tuple(hostnames.get(pk, ()))))
    return asked, homeless


def endpoints(prod_ids: Collection[int]) -> dict[int, Address]:
    """Prod id -> (host, port) that users' requests are sent to: as given, else what the load balancer of its first
    Service says. Prods that have none are not in it. One query."""
    rows = Prod.objects.filter(pk__in=prod_ids).annotate(
        seen=KeyTransform("objects", "observation__facts")  # pods and workloads are large, and not needed
    )
    found = {
        pk: _address(endpoint, seen) for pk, endpoint, seen in rows.values_list("pk", "endpoint", "seen")
    }
    return {pk: address for pk, address in found.items() if address}


def _address(endpoint: str, seen: list[dict[str, str]] | None) -> Address | None:
    if endpoint:
        url = urlsplit(endpoint)
        return (url.hostname or "", url.port or DEFAULT_PORTS[url.scheme])
    given = sorted((one["name"], one["address"]) for one in seen or () if one.get("address"))
    if not given:
        return None
    host, _, port = given[0][1].rpartition(":")
    return host.strip("[]"), int(port)


def _hostnames(routes: list[int]) -> dict[int, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT route_id, array_agg(host ORDER BY host) FROM traffic_tenant, unnest(hostnames) AS host"
            " WHERE route_id = ANY(%s) GROUP BY route_id",
            [routes],
        )
        return dict(cursor.fetchall())
