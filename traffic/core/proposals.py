"""Proposals to add a Prod: where the death of a Cluster would leave Tenants without a place, or load is high."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from journal.core.reasons import Reason, because

from .facts import TEST, ClusterNow, Place, TrafficFacts
from .room import carries, committed
from .survival import CLUSTER, survival_of

MOST_PERCENT = 80
MOST_ADDED = 20
# What another Prod mends; pins, data and routers it does not.
MENDED = ("no-room", "no-other-domain", "no-prod-serving", "no-prod-of-role")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Build a Prod of `blueprint` at `version` with `capacity` load units on `cluster`. `why`: all that it mends."""

    blueprint: str
    cluster: str
    domain: str
    version: str
    capacity: int
    why: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Proposals:
    """`prods` to build, after which nothing is lacking but `unmet`."""

    prods: tuple[Proposal, ...] = ()
    unmet: tuple[Reason, ...] = ()


def propose_prods(facts: TrafficFacts, most_percent: int = MOST_PERCENT) -> Proposals:
    """Prods to build, one after the other, until the death of any one Cluster leaves no live Tenant without a
    place and no Blueprint has promised more than `most_percent` of what it carries. Each is one more than those
    before it; MOST_ADDED for a Blueprint at most. That some pods are not ready is no reason to build for good."""
    prods: list[Proposal] = []
    unmet: list[Reason] = []
    facts = in_normal_times(facts)
    for blueprint in sorted({place.blueprint for place in facts.places}):
        found = _for_blueprint(_only(facts, blueprint), blueprint, most_percent)
        prods += found.prods
        unmet += found.unmet
    return Proposals(tuple(prods), tuple(unmet))


def in_normal_times(facts: TrafficFacts) -> TrafficFacts:
    """The facts in which every Prod in service serves, with all of its pods."""
    return replace(
        facts,
        places=tuple(replace(place, ready_percent=100, serving=place.in_service) for place in facts.places),
    )


def _only(facts: TrafficFacts, blueprint: str) -> TrafficFacts:
    return replace(
        facts,
        places=tuple(place for place in facts.places if place.blueprint == blueprint),
        routes=tuple(route for route in facts.routes if route.blueprint == blueprint),
    )


def _for_blueprint(facts: TrafficFacts, blueprint: str, most_percent: int) -> Proposals:
    prods: list[Proposal] = []
    lacks = tuple(_lacks(facts, most_percent))
    while lacks and len(prods) < MOST_ADDED:
        cluster = _where(facts, lacks)
        if cluster is None:
            return Proposals(tuple(prods), (*(lack.why for lack in lacks), because("no-cluster-for-a-prod")))
        new = _like_most(facts, cluster, len(prods) + 1)
        more = replace(facts, places=(*facts.places, new))
        still = tuple(_lacks(more, most_percent))
        if sum(lack.size for lack in still) >= sum(lack.size for lack in lacks):
            break
        why = tuple(lack.why for lack in lacks)
        prods.append(Proposal(blueprint, cluster.name, cluster.domain, new.version, new.capacity, why))
        facts, lacks = more, still
    return Proposals(tuple(prods), tuple(lack.why for lack in lacks))


@dataclass(frozen=True, slots=True)
class _Lack:
    """`size` in load units; another Prod in `domain` would not mend it."""

    why: Reason
    size: int
    domain: str = ""


def _lacks(facts: TrafficFacts, most_percent: int) -> Iterator[_Lack]:
    live = [place for place in facts.places if place.role != TEST and place.in_service]
    whole = sum(carries(place) for place in live)
    loads = committed(facts.routes)
    load = sum(loads.get(place.name, 0) for place in live)
    most = whole * most_percent // 100
    if load > most:
        percent = 100 * load // whole if whole else 100
        yield _Lack(because("load-over-threshold", percent=percent, most=most_percent), load - most)
    domains = {place.cluster: place.domain for place in facts.places}
    for row in survival_of(facts, CLUSTER, sorted(domains)):
        lost = [one for one in row.lost if one.why.code in MENDED]
        if lost:
            why = because("n-1-does-not-hold", cluster=row.name, tenants=sum(one.tenants for one in lost))
            yield _Lack(why, sum(one.load for one in lost), domains[row.name])


def _where(facts: TrafficFacts, lacks: tuple[_Lack, ...]) -> ClusterNow | None:
    """The Cluster in the failure domain that carries least; not in that of the Cluster that lacks most, nor, if
    possible, in that of any other that does."""
    carried: Counter[str] = Counter()
    for place in facts.places:
        carried[place.domain] += carries(place)
    worst = max(lacks, key=lambda lack: (bool(lack.domain), lack.size))
    near = {lack.domain for lack in lacks}
    found = [c for c in facts.clusters if c.purpose == "workload" and c.domain != worst.domain]
    return min(found, key=lambda c: (c.domain in near, carried[c.domain], c.name), default=None)


def _like_most(facts: TrafficFacts, cluster: ClusterNow, number: int) -> Place:
    """A Prod on `cluster` like most live ones: the capacity and the unvetoed Version that are most common."""
    live = [place for place in facts.places if place.role == "live"]
    live = live or list(facts.places)
    sound = [place for place in live if not place.vetoed] or live
    capacities, versions = Counter(p.capacity for p in live), Counter(p.version for p in sound)
    version = min(versions, key=lambda name: (-versions[name], name))
    model = min((p for p in sound if p.version == version), key=lambda p: p.name)
    return replace(
        model,
        name=f"{cluster.name}-new-{number}",
        cluster=cluster.name,
        domain=cluster.domain,
        role="live",
        capacity=min(capacities, key=lambda units: (-capacities[units], -units)),
        in_service=True,
        serving=True,
        ready_percent=100,
        reserved=0,
    )
