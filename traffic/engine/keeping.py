"""Hostnames that a Route keeps for now: another is to have them at this router, and neither has them nor is about to."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from django.db import connection

from journal.core.reasons import Reason, because
from traffic.models import Hostname
from traffic.routers.protocol import Actual, Asked, Router

# Of hostnames, those that a Route is to have at a router instance -> that Route.
Homes = Callable[[Collection[str]], Mapping[str, str]]


def homes_at(instance_id: int, hostnames: Collection[str]) -> dict[str, str]:
    """As `Homes`, by the rows. One query, for which no connection is held afterwards."""
    here = Hostname.objects.filter(name__in=hostnames, tenant__route__publications__instance=instance_id)
    found = dict(here.values_list("name", "tenant__route__name"))
    if not connection.in_atomic_block:
        connection.close()
    return found


def nowhere(hostnames: Collection[str]) -> dict[str, str]:
    """As `Homes`, for who knows nothing but what is asked."""
    return {}


def keeping(
    router: Router,
    able: Collection[Asked],
    asked: Collection[Asked],
    actual: Mapping[str, Actual],
    homes: Homes,
) -> tuple[list[Asked], dict[str, Reason]]:
    """(what is asked of those of `asked` that can be written, with the hostnames that they keep; Route -> why it keeps
    any). What goes to another of `able` is for the plan to order."""
    spare = {one.route: _spare(one, actual.get(one.route)) for one in able}
    loose = {host for hosts in spare.values() for host in hosts}
    if loose:
        loose -= {host for one in able for host in one.hostnames}
    if not loose:
        return list(able), {}
    home = {host: one.route for one in asked for host in one.hostnames if host in loose} | dict(homes(loose))
    others = set(home.values()) - actual.keys()
    there = {**actual, **(router.read(others) if others else {})}
    bound = {(host, route) for route, one in there.items() for host in one.hostnames}
    kept: dict[str, set[str]] = {}
    left = set(home)  # of two Routes that have one, as halfway in a move, only the first keeps it
    for route, hosts in spare.items():
        # A Route that is to have it again by now keeps it too.
        kept[route] = {h for h in hosts & left if home[h] == route or (h, home[h]) not in bound}
        left -= kept[route]
    wanted = [replace(one, hostnames=tuple(sorted({*one.hostnames, *kept[one.route]}))) for one in able]
    return wanted, {route: _missing(hosts, home) for route, hosts in kept.items() if hosts}


def _spare(asked: Asked, now: Actual | None) -> set[str]:
    if now is None or now.hostnames == asked.hostnames:
        return set()
    return set(now.hostnames) - set(asked.hostnames)


def _missing(hostnames: Collection[str], home: Mapping[str, str]) -> Reason:
    first = min(hostnames)
    many = [host for host in hostnames if home[host] == home[first]]
    return because("router-hostname-missing", route=home[first], hostname=first, hostnames=len(many))
