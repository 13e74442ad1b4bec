"""Where each changed Prod goes back to, who is left, and when nothing can be taken back."""

from dataclasses import replace

import pytest

from journal.core.reasons import because
from releases.core.facts import VersionFacts
from releases.core.partners import read_partners
from releases.core.plan import From
from releases.core.rollback import Refusal, RollbackPlan, count_rounds, newest_proven, plan_rollback
from releases.core.strategy import Strategy
from releases.core.waves import plan_build, plan_release
from tests.core.releases.fleets import V1, V2, example_fleet, names_of

V0 = VersionFacts("v0.9.0", revision=1, proven=True, order=0, shares_data_with=("*",))
VERSIONS = (V0, V1, V2)
VETO = because("version-vetoed", version="v1.0.0", why="leaks")
LATER = because("changed-later", prod="c-1", run=9)
HAS = because("claimed-since", prod="c-1", run=9)
FIRST_THREE = ("c-2", "c-1", "a-2")


def roll_back(changed=FIRST_THREE, fleet=None, versions=VERSIONS, later=None, plan=None, done=None):
    planned_over = example_fleet()
    plan = plan or plan_release(planned_over, "shop", V2, Strategy())
    return plan_rollback(5, plan, changed, fleet or planned_over, versions, "v1.1.0", later or {}, done)


@pytest.mark.parametrize(
    ("until", "left"),
    [
        pytest.param("", (), id="no end"),
        pytest.param("soak", (), id="soak: none is through yet"),
        pytest.param("wait_ready", ("c-2",), id="wait_ready: one has it behind it"),
        pytest.param("set_version", ("a-2", "c-2"), id="set_version: two have"),
    ],
)
def test_going_back_ends_for_each_prod_with_the_step_that_its_version_names(until, left):
    bad = replace(V2, rollback="until" if until else "safe", until=until)
    done = {"c-2": {"set_version", "wait_ready"}, "a-2": {"set_version"}}
    planned = roll_back(versions=(V0, V1, bad), done=done)
    reasons = tuple(
        (prod, because("past-going-back", prod=prod, version="v1.1.0", until=until)) for prod in left
    )
    assert tuple(sorted(planned.left)) == reasons
    assert sorted(prod for prod, _ in planned.moves) == sorted({"a-2", "c-1", "c-2"} - {*left})


def test_each_changed_prod_goes_back_to_where_it_came_from():
    planned = roll_back()
    assert planned.moves == (("c-2", "v1.0.0"), ("a-2", "v1.0.0"), ("c-1", "v1.0.0"))
    assert (planned.plan.kind, planned.plan.version, planned.left) == ("rollback", "v1.0.0", ())


def test_a_rollback_is_one_wave_without_soak_that_no_failure_stops():
    (wave,) = roll_back().plan.waves
    assert wave.parallel == 3
    assert roll_back().plan.failure_budget == 3
    assert [(step.kind, dict(step.params)) for step in wave.prods[0].steps] == [
        ("set_version", {"version": "v1.0.0", "blueprint_revision": 1, "overrides_revision": 1}),
        ("wait_ready", {"timeout_s": 660}),
    ]


def test_overrides_and_blueprint_revision_go_back_too():
    came_from = From("v1.0.0", 1, 4)
    fleet = example_fleet(c_1={"came_from": came_from, "overrides_revision": 6})
    plan = plan_release(fleet, "shop", V2, Strategy())
    planned = roll_back(("c-1",), fleet, plan=plan)
    assert dict(planned.plan.waves[0].prods[0].steps[0].params)["overrides_revision"] == 4


def test_the_from_of_the_plan_counts_and_not_what_has_settled_since():
    done = {"version": "v1.1.0", "came_from": From("v1.1.0", 2, 1)}
    fleet = example_fleet(c_2=done, c_1=done, a_2=done)
    planned = roll_back(fleet=fleet)
    assert {version for _, version in planned.moves} == {"v1.0.0"}
    assert planned.on_bad == ("c-2", "a-2", "c-1")


def test_the_test_prod_goes_first_then_those_with_most_users():
    assert names_of(roll_back(("a-2", "b-1", "a-1", "b-2", "c-1", "c-2")).plan) == [
        ["c-2", "a-1", "b-2", "a-2", "b-1", "c-1"]
    ]


def test_it_says_who_is_concerned_each_route_once():
    planned = roll_back(("a-2", "b-1", "c-1"))
    assert (planned.tenants, planned.load, planned.rounds) == (320, 320, 2)


