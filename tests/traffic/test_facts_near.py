"""What would become of one Route is told without reading the others, and is what all of them together say."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clusters.models import Blueprint, Cluster, Prod, Version
from tests import build
from tests.traffic.edge import Edge
from tests.traffic.standing import standing_fleet
from traffic.core.facts import TrafficFacts
from traffic.models import Reservation, Route, RouteMember, RouteOut, RouterInstance, Tenant
from traffic.queries.facts import read_facts
from traffic.queries.facts_near import read_facts_near
from traffic.queries.tenants import Fate, read_fates

pytestmark = pytest.mark.django_db
KINDS = ("none", "two-domain", "test")
CLASSES = ("stateless", "replicated", "single-writer")


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The example fleet, and a Prod of another Blueprint on each Cluster."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        for cluster in "abc":
            build.in_service(build.prod(f"{cluster}-9", cluster))
        store = Blueprint.objects.create(name="store")
        Prod.objects.filter(name__endswith="-9").update(blueprint=store)
        Edge()
        yield


def route(name: str, members: dict[str, tuple[int, int]], load: int = 50, **more: str) -> Route:
    row = Route.objects.create(name=name, **{"redundancy": "none", "data_class": "stateless", **more})
    for prod, (weight, target) in members.items():
        there = Prod.objects.get(name=prod)
        RouteMember.objects.create(route=row, prod=there, weight=weight, target=target)
    hostnames = [f"{name}.example"]
    Tenant.objects.create(name=name, hostnames=hostnames, route=row, load=load, redundancy=row.redundancy)
    return row


def any_state(pick: Random) -> None:
    """Prods, Routes, routers and Runs in whatever state they may be."""
    versions = list(Version.objects.order_by("pk"))
    for prod in Prod.objects.order_by("name"):
        state = {
            "capacity": pick.choice([150, 300, 600]),
            "version": pick.choice(versions),
            "lifecycle": pick.choice(["in-service"] * 6 + ["out-of-service"]),
        }
        Prod.objects.filter(pk=prod.pk).update(**state)
        build.observe(prod.name, **pick.choice([{}, {}, {"ready": 1}, {"ready": 0}]))
    Cluster.objects.filter(name=pick.choice("abc")).update(intent=pick.choice(["active", "cordoned"]))
    RouterInstance.objects.update(cluster=Cluster.objects.get(name=pick.choice("abc")))
    for number in range(18):
        names = list(Prod.objects.filter(blueprint=_blueprint(pick)).values_list("name", flat=True))
        chosen = pick.sample(sorted(names), pick.choice([1, 1, 2, 3]))
        members = {prod: pick.choice([(0, 100), (50, 50), (100, 0)]) for prod in chosen}
        members[chosen[0]] = (100, pick.choice([0, 100]))
        kind = {"redundancy": pick.choice(KINDS), "data_class": pick.choice(CLASSES)}
        made = route(f"r-{number}", members, pick.randrange(1, 90), **kind)
        if pick.random() < 0.3:
            out = Prod.objects.get(name=pick.choice(chosen))
            RouteOut.objects.create(route=made, prod=out, run_id=7)
    for name in pick.sample(["a-1", "a-2", "b-1", "c-1"], 2):
        Reservation.objects.create(prod=Prod.objects.get(name=name), run_id=7, load=pick.randrange(1, 200))


def _blueprint(pick: Random) -> Blueprint:
    return Blueprint.objects.get(name=pick.choice(["shop", "shop", "store"]))


def told(facts: TrafficFacts, name: str) -> tuple[Fate, ...]:
    return read_fates(facts, name)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_told_of_every_route_is_what_the_whole_fleet_says(seed: int) -> None:
    any_state(Random(seed))
    now = timezone.now()
    whole = read_facts(now, urgent=True)
    different = {
        row.name: (told(whole, row.name), near)
        for row in Route.objects.all()
        if (near := told(read_facts_near(row, now), row.name)) != told(whole, row.name)
    }
    assert different == {}


def test_what_is_read_does_not_grow_with_what_others_have() -> None:
    mine, seen = Route.objects.get(name="shop-s"), []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            facts = read_facts_near(mine, timezone.now())
        seen.append((len(asked), {one.name for one in facts.routes}, {one.name for one in facts.places}))
        for number in range(20):
            route(f"elsewhere-{Route.objects.count()}-{number}", {"b-1": (100, 100), "c-1": (0, 100)})
    assert seen[0] == seen[1]
    assert seen[0][1:] == ({"shop-r", "shop-s"}, {"a-1", "a-2", "b-1", "b-2", "c-1", "c-2"})
