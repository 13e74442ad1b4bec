"""The plans of one Prod's change and end, and whom a Prod would leave behind."""

import pytest

from journal.core.reasons import Refused
from releases.core.blockers import blockers
from releases.core.leaving import left_unserved
from releases.core.lifecycle import Change, plan_change, plan_retire
from releases.core.partners import read_partners
from releases.core.plan_json import plan_from_json, plan_to_json

from .fleets import example_fleet, make_route

CHANGE = Change(overrides_revision=2, content="ab" * 32, soak_s=60)


def kinds(plan):
    return [step.kind for wave in plan.waves for prod in wave.prods for step in prod.steps]


def test_a_change_is_set_proven_and_watched_on_the_version_that_is_asked():
    plan = plan_change(example_fleet(), "a-1", CHANGE)
    (prod,) = plan.waves[0].prods
    assert kinds(plan) == ["set_version", "wait_ready", "soak"]
    assert dict(prod.steps[0].params)["overrides_revision"] == 2
    assert (prod.version, prod.came_from.overrides_revision) == ("v1.0.0", 1)


def test_a_change_without_soak_has_no_soak():
    assert kinds(plan_change(example_fleet(), "a-1", Change(2, "ab", 0))) == ["set_version", "wait_ready"]


CHANGES = {
    "other content": Change(2, "cd" * 32, 60),
    "another number": Change(3, "ab" * 32, 60),
    "another soak": Change(2, "ab" * 32, 61),
}


@pytest.mark.parametrize("other", CHANGES.values(), ids=CHANGES.keys())
def test_the_digest_covers_what_is_approved(other):
    fleet = example_fleet()
    assert plan_change(fleet, "a-1", CHANGE).digest != plan_change(fleet, "a-1", other).digest
    assert plan_change(fleet, "a-1", CHANGE).digest == plan_change(fleet, "a-1", CHANGE).digest


def test_a_retire_leaves_service_first_and_takes_the_namespace_last():
    assert kinds(plan_retire(example_fleet(), "b-1")) == [
        "leave_service",
        "delete_objects",
        "delete_namespace",
    ]


def test_other_routes_are_another_plan():
    fleet = example_fleet()
    more = type(fleet)(fleet.prods, (*fleet.routes, make_route("shop-r-4", 1, "a-2", "b-1")))
    assert plan_retire(fleet, "b-1").digest != plan_retire(more, "b-1").digest


@pytest.mark.parametrize(
    "plan", [plan_retire(example_fleet(), "b-1"), plan_change(example_fleet(), "a-1", CHANGE)]
)
def test_the_stored_form_is_exact(plan):
    assert plan_from_json(plan_to_json(plan)) == plan


@pytest.mark.parametrize("name", ["z-9", "b-1"])
def test_a_prod_that_is_not_there_or_retired_is_refused(name):
    fleet = example_fleet(b_1={"lifecycle": "retired"})
    for plan in (lambda: plan_retire(fleet, name), lambda: plan_change(fleet, name, CHANGE)):
        with pytest.raises(Refused) as refused:
            plan()
        assert refused.value.reasons[0].code == "no-such-prod"


def left(prod, **changes):
    fleet = example_fleet(**changes)
    return [reason.code for reason in left_unserved(prod, fleet, read_partners(fleet))]


LEFT = [
    ("a-1", {}, ["serves-alone"]),
    ("c-2", {}, ["serves-alone"]),
    ("b-1", {}, []),
    ("b-1", {"a_2": {"health": "unknown"}}, ["leaves-to-ill"]),
    ("b-1", {"a_2": {"lifecycle": "out-of-service"}}, ["leaves-to-ill"]),
    ("b-1", {"b_1": {"health": "down"}}, []),
]


@pytest.mark.parametrize(("prod", "changes", "codes"), LEFT)
def test_nobody_is_left_unserved(prod, changes, codes):
    assert left(prod, **changes) == codes


def test_a_member_without_weight_counts_for_nothing():
    fleet = example_fleet()
    silent = type(fleet.routes[0])("shop-x", "none", 5, 5, (("a-1", 100), ("b-2", 0)))
    fleet = type(fleet)(fleet.prods, (silent,))
    partners = read_partners(fleet)
    assert [reason.code for reason in left_unserved("a-1", fleet, partners)] == ["serves-alone"]
    assert left_unserved("b-2", fleet, partners) == ()


BLOCKED = [
    ({"b_1": {"claimed_by": 7, "claimed_kind": "release"}}, "claimed"),
    ({"a_2": {"health": "down"}}, "leaves-to-ill"),
]


@pytest.mark.parametrize(("changes", "code"), BLOCKED)
def test_what_stands_against_a_retire_is_named(changes, code):
    fleet = example_fleet(**changes)
    assert [one.reason.code for one in blockers(plan_retire(fleet, "b-1"), fleet)] == [code]


def test_a_change_that_cannot_start_now_says_why_in_its_plan():
    fleet = example_fleet(a_2={"health": "down"})
    (prod,) = plan_change(fleet, "b-1", CHANGE).waves[0].prods
    assert prod.held and prod.held.code == "partner-not-healthy"
