"""A release over the example fleet, pass by pass, with the clusters played by the test."""

import pytest

from clusters.models import Prod
from releases import actions
from releases.models import Claim, Run
from releases.preview import preview_release
from tests import build
from tests.engine.driver import advance, finish, in_flight
from traffic.models import RouteOut

pytestmark = pytest.mark.django_db


@pytest.fixture
def release() -> Run:
    build.fleet()
    preview = preview_release("shop", "v1.1.0", {}, [])
    return actions.start_release(
        build.person("release-manager"), "shop", "v1.1.0", {}, [], preview.plan.digest
    )


def test_waves_go_in_the_order_of_the_plan(release: Run) -> None:
    seen = finish(release)
    order = [prods for prods in dict.fromkeys(tuple(prods) for prods in seen) if prods]
    assert release.state == "succeeded"
    assert order == [("c-2",), ("c-1",), ("a-2",), ("b-1",), ("a-1",), ("b-2",)]


def test_a_done_release_settles_its_prods_and_frees_them(release: Run) -> None:
    finish(release)
    assert {prod.settled_version.name for prod in Prod.objects.all()} == {"v1.1.0"}
    assert not Claim.objects.exists() and not RouteOut.objects.exists()


def test_a_second_start_message_starts_nothing_twice(release: Run) -> None:
    advance(release)
    advance(release)
    assert in_flight(release) == ["c-2"]
