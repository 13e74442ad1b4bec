"""What is wrong with Routes as they are is said wherever a person looks: lists, pages, Failover."""

from collections.abc import Iterator
from typing import Any

import pytest

from clusters.models import Cluster
from tests import build
from tests.traffic.edge import Edge
from tests.traffic.standing import standing_fleet
from tests.web.conftest import Browser
from traffic.models import RouterInstance

NEAR = "It is to be in two failure domains and is only in tokyo."
NOBODY = "None of its members is known to serve well."
READ = "viewer"


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        yield


@pytest.fixture(autouse=True)
def edge(db: None) -> Edge:
    build.fresh()
    edge = Edge()
    edge.publish()
    return edge


def shown(browser: Browser, path: str) -> str:
    return str(browser(READ).get(path).content.decode())


PAGES = ["/routes/", "/routes/shop-r/", "/failover/"]


@pytest.mark.parametrize("path", PAGES)
def test_redundancy_that_the_fleet_cannot_give_is_said(browser: Browser, path: str) -> None:
    assert NEAR not in shown(browser, path)
    Cluster.objects.filter(name__in="ab").update(failure_domain="tokyo")
    assert NEAR in shown(browser, path)


@pytest.mark.parametrize("path", PAGES)
def test_a_route_that_nobody_serves_is_said(browser: Browser, path: str) -> None:
    build.observe("a-2", ready=0)
    build.observe("b-1", ready=1)
    assert NOBODY not in shown(browser, path)
    build.observe("b-1", ready=0)
    assert NOBODY in shown(browser, path)


@pytest.mark.parametrize("tenant", ["shop-s-0001", "shop-r-0001", "staff-0001"])
def test_a_tenant_is_told_of_the_cluster_that_has_all_its_routers(browser: Browser, tenant: str) -> None:
    stands = build.cluster("edge-x", "tokyo-edge")
    RouterInstance.objects.filter(name="edge-1").update(cluster=stands)
    path = f"/tenants/{tenant}/"
    assert "If edge-x dies" not in shown(browser, path), "the other router leads there"
    RouterInstance.objects.filter(name="edge-2").delete()
    said = shown(browser, path)
    after = said[said.index("If edge-x dies") :]
    assert after.index(">lost<") < after.index("None of the routers that it is published on is left.")
