"""Label and field selectors as predicates over objects."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from simulator.errors import ApiError, bad_request
from simulator.kinds.kind import Kind
from simulator.kinds.words import key_problems, value_problems
from simulator.values import Obj, dig

Predicate = Callable[[Obj], bool]
SET_TERM = re.compile(r"^\s*([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)\s*$")
EQUAL_TERM = re.compile(r"^\s*([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)\s*$")
NUMBER = re.compile(r"-?\d+")
ORDER_TERM = re.compile(r"^\s*([\w./-]+)\s*(>|<)\s*([\w.-]*)\s*$")
EXISTS_TERM = re.compile(r"^\s*(!?)\s*([\w./-]+)\s*$")
COMMA_OUTSIDE_PARENTHESES = re.compile(r",(?![^(]*\))")


def everything(obj: Obj) -> bool:
    """The predicate of an empty selector."""
    return True


def label_predicate(text: str) -> Predicate:
    """Equality and set based label selectors; 400 when it cannot be parsed."""
    if not text.strip():
        return everything
    tests = [_label_test(term) for term in COMMA_OUTSIDE_PARENTHESES.split(text)]
    return lambda obj: all(test(obj["metadata"].get("labels") or {}) for test in tests)


def _label_test(term: str) -> Callable[[dict[str, str]], bool]:
    if found := ORDER_TERM.match(term):
        if not NUMBER.fullmatch(found[3]):
            raise _invalid_part(
                "values[0]", found[3], ("for 'Gt', 'Lt' operators, the value must be an integer",)
            )
        return _order_test(_checked_key(found[1]), found[2], int(found[3]))
    if found := SET_TERM.match(term):
        key, operator = _checked_key(found[1]), found[2]
        values = frozenset(_checked_value(key, value.strip()) for value in found[3].split(","))
        if operator == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if found := EQUAL_TERM.match(term):
        key, operator = _checked_key(found[1]), found[2]
        value = _checked_value(key, found[3])
        if operator == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if found := EXISTS_TERM.match(term):
        key, wanted = _checked_key(found[2]), not found[1]
        return lambda labels: (key in labels) is wanted
    raise bad_request(
        f"unable to parse requirement: found '{term.strip()}', expected: '=', '!=', '==', 'in', notin'"
    )


def _order_test(key: str, operator: str, bound: int) -> Callable[[dict[str, str]], bool]:
    def test(labels: dict[str, str]) -> bool:
        """Whether the label is a number beyond the bound."""
        value = labels.get(key, "")
        if not NUMBER.fullmatch(value):
            return False
        return int(value) > bound if operator == ">" else int(value) < bound

    return test


def _checked_key(key: str) -> str:
    if problems := key_problems(key):
        raise _invalid_part("<nil>", key, problems)
    return key


def _checked_value(key: str, value: str) -> str:
    if problems := value_problems(value):
        raise _invalid_part(f"values[0][{key}]", value, problems)
    return value


def _invalid_part(part: str, text: str, problems: tuple[str, ...]) -> ApiError:
    words = f'{part}: Invalid value: "{text}": {"; ".join(problems)}'
    return bad_request(f"unable to parse requirement: {words}")


def selector_matches(selector: Obj | None, labels: Obj | None) -> bool:
    """Whether a LabelSelector (matchLabels, matchExpressions) takes these labels."""
    labels = labels or {}
    for key, value in ((selector or {}).get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(_expression(term, labels) for term in (selector or {}).get("matchExpressions") or ())


def _expression(term: Obj, labels: Obj) -> bool:
    key, values = term["key"], term.get("values") or ()
    answers: dict[str, bool] = {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return answers[term["operator"]]


def field_predicate(text: str, kind: Kind) -> Predicate:
    """Field selectors with =, ==, !=; 400 for a label the kind does not know."""
    if not text.strip():
        return everything
    tests = [_field_test(term, kind) for term in text.split(",")]
    return lambda obj: all(test(obj) for test in tests)


def _field_test(term: str, kind: Kind) -> Predicate:
    for operator in ("!=", "==", "="):
        if operator in term:
            label, _, value = term.partition(operator)
            path, value = _field_path(label.strip(), kind), value.strip()
            if operator == "!=":
                return lambda obj: _text(obj, path) != value
            return lambda obj: _text(obj, path) == value
    raise bad_request(f"invalid selector: '{term}'; can't understand '{term}'")


def _field_path(label: str, kind: Kind) -> tuple[str, ...]:
    if label in ("metadata.name", "metadata.namespace"):
        return tuple(label.split("."))
    if label not in kind.field_labels and not kind.field_labels:
        known = '"metadata.name", "metadata.namespace"' if kind.namespaced else '"metadata.name"'
        raise bad_request(f'"{label}" is not a known field selector: only {known}')
    if label not in kind.field_labels:
        raise bad_request(f"field label not supported: {label}")
    return kind.field_labels[label]


def _text(obj: Obj, path: tuple[str, ...]) -> str:
    value: Any = dig(obj, *path)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def both(first: Predicate, second: Predicate) -> Predicate:
    """Whether both predicates hold."""
    if first is everything:
        return second
    if second is everything:
        return first
    return lambda obj: first(obj) and second(obj)
