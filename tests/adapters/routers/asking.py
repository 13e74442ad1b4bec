"""Builders for what is asked of a router."""

from collections.abc import Mapping, Sequence

from traffic.routers.protocol import Actual, Asked, Backend, Router

HOSTS = ("bakery.example", "florist.example")
MANY = tuple(f"tenant-{n:02}.example" for n in range(40))
HALVES = {"a-1": 50, "b-1": 50}
ALL_ON_B = {"a-1": 0, "b-1": 100}


def asked(
    epoch: int = 1,
    weights: Mapping[str, int] = HALVES,
    hostnames: Sequence[str] = HOSTS,
    route: str = "shop-r",
) -> Asked:
    """The Route; each Prod has an address of its own, the same every time."""
    backends = (Backend(prod, weight, address_of(prod), 8080) for prod, weight in sorted(weights.items()))
    return Asked(route, epoch, tuple(backends), tuple(sorted(hostnames)))


def address_of(prod: str) -> str:
    """RFC 5737 has this network for examples.

    >>> address_of("b-1")
    '192.0.2.21'
    """
    cluster, _, number = prod.partition("-")
    return f"192.0.2.{10 * (ord(cluster) - ord('a') + 1) + int(number)}"


def publish(router: Router, *routes: Asked) -> int:
    """Brings the router to what is asked as the publisher does; the number of writes."""
    writes = router.plan(routes, router.read([one.route for one in routes]))
    for write in writes:
        router.apply(write)
    return len(writes)


def shown(actual: Actual) -> tuple[int, dict[str, int], tuple[str, ...]]:
    """(epoch, weights, hostnames) of what was read."""
    return actual.epoch, dict(actual.weights), actual.hostnames


def published(router: Router, route: str = "shop-r") -> tuple[int, dict[str, int], tuple[str, ...]]:
    return shown(router.read([route])[route])
