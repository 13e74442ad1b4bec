"""A second cluster dies during a failover: who is hurt, for how long, and where they are served in the end, by the request
log of users who come through a gateway of the simulator and through Debian's HAProxy."""

import time

import pytest

from clusters.models import Cluster
from releases.failover_preview import preview_leaving
from releases.models import Run
from tests.adapters.routers.system.real_haproxy import eventually
from tests.engine.driver import advance
from tests.traffic.edge import drains_are_over
from tests.traffic.system.conftest import Stand
from tests.traffic.system.real_edges import EDGE, PROXY, Crowd, Edges, failed, prods
from tests.traffic.test_failover import answering, dies, leave
from traffic.models import Publication

pytestmark = pytest.mark.django_db

# Whoever has to leave a goes to b, which has more room, and from there to c.
FLEET = [
    {"name": "a-1", "cluster": "a"},
    {"name": "b-1", "cluster": "b", "capacity": 1000},
    {"name": "c-1", "cluster": "c", "capacity": 500},
]
GROUPS = [
    {"group": "alone", "count": 5, "load": 1, "redundancy": "none", "prods": ["a-1"]},
    {"group": "pair", "count": 5, "load": 1, "redundancy": "two-domain", "prods": ["b-1", "c-1"]},
    {"group": "elsewhere", "count": 5, "load": 1, "redundancy": "none", "prods": ["c-1"]},
]


def end(run: Run, edges: Edges) -> None:
    for _ in range(20):
        edges.publish()
        drains_are_over()
        answering()
        if advance(run).state == "succeeded":
            return
    raise AssertionError(run.reason)


def hurt(users: Crowd, group: str, door: str) -> None:
    since = time.time()
    eventually(lambda: failed(users.log(since, door)).get(group), f"{group} is hurt at {door}")


def test_only_users_of_the_dead_are_hurt_and_all_are_served_by_the_third(stand: Stand) -> None:
    edges = stand(FLEET, GROUPS)
    answering()
    with edges.users() as users:
        assert failed(users.log()) == {}
        edges.fleet.lose("a")
        dies("a")
        hurt(users, "alone", EDGE)
        first = leave("a")
        edges.publish(EDGE)  # the publisher of the other is slow
        advance(first)
        assert first.state == "running"
        assert prods(users.served_anew(["alone"], EDGE), "alone") == {"b-1"}
        until_b = users.log()
        assert failed(until_b).keys() == {"alone"}

        died = time.time()
        edges.fleet.lose("b")
        dies("b")
        hurt(users, "alone", EDGE)
        assert preview_leaving("b").traffic.lost == ()
        second = leave("b")
        end(second, edges)
        end(first, edges)
        for door in (EDGE, PROXY):
            log = users.served_anew(["alone", "pair", "elsewhere"], door)
            assert failed(log) == {} and {one["prod"] for one in log} == {"c-1"}
        for shown in Publication.objects.all():
            assert (shown.state, {prod for prod, weight in shown.weights.items() if weight}) == (
                "published",
                {"c-1"},
            )
        assert failed(users.log(died)).keys() <= {"alone", "pair"}, "of the pair those on their way to b"
        assert prods(users.log(), "elsewhere") == {"c-1"}
    assert set(Cluster.objects.filter(intent="draining").values_list("name", flat=True)) == {"a", "b"}
