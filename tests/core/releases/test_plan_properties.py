"""What holds for the plan of any fleet: who is in it, in which order, and what its digest covers."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from journal.core.reasons import because
from releases.core.digest import digest
from releases.core.facts import RouteFacts
from releases.core.impact import CLASSES, impacts
from releases.core.plan import Plan, PlannedStep
from releases.core.plan_json import plan_from_json, plan_to_json
from releases.core.strategy import Strategy
from releases.core.waves import plan_build, plan_release
from tests.core.releases.fleet_strategies import fleets, strategies
from tests.core.releases.fleets import V2, example_fleet
from traffic.core.plan import Left

plans = st.builds(lambda fleet, strategy: plan_release(fleet, "shop", V2, strategy), fleets(), strategies)


def example_plan(**changes) -> Plan:
    return plan_release(example_fleet(**changes), "shop", V2, Strategy())


@given(fleets(), strategies)
def test_every_selected_prod_is_in_exactly_one_wave(fleet, strategy):
    plan = plan_release(fleet, "shop", V2, strategy)
    planned = [prod.name for wave in plan.waves for prod in wave.prods]
    assert sorted(planned) == [prod.name for prod in fleet.prods if prod.lifecycle != "retired"]
    assert all(wave.prods for wave in plan.waves)


@given(fleets(), strategies)
def test_class_order_is_never_violated(fleet, strategy):
    plan = plan_release(fleet, "shop", V2, replace(strategy, name="by-impact"))
    ranks = [CLASSES.index(wave.name) for wave in plan.waves]
    assert ranks == sorted(set(ranks))
    ours = [prod for prod in fleet.prods if prod.lifecycle != "retired"]
    order = [one.prod.name for one in impacts(fleet, ours, strategy.few_below)]
    assert [prod.name for wave in plan.waves for prod in wave.prods] == order


@given(fleets(), strategies)
def test_percent_waves_keep_the_order_of_impact_and_their_bounds(fleet, strategy):
    plan = plan_release(fleet, "shop", V2, replace(strategy, name="percent"))
    ours = [prod for prod in fleet.prods if prod.lifecycle != "retired"]
    order = impacts(fleet, ours, strategy.few_below)
    assert [prod.name for wave in plan.waves for prod in wave.prods] == [one.prod.name for one in order]
    loads = {one.prod.name: one.load for one in order}
    total, reached = sum(loads.values()), 0
    for wave in plan.waves:
        reached += sum(loads[prod.name] for prod in wave.prods)
        assert reached * 100 <= int(wave.name.removesuffix("%")) * total


@given(fleets(), strategies, st.randoms())
def test_the_plan_does_not_depend_on_the_order_in_which_facts_come(fleet, strategy, random):
    prods, routes = list(fleet.prods), list(fleet.routes)
    random.shuffle(prods)
    random.shuffle(routes)
    shuffled = replace(fleet, prods=tuple(prods), routes=tuple(routes))
    assert plan_release(shuffled, "shop", V2, strategy) == plan_release(fleet, "shop", V2, strategy)


@given(plans)
def test_a_plan_is_stored_and_read_back_as_it_was(plan):
    back = plan_from_json(json.loads(json.dumps(plan_to_json(plan))))
    assert back == plan
    assert digest(back) == plan.digest


def test_who_stays_is_stored_and_read_back_and_plans_from_before_that_are_read():
    stays = Left("shop-s-1", 4, 40, because("writer-stays", prod="a-1"))
    plan = replace(example_plan(), staying=(stays,))
    stored = json.loads(json.dumps(plan_to_json(plan)))
    assert plan_from_json(stored) == plan
    del stored["staying"]
    assert plan_from_json(stored) == replace(plan, staying=())


@given(fleets())
def test_a_build_is_stored_and_read_back_as_it_was(fleet):
    alive = [prod.name for prod in fleet.prods if prod.lifecycle != "retired"]
    plan = plan_build(fleet, "shop", alive)
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


@given(plans, plans)
def test_two_plans_have_the_same_digest_when_and_only_when_their_content_is_the_same(one, other):
    assert (content(one) == content(other)) is (one.digest == other.digest)


def content(plan: Plan) -> object:
    """The plan without the numbers in its Reasons, its facts and its digest."""
    stored = plan_to_json(plan)
    del stored["digest"], stored["fingerprint"]
    return _without_params(stored)


def _without_params(value: object) -> object:
    if isinstance(value, dict) and set(value) == {"code", "params"}:
        return value["code"]
    if isinstance(value, dict):
        return {key: _without_params(inner) for key, inner in value.items()}
    return [_without_params(inner) for inner in value] if isinstance(value, list) else value


def test_a_load_that_goes_from_20_to_21_makes_no_plan_stale():
    fleet = example_fleet()
    more = tuple(
        replace(route, load=21, tenants=21) if route.name == "shop-u-1" else route for route in fleet.routes
    )
    plan = plan_release(replace(fleet, routes=more), "shop", V2, Strategy())
    assert plan != example_plan()
    assert (plan.digest, plan.fingerprint) == (example_plan().digest, example_plan().fingerprint)


def _first(plan: Plan, **changes) -> Plan:
    wave = plan.waves[0]
    prods = (replace(wave.prods[0], **changes), *wave.prods[1:])
    return replace(plan, waves=(replace(wave, prods=prods), *plan.waves[1:]))


def test_each_part_of_the_content_changes_the_digest():
    plan = example_plan()
    first = plan.waves[0].prods[0]
    changed = [
        replace(plan, version="v1.2.0"),
        replace(plan, kind="build"),
        replace(plan, waves=tuple(reversed(plan.waves))),
        replace(plan, waves=plan.waves[:-1]),
        replace(plan, excluded=(("z-9", "why"),)),
        replace(plan, failure_budget=1),
        replace(plan, horizon=None),
        replace(plan, waves=(replace(plan.waves[0], parallel=9), *plan.waves[1:])),
        replace(plan, waves=(replace(plan.waves[0], gates=(PlannedStep("ask"),)), *plan.waves[1:])),
        _first(plan, came_from=replace(first.came_from, overrides_revision=2)),
        _first(plan, steps=first.steps[:-1]),
        _first(plan, reason=because("few-users", load=1, limit=2)),
        _first(plan, held=because("held", why="x", by="y")),
        _first(plan, version="v9"),
    ]
    assert len({digest(other) for other in changed} | {plan.digest}) == len(changed) + 1


def test_the_fingerprint_covers_domain_role_from_and_who_shares_routes():
    fleet = example_fleet()
    shared = RouteFacts("new", "two-domain", 1, 1, (("a-1", 50), ("b-2", 50)))
    prints = {
        plan_release(changed, "shop", V2, Strategy()).fingerprint
        for changed in (
            fleet,
            example_fleet(a_1={"domain": "osaka-dc2"}),
            example_fleet(a_1={"role": "standby"}),
            example_fleet(a_1={"came_from": replace(fleet.prods[0].came_from, blueprint_revision=7)}),
            replace(fleet, routes=(*fleet.routes, shared)),
        )
    }
    assert len(prints) == 5
