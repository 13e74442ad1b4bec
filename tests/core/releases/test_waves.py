"""Which Prods, in which waves, in which order, with which Steps."""

from dataclasses import replace

import pytest

from journal.core.reasons import Refused, because
from releases.core.plan import From, PlannedProd
from releases.core.strategy import Strategy
from releases.core.waves import plan_build, plan_release
from tests.core.releases.fleets import OLD, V2, example_fleet, make_route, names_of


def planned(plan, name: str) -> PlannedProd:
    return next(prod for wave in plan.waves for prod in wave.prods if prod.name == name)


def release(fleet=None, strategy=None, exclude=()):
    return plan_release(fleet or example_fleet(), "shop", V2, strategy or Strategy(), exclude)


def test_the_example_fleet_is_released_in_the_order_of_the_source():
    plan = release()
    assert names_of(plan) == [["c-2"], ["c-1"], ["a-2", "b-1"], ["a-1", "b-2"]]
    assert [wave.name for wave in plan.waves] == ["test", "few", "redundant", "single"]


def test_every_prod_says_why_it_is_where_it_is():
    plan = release()
    assert {prod.name: prod.reason for wave in plan.waves for prod in wave.prods} == {
        "c-2": because("test-prod"),
        "c-1": because("few-users", load=20, limit=50),
        "a-2": because("redundant-users", tenants=300, load=300),
        "b-1": because("redundant-users", tenants=300, load=300),
        "a-1": because("single-users", routes=4, load=400),
        "b-2": because("single-users", routes=4, load=400),
    }


def test_standby_prods_come_last():
    fleet = example_fleet(b_2={"role": "standby"})
    assert names_of(release(fleet))[-1] == ["b-2"]
    assert release(fleet).waves[-1].name == "reserve"


@pytest.mark.parametrize(
    ("members", "name"),
    [
        pytest.param(("a-2", "b-1"), "redundant", id="another domain"),
        pytest.param(("a-2", "a-1"), "single", id="the same domain only"),
        pytest.param(("a-2",), "single", id="nobody else"),
    ],
)
def test_redundant_means_another_failure_domain(members, name):
    fleet = replace(example_fleet(), routes=(make_route("r", 90, *members),))
    plan = release(fleet)
    assert "a-2" in [prod.name for wave in plan.waves if wave.name == name for prod in wave.prods]


def test_a_partner_that_is_still_being_built_makes_nobody_redundant():
    fleet = example_fleet(b_1={"lifecycle": "building"})
    assert planned(release(fleet), "a-2").reason.code == "single-users"


def test_health_has_no_part_in_the_class():
    fleet = example_fleet(b_1={"health": "not-ready"})
    assert planned(release(fleet), "a-2").reason.code == "redundant-users"


def test_within_a_class_less_load_goes_first_then_the_name():
    routes = (make_route("r1", 70, "b-2"), make_route("r2", 80, "a-2"), make_route("r3", 80, "a-1"))
    fleet = replace(example_fleet(), routes=routes)
    assert names_of(release(fleet))[-1] == ["b-2", "a-1", "a-2"]


@pytest.mark.parametrize(("load", "name"), [(49, "few"), (50, "single"), (51, "single")])
def test_few_means_below_the_limit(load, name):
    fleet = replace(example_fleet(), routes=(make_route("r", load, "a-1"),))
    plan = release(fleet)
    assert "a-1" in [prod.name for wave in plan.waves if wave.name == name for prod in wave.prods]


def test_retired_prods_and_other_blueprints_are_not_selected():
    fleet = example_fleet(a_1={"lifecycle": "retired"}, b_2={"blueprint": "blog"})
    assert [name for wave in names_of(release(fleet)) for name in wave] == ["c-2", "c-1", "a-2", "b-1"]


def test_an_excluded_prod_is_named_with_its_why():
    plan = release(exclude=(("c-2", "being repaired"), ("a-1", "sale today")))
    assert names_of(plan) == [["c-1"], ["a-2", "b-1"], ["b-2"]]
    assert plan.excluded == (("a-1", "sale today"), ("c-2", "being repaired"))


