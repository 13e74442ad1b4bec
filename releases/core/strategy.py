"""How a release is staged: a small value, and its JSON form with every wrong field named."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, TypeVar

from journal.core.reasons import FieldErrors, Reason, because

T = TypeVar("T")

NAMES = ("by-impact", "percent", "label", "switch")
ASKS = ("none", "each-wave", "horizon")
BACKS = ("restore", "ramp")
ALONES = ("in-place", "relocate")

# Fields that mean something to one strategy only; elsewhere they are refused rather than ignored.
_ONLY_FOR = {"percents": "percent", "label": "label", "order": "label"}

_WEEK_S = 7 * 24 * 3600
_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Amount:
    """A count, or a whole percentage of something."""

    value: int
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Strategy:
    """`percents` are rising bounds of cumulative load, the last 100. `few_below` is in load units or
    percent of the fleet's load; `parallel` a count or percent of the wave's Prods (rounded down, 1 at
    least). `failure_budget`: how many Prods of a wave may fail before no other starts. `back`: whether users
    come back all at once or by a ramp, watched for `ramp_watch_s` after each step of it. `alone`: what is done where nobody else serves a
    Route. `warm_up`: how many requests in a row a Prod must answer before users come to it; 0: none are sent."""

    name: str = "by-impact"
    percents: tuple[int, ...] = (10, 30, 50, 100)
    label: str = ""
    order: tuple[str, ...] = ()
    few_below: Amount = Amount(50)
    parallel: Amount = Amount(1)
    failure_budget: int = 0
    soak_s: int = 600
    drain_s: int = 5
    ready_timeout_s: int = 660
    ask: str = "none"
    approvals: int = 1
    back: str = "restore"
    ramp_watch_s: int = 60
    alone: str = "in-place"
    warm_up: int = 0


class BadStrategy(FieldErrors):
    """Every wrong field as (path, Reason), sorted by path; nothing was taken over."""


class _Wrong(Exception):
    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.reason = because(code, **params)


def parse_strategy(data: object, defaults: Strategy = Strategy()) -> Strategy:
    """The Strategy that `data` describes; fields that are missing come from `defaults`.

    Raises BadStrategy with every wrong field at once.

    >>> parse_strategy({"parallel": "25%"}).parallel
    Amount(value=25, percent=True)
    """
    if not isinstance(data, dict):
        raise BadStrategy((("", because("not-an-object")),))
    wrong = _misplaced(data, defaults)
    values: dict[str, Any] = {}
    for path in sorted(data.keys() & _PARSERS.keys()):
        try:
            values[path] = _PARSERS[path](data[path])
        except _Wrong as error:
            wrong.setdefault(path, error.reason)
    if wrong:
        raise BadStrategy(tuple(sorted(wrong.items())))
    kept = {field.name: getattr(defaults, field.name) for field in fields(Strategy)}
    return Strategy(**{**kept, **values})


def _misplaced(data: dict[Any, Any], defaults: Strategy) -> dict[str, Reason]:
    name = data.get("name", defaults.name)
    wrong = {str(key)[:63]: because("unknown-field") for key in data if key not in _PARSERS}
    for path, owner in _ONLY_FOR.items():
        if path in data and name in NAMES and name != owner:
            wrong[path] = because("field-of-another-strategy", strategy=owner)
    if name == "label":
        wrong.update({path: because("field-needed") for path in ("label", "order") if path not in data})
    return wrong


def strategy_to_json(strategy: Strategy) -> dict[str, Any]:
    """The JSON form that `parse_strategy` reads back; only the fields that mean something, sorted."""
    stored: dict[str, Any] = {}
    for field in sorted(fields(Strategy), key=lambda field: field.name):
        if _ONLY_FOR.get(field.name, strategy.name) == strategy.name:
            stored[field.name] = _plain(getattr(strategy, field.name))
    return stored


def _plain(value: Any) -> Any:
    match value:
        case Amount(value=number, percent=percent):
            return f"{number}%" if percent else number
        case tuple():
            return list(value)
        case _:
            return value


def _whole(low: int, high: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if type(value) is not int:  # bool is an int, and True is not 1 here
            raise _Wrong("not-a-whole-number")
        if not low <= value <= high:
            raise _Wrong("out-of-range", low=low, high=high)
        return value

    return parse


def _amount(low: int, high: int, low_percent: int) -> Callable[[object], Amount]:
    def parse(value: object) -> Amount:
        if isinstance(value, str):
            return Amount(_whole(low_percent, 100)(_percent(value)), percent=True)
        return Amount(_whole(low, high)(value))

    return parse


def _percent(text: str) -> int:
    digits = text.removesuffix("%")
    if not (text.endswith("%") and digits.isascii() and digits.isdigit() and len(digits) <= 3):
        raise _Wrong("not-a-whole-number-or-percent")
    return int(digits)


def _one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise _Wrong("not-one-of", choices=", ".join(choices))
        return value

    return parse


def _text(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 63 or not value.isprintable():
        raise _Wrong("not-a-short-text", limit=63)
    return value


def _percents(value: object) -> tuple[int, ...]:
    bounds = _list(value, 20, _whole(1, 100))
    if any(one >= other for one, other in pairwise(bounds)) or bounds[-1] != 100:
        raise _Wrong("not-rising-to-100")
    return bounds


def _order(value: object) -> tuple[str, ...]:
    values = _list(value, 50, _text)
    if len(set(values)) != len(values):
        raise _Wrong("listed-twice")
    return values


def _list(value: object, limit: int, parse: Callable[[object], T]) -> tuple[T, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= limit:
        raise _Wrong("not-a-short-list", limit=limit)
    return tuple(parse(item) for item in value)


_PARSERS: dict[str, Callable[[object], object]] = {
    "name": _one_of(NAMES),
    "percents": _percents,
    "label": _text,
    "order": _order,
    "few_below": _amount(0, 1_000_000_000, 0),
    "parallel": _amount(1, 1000, 1),
    "failure_budget": _whole(0, 1000),
    "soak_s": _whole(0, _WEEK_S),
    "drain_s": _whole(0, _DAY_S),
    "ready_timeout_s": _whole(1, _DAY_S),
    "ask": _one_of(ASKS),
    "approvals": _whole(1, 10),
    "alone": _one_of(ALONES),
    "back": _one_of(BACKS),
    "ramp_watch_s": _whole(0, _DAY_S),
    "warm_up": _whole(0, 1000),
}
