"""What a LabelSelector has to be like. Source: k8s.io/apimachinery/pkg/apis/meta/v1/validation."""

from __future__ import annotations

from typing import Any

from simulator.kinds.kind import Cause
from simulator.kinds.marks import label_causes
from simulator.kinds.words import key_problems
from simulator.values import Obj, compact

FIELDS = ("matchLabels", "matchExpressions")
WITH_VALUES, WITHOUT_VALUES = ("In", "NotIn"), ("Exists", "DoesNotExist")
NEEDS_VALUES = "Required value: must be specified when `operator` is 'In' or 'NotIn'"
NEEDS_NONE = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"


def shown_selector(selector: Obj) -> str:
    """The selector as errors show it."""
    parts = (f'"{field}":{compact(selector[field])}' for field in FIELDS if selector.get(field))
    return "{" + ",".join(parts) + "}"


def check_selector(selector: Obj, at: str, causes: list[Cause]) -> None:
    """Note what a real server would refuse about a selector."""
    if selector.get("matchLabels"):
        causes += label_causes(selector["matchLabels"], f"{at}.matchLabels")
    for n, term in enumerate(selector.get("matchExpressions") or ()):
        check_expression(term, f"{at}.matchExpressions[{n}]", causes)


def check_expression(term: Obj, at: str, causes: list[Cause], of_nodes: bool = False) -> None:
    """Note what is wrong with one term; those that select nodes may compare numbers, too."""
    operator, values = term.get("operator"), term.get("values")
    if operator in WITH_VALUES:
        if not values:
            causes.append(Cause(f"{at}.values", NEEDS_VALUES, "FieldValueRequired"))
    elif operator in WITHOUT_VALUES:
        if values:
            causes.append(Cause(f"{at}.values", NEEDS_NONE, "FieldValueForbidden"))
    elif of_nodes and operator in ("Gt", "Lt"):
        if len(values or ()) != 1:
            words = "Required value: must be specified single value when `operator` is 'Lt' or 'Gt'"
            causes.append(Cause(f"{at}.values", words, "FieldValueRequired"))
    else:
        causes.append(_invalid(f"{at}.operator", operator or "", "not a valid selector operator"))
    key = term.get("key") or ""
    causes += [_invalid(f"{at}.key", key, problem) for problem in key_problems(key)]


def _invalid(at: str, value: Any, words: str) -> Cause:
    return Cause(at, f'Invalid value: "{value}": {words}')