@pytest.mark.parametrize(
    ("exclude", "reason"),
    [
        pytest.param((("z-9", "why"),), because("prod-unknown", prod="z-9"), id="unknown"),
        pytest.param((("a-1", "x"), ("a-1", "y")), because("exclude-twice", prod="a-1"), id="twice"),
        pytest.param((("a-1", " "),), because("exclude-needs-reason", prod="a-1"), id="no reason"),
    ],
)
def test_a_wrong_exclusion_is_refused_by_name(exclude, reason):
    with pytest.raises(Refused) as refused:
        release(exclude=exclude)
    assert refused.value.reasons == (reason,)


def test_a_prod_gets_set_version_then_wait_ready_then_soak():
    steps = planned(release(strategy=Strategy(soak_s=5, ready_timeout_s=60)), "a-1").steps
    assert [(step.kind, dict(step.params)) for step in steps] == [
        ("set_version", {"version": "v1.1.0", "blueprint_revision": 2, "overrides_revision": 1}),
        ("wait_ready", {"timeout_s": 60}),
        ("soak", {"soak_s": 5}),
    ]
    assert planned(release(), "a-1").came_from == OLD


def test_no_soak_is_planned_for_zero_seconds():
    steps = planned(release(strategy=Strategy(soak_s=0)), "a-1").steps
    assert [step.kind for step in steps] == ["set_version", "wait_ready"]


def test_a_prod_that_is_there_already_is_proven_again_but_not_soaked():
    there = {"version": "v1.1.0", "blueprint_revision": 2, "came_from": From("v1.1.0", 2, 1)}
    plan = release(example_fleet(c_2=there))
    assert [step.kind for step in planned(plan, "c-2").steps] == ["set_version", "wait_ready"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"version": "v1.1.0"}, id="asked, never settled"),
        pytest.param({"came_from": From("v1.1.0", 2, 1)}, id="settled, then asked for another"),
        pytest.param({"version": "v1.1.0", "came_from": From("v1.1.0", 2, 9)}, id="with other overrides"),
    ],
)
def test_a_prod_that_is_not_quite_there_is_released_in_full(changes):
    plan = release(example_fleet(c_2=changes))
    assert [step.kind for step in planned(plan, "c-2").steps] == ["set_version", "wait_ready", "soak"]


DOWN = because("cluster-unreachable", cluster="a")


def test_a_cluster_that_is_down_holds_its_prods_and_the_partners_that_must_stay():
    down = {"cluster_reason": DOWN, "health": "unknown"}
    plan = release(example_fleet(a_1=down, a_2=down))
    held = {prod.name: prod.held for wave in plan.waves for prod in wave.prods if prod.held}
    assert held == {
        "a-1": DOWN,
        "a-2": DOWN,
        "b-1": because("partner-not-healthy", partner="a-2", route="shop-r-1"),
    }


@pytest.mark.parametrize(
    ("own", "partner", "held"),
    [
        pytest.param("ready", "ready", False, id="both serve"),
        pytest.param("ready", "down", True, id="the partner is down"),
        pytest.param("ready", "unknown", True, id="the partner is unknown"),
        pytest.param("down", "down", False, id="both down: repair is allowed"),
        pytest.param("not-ready", "down", True, id="it serves in part, and nobody else does"),
        pytest.param("not-ready", "not-ready", True, id="both serve in part"),
        pytest.param("unknown", "not-ready", True, id="it may be the last that serves"),
    ],
)
def test_who_must_stay_in_service_is_held(own, partner, held):
    plan = release(example_fleet(a_2={"health": own}, b_1={"health": partner}))
    assert (planned(plan, "a-2").held is not None) is held


def test_a_hold_is_shown_on_its_prod():
    hold = because("held", why="investigating", by="mio")
    assert planned(release(example_fleet(c_1={"held": hold})), "c-1").held == hold


