"""What users are to do: a small JSON file, which may be written anew while they do it."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simulator.wire.client import Address

LARGEST_RATE = 2000
NUMBERS = ("rate", "connect_s", "answer_s")
OTHERS = {"retry": bool, "order": str, "path": str, "seed": int}
HOSTNAME, PATH = re.compile(r"[A-Za-z0-9._-]{1,253}"), re.compile(r"/[!-~]*")


class BadPlan(ValueError):
    """A plan that makes no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whom a request is for."""

    group: str
    hostname: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`rate` is requests per second over all gateways; `retry` lets one that got no answer try the others."""

    gateways: tuple[Address, ...]
    tenants: tuple[Tenant, ...]
    rate: float = 20.0
    retry: bool = True
    order: str = "random"  # or round-robin
    path: str = "/"
    connect_s: float = 1.0
    answer_s: float = 3.0
    seed: int = 1


def parse_plan(text: str) -> Plan:
    """The plan in a JSON text; BadPlan.

    >>> parse_plan('{"gateways": ["127.0.0.1:80"], "groups": {"shop-r": ["t1.example"]}, "rate": 5}').tenants
    (Tenant(group='shop-r', hostname='t1.example'),)
    """
    try:
        body = json.loads(text)
    except ValueError as error:
        raise BadPlan(f"not JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadPlan("not an object")
    if body.get("order", "random") not in ("random", "round-robin"):
        raise BadPlan("order is random or round-robin")
    changes: dict[str, Any] = {name: _number(body, name) for name in NUMBERS if name in body}
    for name, kind in OTHERS.items():
        if not isinstance(body.get(name, kind()), kind):
            raise BadPlan(f"{name} is a {kind.__name__}")
    changes |= {name: body[name] for name in OTHERS if name in body}
    plan = replace(Plan(_gateways(body), _tenants(body)), **changes)
    if not PATH.fullmatch(plan.path):
        raise BadPlan("path is a path like /cart")
    return plan


def read_plan(path: Path) -> Plan | None:
    """The plan in a file, None while there is none; BadPlan."""
    try:
        return parse_plan(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadPlan(str(error)) from error


def turns(plan: Plan) -> Iterator[tuple[Tenant, tuple[Address, ...]]]:
    """Whose turn it is and the gateways in the order in which to try them, without end; the same for the same seed.
    Every tenant has had a turn before one has the next."""
    chance, tenants, number = random.Random(plan.seed), list(plan.tenants), 0
    while tenants:
        if plan.order == "random":
            chance.shuffle(tenants)
        for tenant in tenants:
            first = number % len(plan.gateways)
            yield tenant, plan.gateways[first:] + plan.gateways[:first]
            number += 1
        number += (
            len(tenants) % len(plan.gateways) == 0
        )  # else a tenant would meet the same gateway each time


def _number(body: dict[str, Any], name: str) -> float:
    value = body[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LARGEST_RATE:
        raise BadPlan(f"{name} is a number above 0, up to {LARGEST_RATE}")
    return float(value)


def _gateways(body: dict[str, Any]) -> tuple[Address, ...]:
    found = []
    for text in body.get("gateways") or ():
        host, _, port = str(text).rpartition(":")
        if host not in ("127.0.0.1", "localhost") or not port.isdecimal() or not 0 < int(port) < 65536:
            raise BadPlan(f"{text!r} is not a gateway of this machine like 127.0.0.1:20080")
        found.append(("127.0.0.1", int(port)))
    if not found:
        raise BadPlan("there are no gateways")
    return tuple(found)


def _tenants(body: dict[str, Any]) -> tuple[Tenant, ...]:
    groups = body.get("groups")
    if not isinstance(groups, dict) or not all(isinstance(names, list) for names in groups.values()):
        raise BadPlan("groups is an object of lists of hostnames")
    tenants = tuple(Tenant(group, str(name)) for group, names in sorted(groups.items()) for name in names)
    bad = next((tenant.hostname for tenant in tenants if not HOSTNAME.fullmatch(tenant.hostname)), None)
    if bad is not None:
        raise BadPlan(f"{bad!r} is not a hostname")
    return tenants
