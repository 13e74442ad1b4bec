"""What the planners of traffic know: Prods, Routes, Clusters and router instances as plain values."""

from dataclasses import dataclass
from typing import NamedTuple

TEST = "test"
STATELESS, SINGLE_WRITER = "stateless", "single-writer"
TWO_DOMAIN = "two-domain"


@dataclass(frozen=True, slots=True)
class Place:
    """A Prod as traffic sees it. Capacity and `reserved` (what other Runs count on) are load units.

    `ready_percent`: the share of its pods that is ready, by fresh facts. `serving`: users may be sent there: some are,
    or all of one that a Run has out.
    `warm`: it takes users without a warm-up. `shares`: the Versions whose data its own may work on, its own
    implied. `vetoed`: its Version is. `open`: it takes new users; one that is being emptied does not, nor any on
    a Cluster that is being emptied or cordoned, but for those who would be lost. `back`: the Version that a rollback
    under way takes it back to, which is trusted with the data of its Routes; "": there is none.
    """

    name: str
    cluster: str
    domain: str
    role: str
    capacity: int
    version: str
    blueprint: str
    in_service: bool = True
    serving: bool = True
    ready_percent: int = 100
    reserved: int = 0
    warm: bool = False
    shares: frozenset[str] = frozenset()
    vetoed: bool = False
    open: bool = True
    back: str = ""


class Seat(NamedTuple):
    """A Prod as member of a Route: the weight asked for now and in normal times, whole percents.

    `target` 0 is a temporary member; a member with a target and weight 0 is away and will come back.
    """

    prod: str
    weight: int
    target: int


@dataclass(frozen=True, slots=True)
class RouteNow:
    """A Route: its load in load units, how many Tenants, its members, the router instances it is published
    on, and the Prods that it may only be on (`pins`; none: any)."""

    name: str
    load: int
    tenants: int
    redundancy: str
    data_class: str
    blueprint: str
    members: tuple[Seat, ...]
    routers: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterNow:
    """A Cluster of any purpose, also one without Prods."""

    name: str
    domain: str
    purpose: str = "workload"


@dataclass(frozen=True, slots=True)
class RouterNow:
    """A router instance. `cluster` is the one that it runs on ("": none of ours); `health_checks`: it takes a
    dead member out by itself."""

    name: str
    domain: str
    cluster: str = ""
    health_checks: bool = True


@dataclass(frozen=True, slots=True)
class TrafficFacts:
    """Everything, in any order: no answer depends on it."""

    places: tuple[Place, ...]
    routes: tuple[RouteNow, ...]
    clusters: tuple[ClusterNow, ...] = ()
    routers: tuple[RouterNow, ...] = ()
