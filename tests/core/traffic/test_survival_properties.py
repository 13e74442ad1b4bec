"""The survival report of every fleet tells what its failover does."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from tests.core.traffic.fleets import fleets, hit_by
from traffic.core.facts import TrafficFacts
from traffic.core.failover import plan_failover
from traffic.core.plan import TrafficPlan
from traffic.core.survival import survival_of


def told(plan: TrafficPlan) -> tuple[int, int, int]:
    return (
        sum(o.tenants for o in plan.safe),
        sum(o.tenants for o in plan.waiting),
        sum(o.tenants for o in plan.lost),
    )


def taken_back(fleet: TrafficFacts, dying: str) -> TrafficFacts:
    """`fleet`, whose Prods there a rollback takes back to v1 from v2, which all have written their data."""
    places = (
        replace(one, version="v2", back="v1") if dying in {one.name, one.cluster} else one
        for one in fleet.places
    )
    routes = (
        replace(one, data_class=one.data_class.replace("stateless", "replicated")) for one in fleet.routes
    )
    return replace(fleet, places=tuple(places), routes=tuple(routes))


@pytest.mark.parametrize(("kind", "names"), [("cluster", "abcde"), ("prod", ("a-1", "b-1", "c-1"))])
@settings(max_examples=300)  # few fleets have a Route that another Version than its own may serve
@given(fleet=fleets())
def test_the_survival_report_tells_what_the_failover_will_do(kind, names, fleet):
    for dying in names:
        for state in (fleet, taken_back(fleet, dying)):
            row = survival_of(state, kind, [dying])[0]
            plan = plan_failover(state, **{f"{kind}s": [dying]})
            assert (row.safe, row.wait, row.lost_tenants) == told(plan)
            safe = {one.route for one in plan.safe}
            assert row.moved == sum(move.tenants for move in plan.moves if move.route not in safe)
            assert row.room == plan.room


@given(fleets())
def test_the_survival_report_counts_each_tenant_that_the_dead_served_once(fleet):
    tenants = {one.name: one.tenants for one in fleet.routes}
    for row in survival_of(fleet, "prod", [one.name for one in fleet.places]):
        served = sum(tenants[name] for name in hit_by(fleet, {row.name}))
        assert row.safe + row.moved + row.wait + row.lost_tenants == served
