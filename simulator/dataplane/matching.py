"""From host, path and the rest of a request to the rule of an HTTPRoute. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulator.values import Obj, dig
from simulator.wire.messages import Request

Precedence = tuple[Any, ...]


@dataclass(slots=True)
class Rule:
    """One rule of a route as requests meet it. `memory` is what choosing among its backends remembers."""

    route: tuple[str, str]
    number: int
    spec: Obj
    memory: dict[int, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One match of a rule under one hostname pattern; lower precedence values come first."""

    precedence: Precedence
    match: Obj
    rule: Rule


class HostTable:
    """The entries of one listening port, by hostname pattern."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}

    def add(self, pattern: str, entry: Entry) -> None:
        """Serve an entry under a pattern: a name, *.domain, or * for any."""
        entries = self._entries.setdefault(pattern, [])
        entries.append(entry)
        entries.sort(key=lambda one: one.precedence)

    def drop(self, pattern: str, route: tuple[str, str]) -> None:
        """Forget the entries of a route under a pattern."""
        left = [entry for entry in self._entries.pop(pattern, ()) if entry.rule.route != route]
        if left:
            self._entries[pattern] = left

    def find(self, host: str, request: Request) -> Rule | None:
        """The rule for a request: the most exact hostname first, then the order of the Gateway API."""
        for pattern in patterns_for(host):
            for entry in self._entries.get(pattern, ()):
                if fits(entry.match, request):
                    return entry.rule
        return None


def patterns_for(host: str) -> Iterator[str]:
    """What may stand in a table for a host, most exact first.

    >>> list(patterns_for("a.b.example"))
    ['a.b.example', '*.b.example', '*.example', '*']
    """
    yield host
    rest = host
    while "." in rest:
        rest = rest.partition(".")[2]
        yield f"*.{rest}"
    yield "*"


def host_of(request: Request) -> str:
    """The host a request is for, without a port, in lower case."""
    return request.headers.get("host", "").rpartition("@")[2].split(":", maxsplit=1)[0].rstrip(".").lower()


def entries_of(route: Obj, old: list[Rule]) -> list[Entry]:
    """The entries of a route; rules whose backends are as before keep their memory."""
    meta = route["metadata"]
    key = (meta["namespace"], meta["name"])
    entries = []
    for number, spec in enumerate(dig(route, "spec", "rules") or ()):
        same = next(
            (rule for rule in old if rule.number == number and _backends(rule.spec) == _backends(spec)), None
        )
        rule = Rule(key, number, spec, same.memory if same else {})
        for match in spec.get("matches") or [{}]:
            order = (*precedence(match), meta.get("creationTimestamp") or "", key, number)
            entries.append(Entry(order, match, rule))
    return entries  # fmt: skip


def _backends(spec: Obj) -> Any:
    return spec.get("backendRefs")


def precedence(match: Obj) -> Precedence:
    """Exact path, longest prefix, a method, most headers, most query parameters; smaller comes first."""
    path = match.get("path") or {}
    return (
        path.get("type") != "Exact",
        -len(path.get("value") or "/"),
        not match.get("method"),
        -len(match.get("headers") or ()),
        -len(match.get("queryParams") or ()),
    )


def fits(match: Obj, request: Request) -> bool:
    """Whether a request is what a match asks for."""
    method = match.get("method")
    return (
        (not method or method == request.method)
        and _path_fits(match.get("path") or {}, request.path)
        and all(
            _value_fits(test, request.headers.get(test["name"].lower()))
            for test in match.get("headers") or ()
        )
        and all(_value_fits(test, request.query.get(test["name"])) for test in match.get("queryParams") or ())
    )


def _path_fits(test: Obj, path: str) -> bool:
    value, kind = test.get("value") or "/", test.get("type", "PathPrefix")
    if kind == "Exact":
        return bool(path == value)
    if kind == "RegularExpression":
        return re.fullmatch(value, path) is not None
    prefix = value.rstrip("/")
    return not prefix or path == prefix or path.startswith(prefix + "/")


def _value_fits(test: Obj, value: str | None) -> bool:
    if value is None:
        return False
    if test.get("type") == "RegularExpression":
        return re.fullmatch(test["value"], value) is not None
    return bool(value == test["value"])
