"""What says where pods go: affinity, tolerations, spreading. Source: pkg/apis/core/validation/validation.go."""

from __future__ import annotations

from typing import Any

from simulator.kinds.causes import duplicate, invalid_value, required, unsupported
from simulator.kinds.kind import Cause
from simulator.kinds.label_selectors import check_expression, check_selector
from simulator.kinds.words import key_problems
from simulator.values import Obj

MUST, SHOULD = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")
ALL_KEYS = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'


def check_tolerations(tolerations: list[Obj], at: str, causes: list[Cause]) -> None:
    """Note what is wrong with tolerations of taints."""
    for n, one in enumerate(tolerations):
        here, key, operator = f"{at}[{n}]", one.get("key") or "", one.get("operator") or ""
        if key:
            causes += [invalid_value(f"{here}.key", key, problem) for problem in key_problems(key)]
        elif operator != "Exists":
            causes.append(invalid_value(f"{here}.operator", operator, ALL_KEYS))
        if one.get("tolerationSeconds") is not None and one.get("effect") != "NoExecute":
            words = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            causes.append(invalid_value(f"{here}.effect", one.get("effect") or "", words))
        if operator == "Exists" and one.get("value"):
            words = "value must be empty when `operator` is 'Exists'"
            causes.append(invalid_value(f"{here}.operator", one["value"], words))
        elif operator not in ("", "Equal", "Exists"):
            causes.append(unsupported(f"{here}.operator", operator, ("Equal", "Exists")))
        if one.get("effect") and one["effect"] not in EFFECTS:
            causes.append(unsupported(f"{here}.effect", one["effect"], EFFECTS))


def check_spread(constraints: list[Obj], at: str, causes: list[Cause]) -> None:
    """Note what is wrong with topologySpreadConstraints."""
    seen: list[tuple[Any, Any]] = []
    for n, one in enumerate(constraints):
        here, key, otherwise = f"{at}[{n}]", one.get("topologyKey"), one.get("whenUnsatisfiable") or ""
        if one.get("maxSkew", 0) <= 0:
            causes.append(
                invalid_value(f"{here}.maxSkew", one.get("maxSkew", 0), "must be greater than zero")
            )
        if not key:
            causes.append(required(f"{here}.topologyKey", "can not be empty"))
        if otherwise not in UNSATISFIABLE:
            causes.append(unsupported(f"{here}.whenUnsatisfiable", otherwise, UNSATISFIABLE))
        if (key, otherwise) in seen:
            place = f"{at}[{seen.index((key, otherwise))}].{{topologyKey, whenUnsatisfiable}}"
            causes.append(duplicate(place, f"{{{key}, {otherwise}}}"))
        seen.append((key, otherwise))


def check_affinity(affinity: Obj, at: str, causes: list[Cause]) -> None:
    """Note what is wrong with the affinity to nodes and to pods."""
    if affinity.get("nodeAffinity"):
        _check_nodes(affinity["nodeAffinity"], f"{at}.nodeAffinity", causes)
    for field in ("podAffinity", "podAntiAffinity"):
        rules, here = affinity.get(field) or {}, f"{at}.{field}"
        for n, term in enumerate(rules.get(MUST) or ()):
            _check_pod_term(term, f"{here}.{MUST}[{n}]", causes)
        for n, term in enumerate(rules.get(SHOULD) or ()):
            _check_weight(term, f"{here}.{SHOULD}[{n}]", causes)
            _check_pod_term(
                term.get("podAffinityTerm") or {}, f"{here}.{SHOULD}[{n}].podAffinityTerm", causes
            )


def _check_nodes(rules: Obj, at: str, causes: list[Cause]) -> None:
    if rules.get(MUST) is not None:
        terms, here = rules[MUST].get("nodeSelectorTerms"), f"{at}.{MUST}.nodeSelectorTerms"
        if not terms:
            causes.append(required(here, "must have at least one node selector term"))
        for n, term in enumerate(terms or ()):
            _check_node_term(term, f"{here}[{n}]", causes)
    for n, term in enumerate(rules.get(SHOULD) or ()):
        _check_weight(term, f"{at}.{SHOULD}[{n}]", causes)
        _check_node_term(term.get("preference") or {}, f"{at}.{SHOULD}[{n}].preference", causes)


def _check_weight(term: Obj, at: str, causes: list[Cause]) -> None:
    weight = term.get("weight", 0)
    if not 1 <= weight <= 100:
        causes.append(invalid_value(f"{at}.weight", weight, "must be in the range 1-100"))


def _check_node_term(term: Obj, at: str, causes: list[Cause]) -> None:
    for n, expression in enumerate(term.get("matchExpressions") or ()):
        check_expression(expression, f"{at}.matchExpressions[{n}]", causes, of_nodes=True)


def _check_pod_term(term: Obj, at: str, causes: list[Cause]) -> None:
    key = term.get("topologyKey") or ""
    if term.get("labelSelector"):
        check_selector(term["labelSelector"], f"{at}.labelSelector", causes)
    if not key:
        causes.append(required(f"{at}.topologyKey", "can not be empty"))
    causes += [invalid_value(f"{at}.topologyKey", key, problem) for problem in key_problems(key)]
