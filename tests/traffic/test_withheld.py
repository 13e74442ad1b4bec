"""A tenant that changes its Route stays bound where it is until it is read back at the other."""

from dataclasses import replace

import pytest
from django.utils import timezone

from clusters.models import Prod
from journal.core.reasons import reason_from_json
from journal.sentences import sentence
from tests import build
from tests.traffic.edge import Edge
from traffic.actions import move_tenant, remove_tenant
from traffic.engine.publishing import AGAIN
from traffic.models import Publication, Tenant

pytestmark = pytest.mark.django_db
TENANT = "shop-s-0001"


@pytest.fixture
def edge(db: None) -> Edge:
    build.fleet(whole_groups=True)
    edge = Edge()
    edge.publish()
    return edge


@pytest.fixture
def host(edge: Edge) -> str:
    """A hostname of the tenant, who is on the way from shop-s to shop-t."""
    move_tenant(build.person("admin"), TENANT, {"route": "shop-t"})
    return Tenant.objects.get(name=TENANT).hostnames[0]


def publication(route: str) -> Publication:
    return Publication.objects.get(route__name=route, instance__name="edge-1")


def bound(edge: Edge, host: str) -> set[str]:
    return {route for route, one in edge.routers["edge-1"].published.items() if host in one.hostnames}


def why(route: str) -> tuple[str, str]:
    reason = publication(route).reason
    return reason.get("code", ""), reason.get("params", {}).get("why", "")


def test_it_is_bound_on_both_before_it_leaves(edge: Edge, host: str) -> None:
    seen: list[set[str]] = []
    edge.routers["edge-1"].before_write = lambda write: seen.append(bound(edge, host))
    edge.publish("edge-1")
    assert seen[0] == {"shop-s"} and seen[-1] == {"shop-s", "shop-t"} and bound(edge, host) == {"shop-t"}
    assert publication("shop-s").state == publication("shop-t").state == "published"


def test_it_stays_where_the_new_binding_was_dropped_and_goes_later(edge: Edge, host: str) -> None:
    edge.routers["edge-1"].faults.drops = iter([True])
    edge.publish()
    assert bound(edge, host) == {"shop-s"}
    assert publication("shop-s").state == "pending"
    assert why("shop-s") == ("replacement-not-there", "router-hostname-missing")
    told = sentence(reason_from_json(publication("shop-s").reason))
    assert told.startswith("Nothing is taken away yet") and "the Route shop-t" in told and host in told
    due = publication("shop-s").due_at
    assert due is not None and due <= timezone.now() + AGAIN
    assert Publication.objects.get(route__name="shop-s", instance__name="edge-2").state == "published"
    edge.publish("edge-1")
    assert bound(edge, host) == {"shop-t"} and publication("shop-s").state == "published"


def test_it_stays_while_nobody_knows_where_the_new_route_is_served(edge: Edge, host: str) -> None:
    there = Prod.objects.filter(memberships__route__name="shop-t", memberships__weight__gt=0)
    homes = dict(there.values_list("pk", "endpoint"))
    Prod.objects.filter(pk__in=homes).update(endpoint="")
    edge.publish("edge-1")
    assert why("shop-t")[0] == "prod-without-endpoint" and bound(edge, host) == {"shop-s"}
    assert why("shop-s") == ("replacement-not-there", "router-hostname-missing")
    for pk, endpoint in homes.items():
        Prod.objects.filter(pk=pk).update(endpoint=endpoint)
    edge.publish("edge-1")
    assert bound(edge, host) == {"shop-t"} and publication("shop-s").state == "published"


@pytest.mark.parametrize("there", [True, False], ids=["has it", "has lost it"])
def test_while_nothing_is_mended_it_leaves_only_for_a_route_that_has_it(
    edge: Edge, host: str, there: bool
) -> None:
    """The new Route is as it was asked, so it is not due: it is looked at all the same."""
    router = edge.routers["edge-1"]
    router.faults.drops = iter([False, False, False, True])
    edge.publish("edge-1")
    assert bound(edge, host) == {"shop-s", "shop-t"} and why("shop-s") == ("router-hostname-extra", "")
    if not there:
        now = router.published["shop-t"]
        router.published["shop-t"] = replace(
            now, hostnames=tuple(one for one in now.hostnames if one != host)
        )
    edge.publish("edge-1", mends=False)
    assert bound(edge, host) == {"shop-t" if there else "shop-s"}
    assert publication("shop-s").state == ("published" if there else "pending")


def test_a_tenant_who_leaves_is_bound_nowhere(edge: Edge) -> None:
    host = Tenant.objects.get(name=TENANT).hostnames[0]
    remove_tenant(build.person("release-manager"), TENANT, "has left")
    edge.publish("edge-1")
    assert bound(edge, host) == set() and publication("shop-s").state == "published"
