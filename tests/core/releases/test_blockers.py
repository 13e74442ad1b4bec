"""The table of what holds back a plan of each kind."""

from dataclasses import replace

import pytest

from journal.core.reasons import because
from releases.core.blockers import blockers, held_back, stale_blocker
from releases.core.facts import FleetFacts
from releases.core.plan import Blocker, Plan
from releases.core.rollback import RollbackPlan, plan_rollback
from releases.core.strategy import Strategy
from releases.core.waves import plan_build, plan_release
from tests.core.releases.fleets import V1, V2, example_fleet

HOLD = because("held", why="looking", by="mio")
DOWN = because("cluster-unreachable", cluster="a")
FREEZE = because("line-stopped", why="fire", by="mio")
VETO = because("version-vetoed", version="v1.1.0", why="leaks")
EVERY = ("c-2", "a-1", "b-2", "a-2", "b-1", "c-1")


def plan_of(kind: str, fleet: FleetFacts) -> Plan:
    release = plan_release(fleet, "shop", V2, Strategy())
    if kind == "release":
        return release
    if kind == "build":
        return plan_build(fleet, "shop", EVERY)
    planned = plan_rollback(1, release, EVERY, fleet, (V1, V2), "v1.1.0", {})
    assert isinstance(planned, RollbackPlan)
    return planned.plan


@pytest.mark.parametrize("kind", ["release", "build", "rollback"])
def test_nothing_holds_back_a_plan_over_a_fleet_that_is_well(kind):
    fleet = example_fleet()
    assert blockers(plan_of(kind, fleet), fleet, V1, V2) == ()


CLAIMED = {"claimed_by": 7, "claimed_kind": "release"}
CASES = {
    "cluster down": (
        {"a_1": {"cluster_reason": DOWN, "health": "unknown"}},
        {
            "release": [Blocker(DOWN, ("a-1",))],
            "build": [Blocker(DOWN, ("a-1",))],
            "rollback": [Blocker(DOWN, ("a-1",))],
        },
    ),
    "cluster of a partner down": (
        {"a_2": {"cluster_reason": DOWN, "health": "unknown"}},
        {
            "release": [
                Blocker(DOWN, ("a-2",)),
                Blocker(because("partner-not-healthy", partner="a-2", route="shop-r-1"), ("b-1",)),
            ],
            "build": [
                Blocker(DOWN, ("a-2",)),
                Blocker(because("partner-not-healthy", partner="a-2", route="shop-r-1"), ("b-1",)),
            ],
            "rollback": [Blocker(DOWN, ("a-2",))],
        },
    ),
    "both clusters of two partners down": (
        {name: {"cluster_reason": DOWN, "health": "unknown"} for name in ("a_2", "b_1")},
        {kind: [Blocker(DOWN, ("a-2", "b-1"))] for kind in ("release", "build", "rollback")},
    ),
    "claim": (
        {"a_1": CLAIMED, "c_2": CLAIMED, "b_2": {"claimed_by": 9, "claimed_kind": "build"}},
        {
            "release": [
                Blocker(because("claimed", run=7, kind="release"), ("c-2", "a-1")),
                Blocker(because("claimed", run=9, kind="build"), ("b-2",)),
            ],
            "build": [
                Blocker(because("claimed", run=7, kind="release"), ("c-2", "a-1")),
                Blocker(because("claimed", run=9, kind="build"), ("b-2",)),
            ],
            "rollback": [],
        },
    ),
    "hold": (
        {"c_1": {"held": HOLD}},
        {
            "release": [Blocker(HOLD, ("c-1",))],
            "build": [Blocker(HOLD, ("c-1",))],
            "rollback": [Blocker(HOLD, ("c-1",))],
        },
    ),
}


@pytest.mark.parametrize("kind", ["release", "build", "rollback"])
@pytest.mark.parametrize("case", CASES)
def test_what_holds_back_single_prods(case, kind):
    changes, expected = CASES[case]
    fleet = example_fleet(**changes)
    assert list(blockers(plan_of(kind, fleet), fleet, V1, V2)) == expected[kind]


@pytest.mark.parametrize(
    ("kind", "held"),
    [("release", [Blocker(FREEZE)]), ("build", [Blocker(FREEZE)]), ("rollback", [])],
)
def test_a_freeze_holds_back_everything_but_a_rollback(kind, held):
    fleet = replace(example_fleet(), freeze=FREEZE)
    assert list(blockers(plan_of(kind, fleet), fleet, V1, V2)) == held


def test_a_vetoed_version_holds_back_the_whole_release():
    fleet = example_fleet()
    assert blockers(plan_of("release", fleet), fleet, replace(V2, veto=VETO)) == (Blocker(VETO),)


