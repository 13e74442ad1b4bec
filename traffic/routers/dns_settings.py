"""Checks of settings that both DNS routers have. Each gives None where all is well."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from journal.core.reasons import Reason, because

CHECK_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
TTL_MAX_S = 300  # more would undo what weights and health checks are for


def ttl_problem(value: Any) -> Reason | None:
    return number_problem(value, 1, TTL_MAX_S)


def number_problem(value: Any, low: int, high: int) -> Reason | None:
    fine = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    return None if fine else because("out-of-range", low=low, high=high)


def switch_problem(value: Any) -> Reason | None:
    return None if isinstance(value, bool) else because("value-unknown", allowed="true, false")


def checks_problem(value: Any) -> Reason | None:
    """Of Prod -> id of a health check of Route 53."""
    fine = isinstance(value, dict) and all(
        isinstance(one, str) and CHECK_ID.fullmatch(one) for one in value.values()
    )
    return None if fine else because("dns-check-ids")


def unknown_fields(config: Mapping[str, Any], known: Collection[str]) -> dict[str, Reason]:
    return {name: because("value-unexpected") for name in config if name not in known}
