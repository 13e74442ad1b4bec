"""A release over a fleet of which one cluster is real and the others are simulated: nobody can tell."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from clusters.core.kubeconfig import Credentials
from clusters.models import Cluster, Prod
from journal.models import Event
from releases.models import Run
from simulator.testing import Fleet, start_fleet
from tests import build
from tests.adapters.kubernetes.control_plane import ControlPlane
from tests.adapters.kubernetes.story import (
    built,
    carry_out,
    images,
    is_known,
    registered,
    released,
    rolled_back,
    watched,
)
from traffic.actions import TenantGroup, load_tenants

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulated() -> Iterator[Fleet]:
    with start_fleet(["a", "b"], pod_start=(0.1, 0.3)) as fleet:
        yield fleet


@pytest.fixture
def prods(control_plane: ControlPlane, simulated: Fleet, transactional_db: None) -> Iterator[list[Prod]]:
    """The example fleet, built; cluster `c` is the real one."""
    described = build.example_fleet()
    reached = {
        name: Credentials(access.server, token=access.token) for name, access in simulated.clusters.items()
    }
    clusters = [registered(name, one) for name, one in (reached | {"c": control_plane.credentials}).items()]
    build.shop(build.person("admin"))
    with watched(*clusters):
        assert is_known("c")
        prods = [built(one["name"], one["cluster"], role=one["role"]) for one in described["prods"]]
        serve(described["tenants"])
        yield prods


def serve(tenants: list[dict[str, Any]]) -> None:
    groups = [
        TenantGroup(one["group"], one["count"], one["load"], one["redundancy"], tuple(one["prods"]))
        for one in tenants
    ]
    load_tenants(build.person("admin"), groups)


def order(run: Run) -> list[str]:
    """The Prods in the order in which they were begun."""
    begun = Event.objects.filter(run_id=run.pk, kind="step.set_version", to_state="running")
    return list(begun.order_by("pk").values_list("prod", flat=True))


def test_the_example_release_runs_over_both_in_its_order_and_goes_back(prods: list[Prod]) -> None:
    run = carry_out(released("shop", "v1.1.0"))
    assert run.state == "succeeded", run.reason
    begun = order(run)
    assert begun[:2] == ["c-2", "c-1"]
    assert (set(begun[2:4]), set(begun[4:])) == ({"a-2", "b-1"}, {"a-1", "b-2"})
    for prod in prods:
        assert images(prod) == {"api": {"v1.1.0"}, "frontend": {"v1.1.0"}}, prod
    for one, other in pairwise(begun):
        assert ended(run, one) <= began(run, other), "one at a time"
    back = rolled_back(run)
    assert back.state == "succeeded", back.reason
    for prod in prods:
        assert images(prod) == {"api": {"v1.0.0"}, "frontend": {"v1.0.0"}}, prod


def test_a_bad_version_stops_on_the_real_cluster_before_it_reaches_users(prods: list[Prod]) -> None:
    run = carry_out(released("shop", "v1.2.0"))
    assert (run.state, order(run)) == ("failed", ["c-2"])
    untouched = [prod for prod in prods if prod.name != "c-2"]
    assert [images(prod)["api"] for prod in untouched] == [{"v1.0.0"}] * len(untouched)
    assert {cluster.health for cluster in Cluster.objects.all()} == {"healthy"}


def began(run: Run, prod: str) -> int:
    """The number of the Event with which the Prod was begun."""
    found = Event.objects.filter(run_id=run.pk, prod=prod, kind="step.set_version", to_state="running")
    return int(found.earliest("pk").pk)


def ended(run: Run, prod: str) -> int:
    """The number of the Event with which the Prod's last step was done."""
    found = Event.objects.filter(run_id=run.pk, prod=prod, kind__startswith="step.", to_state="succeeded")
    return int(found.latest("pk").pk)
