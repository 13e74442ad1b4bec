"""What a test's fleet is: plain values, known to the builder, the release and the oracle alike.

Each fleet has a Blueprint of its name and Prods that begin with it, so that fleets on one stack never mix.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

# Cluster -> failure domain. Two pairs share one, so that two members of a Route are not always apart.
DOMAINS = {
    "a": "tokyo-dc1",
    "b": "ap-northeast-1",
    "c": "fukuoka-dc1",
    "d": "osaka-dc1",
    "e": "tokyo-dc1",
    "f": "us-west-2",
    "g": "ap-northeast-1",
    "h": "sapporo-dc1",
}
OLD, NEW = "v1", "v2"


@dataclass(frozen=True, slots=True)
class ProdSpec:
    """One Prod. `replicas` by component; `fragile`: it has a sidecar of its own, whose image may vanish."""

    name: str
    cluster: str
    role: str = "live"
    replicas: tuple[tuple[str, int], ...] = (("api", 2), ("web", 1))
    fragile: bool = False

    @property
    def namespace(self) -> str:
        return f"prod-{self.name}"


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """Who is served: `tenants` Tenants of `load` units each, by `prods` together."""

    name: str
    prods: tuple[str, ...]
    tenants: int = 1
    load: int = 100
    redundancy: str = "none"


@dataclass(frozen=True, slots=True)
class FleetSpec:
    """A fleet and the release that it gets. `failing`: the Prod whose new pods never start."""

    name: str
    prods: tuple[ProdSpec, ...]
    routes: tuple[RouteSpec, ...] = ()
    parallel: int = 1
    few_below: int = 50
    excluded: tuple[str, ...] = ()
    failing: str = ""
    versions: tuple[str, ...] = (OLD, NEW)
    components: tuple[str, ...] = ("api", "web")
    strategy: dict[str, Any] = field(default_factory=dict, hash=False)

    def image(self, component: str, version: str) -> str:
        return f"registry.example/{self.name}/{component}:{version}"

    @property
    def sidecar(self) -> str:
        return f"registry.example/{self.name}/sidecar:v0"

    def prod(self, name: str) -> ProdSpec:
        return next(prod for prod in self.prods if prod.name == name)


def story(name: str, **more: Any) -> FleetSpec:
    """Four Prods, one of each kind: `-t` (test), `-r` and `-q` (a redundant pair), `-s` (single)."""
    return FleetSpec(
        name,
        (
            ProdSpec(f"{name}-t", "c", "test"),
            ProdSpec(f"{name}-q", "a"),
            ProdSpec(f"{name}-r", "b"),
            ProdSpec(f"{name}-s", "d"),
        ),
        (
            RouteSpec(f"{name}-staff", (f"{name}-t",), load=3, redundancy="test"),
            RouteSpec(f"{name}-pair", (f"{name}-q", f"{name}-r"), load=300, redundancy="two-domain"),
            RouteSpec(f"{name}-solo", (f"{name}-s",), load=400),
        ),
        **more,
    )


def seeded(seed: int) -> FleetSpec:
    """The fleet of this seed: 3-8 clusters, 5-40 Prods, random roles, Tenants, limits and mishaps."""
    dice = random.Random(seed)
    name = f"seed{seed}"
    clusters = sorted(dice.sample(sorted(DOMAINS), dice.randint(3, 8)))
    components = ("api", "web") if dice.random() < 0.5 else ("api",)
    # Most fleets are small, two of twenty large, one as large as they come.
    size = {19: 40, 9: 20, 14: 20}.get(seed % 20) or min(40, 5 + int(dice.expovariate(1 / 3)))
    failing = dice.random() < 0.3
    fragile = dice.randrange(size) if failing else -1
    prods = tuple(_random_prod(dice, name, i, clusters, components, i == fragile) for i in range(size))
    away = [prod.name for prod in prods if not prod.fragile] if dice.random() < 0.3 else []
    return FleetSpec(
        name=name,
        prods=prods,
        routes=tuple(_random_routes(dice, name, prods)),
        parallel=dice.randint(1, 4),
        few_below=dice.choice([20, 50, 120]),
        excluded=(dice.choice(away),) if away else (),
        failing=prods[fragile].name if failing else "",
        components=components,
    )


def _random_prod(
    dice: random.Random,
    fleet: str,
    number: int,
    clusters: list[str],
    components: tuple[str, ...],
    fragile: bool,
) -> ProdSpec:
    (role,) = dice.choices(["live", "test", "standby"], [8, 1, 1])
    replicas = tuple((component, dice.randint(1, 3)) for component in components)
    cluster = clusters[number] if number < min(5, len(clusters)) else dice.choice(clusters)
    return ProdSpec(f"{fleet}-{number}", cluster, role, replicas, fragile)


def _random_routes(dice: random.Random, fleet: str, prods: tuple[ProdSpec, ...]) -> Iterable[RouteSpec]:
    live = [prod.name for prod in prods if prod.role == "live"]
    tests = [prod.name for prod in prods if prod.role == "test"]
    for number in range(len(live)):
        members = tuple(sorted(dice.sample(live, min(len(live), dice.choice([1, 2, 2, 2, 3])))))
        redundancy = "two-domain" if len(members) > 1 else "none"
        tenants, load = dice.randint(1, 3), dice.choice([1, 5, 20, 60, 200])
        yield RouteSpec(f"{fleet}-shop-{number}", members, tenants, load, redundancy)
    for prod in tests:
        yield RouteSpec(f"{prod}-staff", (prod,), load=1, redundancy="test")
