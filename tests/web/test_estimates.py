"""How long a failover is said to take before anybody was moved: as routers took to show what was published last."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from releases.queries.estimates import Estimate, failover_estimate, published_s
from tests.api.test_automation import moved
from tests.traffic.edge import Edge
from traffic.models import Publication, RouteEpoch

pytestmark = pytest.mark.usefixtures("fleet")
NOW = timezone.now()
LONG_AGO = timedelta(hours=3)


def took(seconds: float, **which: str) -> None:
    """So long these Publications took, beginning when they were made."""
    made = NOW - LONG_AGO
    Publication.objects.filter(**which).update(made_at=made, since=made + timedelta(seconds=seconds))


@pytest.fixture
def edge() -> Edge:
    edge = Edge()
    RouteEpoch.objects.update(at=timezone.now() - 2 * LONG_AGO)
    edge.publish()
    return edge


def test_nothing_is_estimated_where_nothing_was_published() -> None:
    assert failover_estimate() is None


def test_nothing_is_estimated_from_what_no_router_has_shown_yet(edge: Edge) -> None:
    took(3)
    Publication.objects.update(state="pending")
    assert failover_estimate() is None


def test_the_slowest_router_of_each_route_counts_and_the_mean_of_the_routes(edge: Edge) -> None:
    took(2)
    took(4, instance__name="edge-2")
    assert published_s() == pytest.approx(4)
    took(10, route__name="staff")
    routes = Publication.objects.values("route").distinct().count()
    assert published_s() == pytest.approx((4 * (routes - 1) + 10) / routes)
    assert failover_estimate() == Estimate(round((4 * (routes - 1) + 10) / routes), "publications")


def test_it_counts_from_the_change_where_that_is_newer_than_the_publication(edge: Edge) -> None:
    took(50)
    assert published_s() == pytest.approx(50)
    changed = NOW - LONG_AGO + timedelta(seconds=47)
    RouteEpoch.objects.update(at=changed)
    assert published_s() == pytest.approx(3)


def test_one_that_waited_for_a_router_that_was_away_is_no_measure(edge: Edge) -> None:
    took(2)
    took(61, instance__name="edge-2", route__name="staff")
    assert published_s() == pytest.approx(2), "the other Routes measure"
    took(61, instance__name="edge-2")
    assert failover_estimate() is None, "the router that was quick is not taken for the slowest"


def test_what_moves_took_goes_before_it(edge: Edge) -> None:
    took(9)
    moved(3)
    Publication.objects.update(state="published", epoch=F("asked"))
    assert failover_estimate() == Estimate(3, "moves")
