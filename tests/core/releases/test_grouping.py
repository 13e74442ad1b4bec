"""Waves by percent of load and by label, and the limits in them."""

import pytest

from journal.core.reasons import because
from releases.core.grouping import parallel_limit, percent_bounds
from releases.core.impact import few_limit
from releases.core.plan import PlannedProd
from releases.core.strategy import Amount, Strategy
from releases.core.waves import plan_release
from tests.core.releases.fleets import V2, example_fleet, names_of


def planned(plan, name: str) -> PlannedProd:
    return next(prod for wave in plan.waves for prod in wave.prods if prod.name == name)


def release(fleet=None, strategy=None, exclude=()):
    return plan_release(fleet or example_fleet(), "shop", V2, strategy or Strategy(), exclude)


def test_percent_waves_are_upper_bounds_of_load_in_impact_order():
    plan = release(strategy=Strategy(name="percent"))
    assert [wave.name for wave in plan.waves] == ["10%", "30%", "50%", "100%"]
    assert names_of(plan) == [["c-2", "c-1"], ["a-2"], ["b-1"], ["a-1", "b-2"]]
    assert planned(plan, "a-2").reason == because("within-percent", percent=30, load=300)


@pytest.mark.parametrize(
    ("loads", "percents", "bounds"),
    [
        pytest.param(
            [3, 20, 300, 300, 400, 400], (10, 30, 50, 100), [10, 10, 30, 50, 100, 100], id="example"
        ),
        pytest.param([0, 0, 0, 0], (25, 100), [25, 100, 100, 100], id="nobody has load"),
        pytest.param([100], (10, 100), [100], id="one too large for the first"),
        pytest.param([10, 90], (10, 100), [10, 100], id="exactly the bound"),
        pytest.param([0, 10, 0, 90, 0], (5, 10, 100), [5, 10, 10, 100, 100], id="standby at the end"),
        pytest.param([], (10, 100), [], id="nobody"),
    ],
)
def test_percent_bounds(loads, percents, bounds):
    assert percent_bounds(loads, percents) == bounds


def test_empty_percent_waves_vanish():
    plan = release(strategy=Strategy(name="percent", percents=(1, 2, 3, 100)))
    assert [wave.name for wave in plan.waves] == ["1%", "2%", "100%"]


def test_label_waves_take_the_values_in_their_order_and_the_rest_last():
    fleet = example_fleet(
        a_1={"labels": (("ring", "early"),)},
        b_2={"labels": (("ring", "canary"),)},
        c_1={"labels": (("ring", "late"),)},
    )
    plan = release(fleet, Strategy(name="label", label="ring", order=("canary", "early")))
    assert [wave.name for wave in plan.waves] == ["ring=canary", "ring=early", "other"]
    assert names_of(plan) == [["b-2"], ["a-1"], ["c-2", "c-1", "a-2", "b-1"]]


def test_a_label_value_called_other_is_not_the_rest():
    fleet = example_fleet(a_1={"labels": (("ring", "other"),)})
    plan = release(fleet, Strategy(name="label", label="ring", order=("other",)))
    assert [wave.name for wave in plan.waves] == ["ring=other", "other"]


@pytest.mark.parametrize(
    ("amount", "prods", "limit"),
    [
        pytest.param(Amount(1), 10, 1, id="one"),
        pytest.param(Amount(25, percent=True), 10, 2, id="rounded down"),
        pytest.param(Amount(25, percent=True), 3, 1, id="one at least"),
        pytest.param(Amount(100, percent=True), 7, 7, id="all"),
    ],
)
def test_parallel_limit(amount, prods, limit):
    assert parallel_limit(amount, prods) == limit


@pytest.mark.parametrize(
    ("amount", "total", "limit"),
    [
        pytest.param(Amount(50), 1423, 50, id="units"),
        pytest.param(Amount(5, percent=True), 1423, 72, id="percent rounded up"),
        pytest.param(Amount(0), 1423, 0, id="no few"),
    ],
)
def test_few_limit(amount, total, limit):
    assert few_limit(amount, total) == limit
