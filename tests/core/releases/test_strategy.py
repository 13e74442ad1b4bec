"""What a strategy may say, and that every wrong field is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.core.reasons import because
from releases.core.strategy import Amount, BadStrategy, Strategy, parse_strategy, strategy_to_json


def test_nothing_means_the_defaults():
    assert parse_strategy({}) == Strategy()
    assert (Strategy().name, Strategy().parallel, Strategy().soak_s) == ("by-impact", Amount(1), 600)


def test_defaults_can_be_given():
    assert parse_strategy({"ask": "horizon"}, Strategy(soak_s=5)) == Strategy(soak_s=5, ask="horizon")


@pytest.mark.parametrize(
    ("data", "strategy"),
    [
        pytest.param({"parallel": 3}, Strategy(parallel=Amount(3)), id="a count"),
        pytest.param({"parallel": "25%"}, Strategy(parallel=Amount(25, percent=True)), id="a percentage"),
        pytest.param({"few_below": "5%"}, Strategy(few_below=Amount(5, percent=True)), id="few in percent"),
        pytest.param(
            {"name": "percent", "percents": [50, 100]},
            Strategy(name="percent", percents=(50, 100)),
            id="percents",
        ),
        pytest.param(
            {"name": "label", "label": "ring", "order": ["canary"]},
            Strategy(name="label", label="ring", order=("canary",)),
            id="label",
        ),
        pytest.param({"soak_s": 0, "failure_budget": 2}, Strategy(soak_s=0, failure_budget=2), id="numbers"),
    ],
)
def test_fields_are_taken_over(data, strategy):
    assert parse_strategy(data) == strategy


WHOLE = because("not-a-whole-number")


@pytest.mark.parametrize(
    ("data", "path", "reason"),
    [
        pytest.param([], "", because("not-an-object"), id="a list for an object"),
        pytest.param(None, "", because("not-an-object"), id="nothing"),
        pytest.param({"wat": 1}, "wat", because("unknown-field"), id="unknown"),
        pytest.param({7: 1}, "7", because("unknown-field"), id="a number as a key"),
        pytest.param({"soak_s": True}, "soak_s", WHOLE, id="bool for int"),
        pytest.param({"soak_s": 1.0}, "soak_s", WHOLE, id="fraction for int"),
        pytest.param({"soak_s": "10"}, "soak_s", WHOLE, id="text for int"),
        pytest.param({"soak_s": None}, "soak_s", WHOLE, id="null for int"),
        pytest.param({"soak_s": -1}, "soak_s", because("out-of-range", low=0, high=604800), id="negative"),
        pytest.param({"approvals": 0}, "approvals", because("out-of-range", low=1, high=10), id="too few"),
        pytest.param(
            {"parallel": 0}, "parallel", because("out-of-range", low=1, high=1000), id="none at once"
        ),
        pytest.param(
            {"parallel": "0%"}, "parallel", because("out-of-range", low=1, high=100), id="0 percent"
        ),
        pytest.param({"parallel": "101%"}, "parallel", because("out-of-range", low=1, high=100), id="101 %"),
        pytest.param(
            {"parallel": "10"}, "parallel", because("not-a-whole-number-or-percent"), id="no percent sign"
        ),
        pytest.param(
            {"parallel": "２５%"}, "parallel", because("not-a-whole-number-or-percent"), id="other digits"
        ),
        pytest.param({"parallel": True}, "parallel", WHOLE, id="true at once"),
        pytest.param({"parallel": [1]}, "parallel", WHOLE, id="list for amount"),
        pytest.param(
            {"name": "fast"},
            "name",
            because("not-one-of", choices="by-impact, percent, label, switch"),
            id="name",
        ),
        pytest.param(
            {"name": ["percent"]},
            "name",
            because("not-one-of", choices="by-impact, percent, label, switch"),
            id="list",
        ),
        pytest.param({"ask": 1}, "ask", because("not-one-of", choices="none, each-wave, horizon"), id="ask"),
        pytest.param(
            {"percents": [100]},
            "percents",
            because("field-of-another-strategy", strategy="percent"),
            id="percents without percent",
        ),
        pytest.param({"name": "label", "label": "ring"}, "order", because("field-needed"), id="no order"),
        pytest.param(
            {"name": "percent", "percents": [50, 10, 100]},
            "percents",
            because("not-rising-to-100"),
            id="falling percents",
        ),
        pytest.param(
            {"name": "percent", "percents": [10]}, "percents", because("not-rising-to-100"), id="not to 100"
        ),
        pytest.param(
            {"name": "percent", "percents": "10,100"},
            "percents",
            because("not-a-short-list", limit=20),
            id="text for list",
        ),
        pytest.param(
            {"name": "percent", "percents": []}, "percents", because("not-a-short-list", limit=20), id="empty"
        ),
        pytest.param({"name": "percent", "percents": [10, True]}, "percents", WHOLE, id="bool in list"),
        pytest.param(
            {"name": "label", "label": "ring", "order": ["x", "x"]},
            "order",
            because("listed-twice"),
            id="twice",
        ),
        pytest.param(
            {"name": "label", "label": "ring", "order": ["x"] * 51},
            "order",
            because("not-a-short-list", limit=50),
            id="too many values",
        ),
        pytest.param(
            {"name": "label", "label": "", "order": ["x"]},
            "label",
            because("not-a-short-text", limit=63),
            id="empty label",
        ),
        pytest.param(
            {"name": "label", "label": "x" * 64, "order": ["x"]},
            "label",
            because("not-a-short-text", limit=63),
            id="long label",
        ),
        pytest.param(
            {"name": "label", "label": "a\nb", "order": ["x"]},
            "label",
            because("not-a-short-text", limit=63),
            id="control character",
        ),
    ],
)
def test_a_wrong_field_is_refused_by_name(data, path, reason):
    with pytest.raises(BadStrategy) as bad:
        parse_strategy(data)
    assert bad.value.errors == ((path, reason),)


def test_every_wrong_field_is_named_at_once():
    with pytest.raises(BadStrategy) as bad:
        parse_strategy({"soak_s": "x", "wat": 1, "ask": "maybe"})
    assert [path for path, _ in bad.value.errors] == ["ask", "soak_s", "wat"]


def test_a_long_unknown_key_is_cut():
    with pytest.raises(BadStrategy) as bad:
        parse_strategy({"x" * 10_000: 1})
    assert len(bad.value.errors[0][0]) == 63


amounts = st.builds(Amount, st.integers(1, 1000)) | st.builds(Amount, st.integers(1, 100), st.just(True))
common = {
    "few_below": amounts,
    "parallel": amounts,
    "failure_budget": st.integers(0, 1000),
    "soak_s": st.integers(0, 604_800),
    "ready_timeout_s": st.integers(1, 86_400),
    "ask": st.sampled_from(["none", "each-wave", "horizon"]),
    "approvals": st.integers(1, 10),
}
texts = st.text("abcz-/._é", min_size=1, max_size=63)
percents = st.sets(st.integers(1, 99), max_size=10).map(lambda some: (*sorted(some), 100))
any_strategy = (
    st.builds(Strategy, name=st.just("by-impact"), **common)
    | st.builds(Strategy, name=st.just("percent"), percents=percents, **common)
    | st.builds(
        Strategy,
        name=st.just("label"),
        label=texts,
        order=st.lists(texts, min_size=1, max_size=9, unique=True).map(tuple),
        **common,
    )
)


@given(any_strategy)
def test_the_json_form_is_read_back_as_it_was(strategy):
    stored = strategy_to_json(strategy)
    assert parse_strategy(stored) == strategy
    assert list(stored) == sorted(stored)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from([*strategy_to_json(Strategy()), "percents", "label", "order", "wat"])


@given(st.dictionaries(fields, json_values, max_size=6))
def test_whatever_comes_is_a_strategy_or_is_refused_by_field(data):
    try:
        parsed = parse_strategy(data)
    except BadStrategy as bad:
        wrong = {path for path, _ in bad.errors}
    else:
        wrong = set()
        assert parse_strategy(strategy_to_json(parsed)) == parsed
    assert wrong <= data.keys() | {"label", "order"}