@pytest.mark.parametrize(
    ("versions", "target"),
    [
        pytest.param((V0, V1, V2), "v1.0.0", id="from"),
        pytest.param((V0, replace(V1, veto=VETO), V2), "v0.9.0", id="from is vetoed: the newest proven"),
        pytest.param(
            (V0, replace(V1, veto=VETO), V2, VersionFacts("v1.2.0", 2, order=3)), "v0.9.0", id="not unproven"
        ),
        pytest.param(
            (
                V0,
                replace(V1, veto=VETO),
                V2,
                VersionFacts("v1.2.0", 2, proven=True, order=3, shares_data_with=("v1.1.0",)),
            ),
            "v1.2.0",
            id="newer, proven, and declared to share the bad one's data",
        ),
        pytest.param(
            (V0, replace(V1, veto=VETO), V2, VersionFacts("v1.2.0", 2, proven=True, order=3)),
            "v0.9.0",
            id="not one that declares nothing about data",
        ),
        pytest.param(
            (
                V0,
                replace(V1, veto=VETO),
                replace(V2, shares_data_with=("v1.2.0",)),
                VersionFacts("v1.2.0", 2, proven=True, order=3),
            ),
            "v1.2.0",
            id="one that the bad one declares",
        ),
        pytest.param((V0, V2), "v0.9.0", id="from is not known"),
    ],
)
def test_where_from_cannot_be_the_newest_proven_version_is_taken(versions, target):
    planned = roll_back(versions=versions)
    assert {version for _, version in planned.moves} == {target}


def test_a_prod_that_came_from_the_bad_version_goes_to_a_proven_one():
    fleet = example_fleet(c_2={"came_from": From("v1.1.0", 2, 1)})
    plan = plan_release(fleet, "shop", V2, Strategy())
    planned = roll_back(fleet=fleet, plan=plan, versions=(V0, replace(V1, shares_data_with=("*",)), V2))
    assert dict(planned.moves)["c-2"] == "v1.0.0"


def test_the_bad_version_is_never_the_newest_proven_one():
    assert newest_proven((V0, replace(V2, proven=True)), "v1.1.0") == V0


@pytest.mark.parametrize(
    ("changes", "later", "reason"),
    [
        pytest.param({}, {"c-1": LATER}, LATER, id="a later run has changed it"),
        pytest.param({}, {"c-1": HAS}, HAS, id="a run that is not pre-empted has it"),
        pytest.param({"lifecycle": "retired"}, {}, because("prod-gone", prod="c-1"), id="retired"),
    ],
)
def test_a_prod_that_cannot_go_back_is_named_and_left(changes, later, reason):
    planned = roll_back(fleet=example_fleet(c_1=changes), later=later)
    assert planned.left == (("c-1", reason),)
    assert [prod for prod, _ in planned.moves] == ["c-2", "a-2"]


def test_a_prod_that_was_new_is_left_and_the_others_go_back():
    fleet = example_fleet(c_1={"came_from": From("", 0, 0)})
    plan = plan_release(fleet, "shop", V2, Strategy())
    planned = roll_back(fleet=fleet, plan=plan)
    assert planned.left == (("c-1", because("nothing-to-go-back-to", prod="c-1")),)


NEW = {"came_from": From("", 0, 0), "lifecycle": "building"}


@pytest.mark.parametrize(
    ("case", "reasons"),
    [
        pytest.param({"changed": ()}, (because("nothing-changed"),), id="nothing was changed"),
        pytest.param(
            {"versions": (V1, replace(V2, rollback="never"))},
            (because("rollback-declared-never", version="v1.1.0"),),
            id="declared never",
        ),
        pytest.param(
            {"changed": ("c-2",), "versions": (replace(V1, veto=VETO), V2)},
            (because("no-version-to-go-back-to", prod="c-2", version="v1.0.0"),),
            id="nowhere to go",
        ),
        pytest.param(
            {
                "changed": ("c-2", "c-1"),
                "later": {"c-2": replace(HAS, params=(("prod", "c-2"),)), "c-1": LATER},
            },
            (replace(HAS, params=(("prod", "c-2"),)), LATER),
            id="later runs have all of them",
        ),
        pytest.param(
            {"changed": ("a-1",), "plan": plan_build(example_fleet(a_1=NEW), "shop", ["a-1"])},
            (because("nothing-to-go-back-to", prod="a-1"),),
            id="a first build",
        ),
    ],
)
def test_a_rollback_that_cannot_be_is_refused_with_why(case, reasons):
    assert roll_back(**case) == Refusal(reasons)


def test_a_rollback_is_not_rolled_back():
    first = roll_back()
    again = roll_back(plan=first.plan)
    assert again == Refusal((because("no-rollback-of-rollback"),))


def test_a_build_over_a_prod_that_came_from_something_is_rolled_back():
    plan = plan_build(example_fleet(a_1={"version": "v1.1.0"}), "shop", ["a-1"])
    assert isinstance(roll_back(("a-1",), plan=plan), RollbackPlan)


def test_a_down_cluster_holds_its_prods_and_no_other():
    down = {"cluster_reason": because("cluster-unreachable", cluster="c"), "health": "unknown"}
    planned = roll_back(fleet=example_fleet(c_1=down))
    held = {prod.name for prod in planned.plan.waves[0].prods if prod.held}
    assert held == {"c-1"}


@pytest.mark.parametrize(
    ("prods", "rounds"),
    [
        pytest.param((), 0, id="nobody"),
        pytest.param(("a-1",), 1, id="one"),
        pytest.param(("a-1", "b-2", "c-1"), 1, id="no partners"),
        pytest.param(("a-2", "b-1", "a-1"), 2, id="two partners"),
    ],
)
def test_count_rounds(prods, rounds):
    assert count_rounds(prods, read_partners(example_fleet())) == rounds
