"""Rates of requests as sources tell them, and as small charts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from traffic.core.demand import (
    KEPT_S,
    OLD_S,
    BadAnswer,
    Rate,
    chart,
    parse_counters,
    parse_vectors,
)

NOW = datetime(2026, 7, 1, 3, 0, tzinfo=UTC)


def vector(*rows: tuple[dict[str, str], str]) -> dict[str, Any]:
    return {"data": {"result": [{"metric": metric, "value": [1, value]} for metric, value in rows]}}


def at(seconds_ago: float) -> datetime:
    return NOW - timedelta(seconds=seconds_ago)


def test_seconds_of_counters_are_one_rate() -> None:
    body = {"series": [{"prod": "a-1", "version": "", "requests": [10, 20], "errors": [10, 20]}]}
    assert parse_counters(body) == {("a-1", ""): Rate(15.0, 15.0)}


def test_errors_without_requests_are_requests_too() -> None:
    found = parse_vectors(vector(), vector(({"prod": "a-1", "version": "v1"}, "3")))
    assert found == {("a-1", "v1"): Rate(3.0, 3.0)}


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-1"])
def test_what_is_no_rate_is_none(value: str) -> None:
    assert parse_vectors(vector(({"prod": "a-1"}, value)), vector()) == {("a-1", ""): Rate()}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"series": 1},
        {"series": [{}]},
        {"series": [{"prod": "a", "version": "", "requests": "x"}]},
    ],
)
def test_nonsense_of_counters_is_refused(body: Any) -> None:
    with pytest.raises(BadAnswer):
        parse_counters(body)


@pytest.mark.parametrize(
    "body",
    [None, {}, {"data": {"result": [{"metric": {}, "value": [1, "1"]}]}}, vector(({"prod": "a"}, "x"))],
)
def test_nonsense_of_prometheus_is_refused(body: Any) -> None:
    with pytest.raises(BadAnswer):
        parse_vectors(body, vector())


def test_nothing_is_drawn_where_nothing_is_known() -> None:
    assert chart((), NOW) is None


def test_errors_are_drawn_in_front_of_the_requests_at_one_scale() -> None:
    drawn = chart([(at(10), Rate(10, 0)), (at(5), Rate(10, 5))], NOW)
    assert drawn is not None
    assert (drawn.good.count("Z"), drawn.bad.count("Z")) == (2, 1)
    assert "V0H" in drawn.good and "V14H" in drawn.bad


def test_one_scale_lets_charts_be_compared() -> None:
    drawn = chart([(at(5), Rate(10, 0))], NOW, top=20)
    assert drawn is not None and "V14H" in drawn.good


@pytest.mark.parametrize(("ago", "old"), [(OLD_S, False), (OLD_S + 1, True)])
def test_numbers_grow_old_after_fifteen_seconds(ago: int, old: bool) -> None:
    drawn = chart([(at(ago), Rate(10, 0))], NOW)
    assert drawn is not None and drawn.is_old is old


def test_what_is_older_than_the_chart_is_left_out() -> None:
    drawn = chart([(at(KEPT_S + 60), Rate(10, 0))], NOW)
    assert drawn is not None and drawn.good == ""
