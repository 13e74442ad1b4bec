"""The example fleet as traffic facts, and short ways to write others."""

from dataclasses import replace

from traffic.core.facts import ClusterNow, Place, RouteNow, RouterNow, Seat, TrafficFacts

DOMAINS = {"a": "tokyo", "b": "osaka", "c": "fukuoka", "d": "nagoya", "e": "tokyo"}
EDGES = (RouterNow("edge-x", "tokyo", "x"), RouterNow("edge-y", "osaka", "y"))


def place(name: str, **changes) -> Place:
    """A live Prod of 1000 on the Cluster that its name begins with."""
    cluster = name.split("-", maxsplit=1)[0]
    made = Place(name, cluster, DOMAINS.get(cluster, cluster), "live", 1000, "v1", "shop")
    return replace(made, **changes)


def route(name: str, members: dict[str, object], load: int = 100, **changes) -> RouteNow:
    """A Route on both edges; members as Prod -> weight (its target too) or (weight, target)."""
    seats = tuple(
        Seat(prod, weight, weight) if isinstance(weight, int) else Seat(prod, *weight)
        for prod, weight in members.items()
    )
    redundancy = "two-domain" if len(seats) > 1 else "none"
    made = RouteNow(name, load, load, redundancy, "stateless", "shop", seats, ("edge-x", "edge-y"))
    return replace(made, **changes)


def facts(places, routes, **changes) -> TrafficFacts:
    """A fleet with the Clusters of its Prods and two edges."""
    found = {p.cluster: ClusterNow(p.cluster, p.domain) for p in places}
    edges = [ClusterNow("x", "tokyo", "edge"), ClusterNow("y", "osaka", "edge")]
    made = TrafficFacts(tuple(places), tuple(routes), (*found.values(), *edges), EDGES)
    return replace(made, **changes)


def example(**changes) -> TrafficFacts:
    """The fleet of the source: `changes` are of its Prods, by name with _ for -."""
    names = ["a-1", "a-2", "b-1", "b-2", "c-1"]
    places = [place(name) for name in names] + [place("c-2", role="test", capacity=100)]
    places = [replace(p, **changes.get(p.name.replace("-", "_"), {})) for p in places]
    routes = [
        *(route(f"shop-r-{n}", {"a-2": 50, "b-1": 50}) for n in (1, 2, 3)),
        *(route(f"shop-s-{n}", {"a-1": 100}) for n in (1, 2, 3, 4)),
        *(route(f"shop-t-{n}", {"b-2": 100}) for n in (1, 2, 3, 4)),
        route("shop-u-1", {"c-1": 100}, 20),
        route("staff-1", {"c-2": 100}, 3, redundancy="test"),
    ]
    return facts(places, routes)


def with_place(fleet: TrafficFacts, name: str, **changes) -> TrafficFacts:
    """`fleet` with one Prod changed."""
    return replace(fleet, places=tuple(replace(p, **changes) if p.name == name else p for p in fleet.places))