def test_a_veto_on_where_a_rollback_goes_holds_it_back():
    fleet = example_fleet()
    veto = because("version-vetoed", version="v1.0.0", why="leaks")
    assert blockers(plan_of("rollback", fleet), fleet, replace(V1, veto=veto), V2) == (Blocker(veto),)


def test_a_veto_on_one_of_several_versions_holds_back_its_prods():
    fleet = example_fleet(a_1={"version": "v1.1.0"})
    plan = plan_of("build", fleet)
    assert blockers(plan, fleet, V1, replace(V2, veto=VETO)) == (Blocker(VETO, ("a-1",)),)


def test_a_version_without_an_image_holds_back_the_whole_release():
    fleet = example_fleet()
    missing = replace(V2, missing=("frontend", "api"))
    why = because("images-missing", version="v1.1.0", components="api, frontend")
    assert blockers(plan_of("release", fleet), fleet, missing) == (Blocker(why),)


NEEDY = replace(V2, secrets=("database", "tls"))


@pytest.mark.parametrize(
    ("seen", "code", "names"),
    [
        pytest.param({"secrets": (("database", "there"), ("tls", "there"))}, None, "", id="all there"),
        pytest.param(
            {"secrets": (("database", "missing"), ("tls", "there"))},
            "secrets-missing",
            "database",
            id="missing",
        ),
        pytest.param(
            {"secrets": (("database", "there"),)}, "secrets-unknown", "tls", id="not looked for yet"
        ),
        pytest.param(
            {"secrets": (("database", "unknown"), ("tls", "unknown"))},
            "secrets-unknown",
            "database, tls",
            id="nobody may look",
        ),
        pytest.param(
            {
                "secrets": (("database", "there"), ("tls", "there"), ("mine", "missing")),
                "patch_secrets": ("mine",),
            },
            "secrets-missing",
            "mine",
            id="of its own patch",
        ),
        pytest.param(
            {"secrets": (("database", "there"), ("old", "missing"), ("tls", "there"))},
            None,
            "",
            id="one that another Version needs",
        ),
    ],
)
def test_a_prod_without_a_secret_that_it_needs_waits(seen, code, names):
    all_there = {"secrets": (("database", "there"), ("tls", "there"))}
    others = dict.fromkeys(("a_2", "b_1", "b_2", "c_1", "c_2"), all_there)
    fleet = example_fleet(a_1={"namespace": "prod-a-1", **seen}, **others)
    expected = (
        [Blocker(because(code, prod="a-1", namespace="prod-a-1", secrets=names), ("a-1",))] if code else []
    )
    plan = plan_release(fleet, "shop", NEEDY, Strategy())
    assert list(blockers(plan, fleet, NEEDY)) == expected
    assert list(held_back(plan, fleet, NEEDY).blocked) == [prod for one in expected for prod in one.prods]


def test_a_rollback_does_not_wait_for_secrets():
    fleet = example_fleet()
    assert blockers(plan_of("rollback", fleet), fleet, replace(V1, secrets=("database",)), V2) == ()


def test_a_plan_without_prods_says_so():
    fleet = example_fleet()
    plan = plan_release(fleet, "blog", V2, Strategy())
    assert blockers(plan, fleet, V2) == (Blocker(because("no-prods", blueprint="blog")),)


def test_what_holds_everything_comes_first():
    fleet = replace(example_fleet(c_1={"held": HOLD}), freeze=FREEZE)
    found = blockers(plan_of("release", fleet), fleet, V2)
    assert [bool(blocker.prods) for blocker in found] == [False, True]


def test_a_runs_own_claims_do_not_hold_it_back():
    fleet = example_fleet(a_1=CLAIMED)
    assert blockers(plan_of("release", fleet), fleet, V2, run=7) == ()


def test_claims_of_prods_that_are_not_in_the_plan_do_not_count():
    fleet = example_fleet(a_1=CLAIMED)
    plan = plan_release(fleet, "shop", V2, Strategy(), (("a-1", "busy"),))
    assert blockers(plan, fleet, V2) == ()


def test_the_standing_blockers_of_a_run_leave_claims_and_partners_out():
    fleet = example_fleet(
        a_2={"cluster_reason": DOWN, "health": "unknown", **CLAIMED}, c_1={"held": HOLD, **CLAIMED}
    )
    standing = held_back(plan_of("release", fleet), fleet, V2)
    assert (standing.stopped, standing.blocked) == (None, {"a-2": DOWN, "c-1": HOLD})
    frozen = replace(fleet, freeze=FREEZE)
    assert held_back(plan_of("release", frozen), frozen, V2).stopped == FREEZE


def test_a_plan_that_is_no_longer_the_one_that_was_read_is_stale():
    assert stale_blocker("a" * 64, "a" * 64) is None
    assert stale_blocker("a" * 64, "b" * 64) == Blocker(because("plan-stale", shown="a" * 12, now="b" * 12))