@pytest.mark.parametrize(
    ("ask", "gated"),
    [
        pytest.param("none", [], id="none"),
        pytest.param("each-wave", [2, 3, 4], id="each wave but the first"),
        pytest.param("horizon", [4], id="where nobody is left on the old version"),
    ],
)
def test_gates_ask_where_the_strategy_says(ask, gated):
    plan = release(strategy=Strategy(ask=ask, approvals=2))
    assert [number for number, wave in enumerate(plan.waves, 1) if wave.gates] == gated
    assert {dict(gate.params)["approvals"] for wave in plan.waves for gate in wave.gates} <= {2}


@pytest.mark.parametrize(
    ("changes", "wave"),
    [
        pytest.param({}, 4, id="the last wave"),
        pytest.param({"a_1": {"version": "v1.1.0", "came_from": From("v1.1.0", 2, 1)}}, 4, id="one there"),
        pytest.param({"b_2": {"role": "standby"}}, 5, id="standby counts"),
        pytest.param(
            {"a_1": {"held": because("held", why="x", by="y")}}, None, id="a held well Prod stays behind"
        ),
        pytest.param(
            {"a_1": {"held": because("held", why="x", by="y"), "health": "not-ready"}}, 4, id="a held ill one"
        ),
        pytest.param(
            {name: {"came_from": From("", 0, 0)} for name in ("a_1", "a_2", "b_1", "b_2", "c_1", "c_2")},
            None,
            id="nothing to go back to from the start",
        ),
    ],
)
def test_the_horizon_is_where_nobody_good_remains(changes, wave):
    horizon = release(example_fleet(**changes)).horizon
    assert (horizon and horizon.wave) == wave


def test_a_test_prod_keeps_no_way_back_open():
    fleet = example_fleet(c_2={"labels": (("ring", "late"),)})
    ringed = tuple(
        prod if prod.labels else replace(prod, labels=(("ring", "early"),)) for prod in fleet.prods
    )
    strategy = Strategy(name="label", label="ring", order=("early", "late"))
    plan = release(replace(fleet, prods=ringed), strategy)
    assert names_of(plan)[-1] == ["c-2"]
    assert plan.horizon.wave == 1


def test_a_member_of_weight_0_is_no_partner():
    fleet = example_fleet(c_1={"health": "not-ready"})
    spare = replace(make_route("r", 90, "a-1"), members=(("a-1", 100), ("c-1", 0)))
    plan = release(replace(fleet, routes=(*fleet.routes, spare)))
    assert planned(plan, "a-1").held is None


def test_an_excluded_prod_that_is_well_keeps_the_way_back_open():
    assert release(exclude=(("a-1", "sale today"),)).horizon is None


def test_no_prods_make_an_empty_plan():
    assert plan_release(example_fleet(), "blog", V2, Strategy()).waves == ()


def test_a_build_is_one_wave_of_all_at_once_that_no_failure_stops():
    fleet = example_fleet(a_1={"lifecycle": "building", "came_from": From("", 0, 0), "health": "unknown"})
    plan = plan_build(fleet, "shop", ["a-1", "a-2"], ready_timeout_s=60)
    (wave,) = plan.waves
    assert (wave.parallel, plan.failure_budget, plan.version, plan.kind) == (2, 2, "v1.0.0", "build")
    assert [step.kind for step in wave.prods[0].steps] == ["set_version", "wait_ready"]
    assert [prod.name for prod in wave.prods] == ["a-2", "a-1"]


def test_prods_that_are_being_built_do_not_hold_each_other():
    new = {"lifecycle": "building", "came_from": From("", 0, 0), "health": "unknown"}
    plan = plan_build(example_fleet(a_2=new, b_1=new), "shop", ["a-2", "b-1"])
    assert [prod.held for prod in plan.waves[0].prods] == [None, None]


def test_a_build_of_several_versions_names_each_on_its_prod():
    plan = plan_build(example_fleet(a_1={"version": "v0.9.0"}), "shop", ["a-1", "a-2"])
    assert plan.version == ""
    assert {prod.name: prod.version for prod in plan.waves[0].prods} == {"a-1": "v0.9.0", "a-2": "v1.0.0"}


def test_a_build_of_an_unknown_prod_is_refused():
    with pytest.raises(Refused):
        plan_build(example_fleet(), "shop", ["a-1", "z-9"])
