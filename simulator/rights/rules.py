"""RBAC rules: what they say and whether one allows a request.

Source: pkg/apis/rbac/v1/evaluation_helpers.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.values import Obj

ANY = "*"
FIELDS = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")


class BadRules(ValueError):
    """Rules that make no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody wants to do. `namespace` is empty at the cluster scope."""

    verb: str
    group: str
    resource: str
    subresource: str = ""
    name: str = ""
    namespace: str = ""

    @property
    def combined(self) -> str:
        """The resource as rules and messages write it: `pods`, `pods/log`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of `rules:` in a Role or ClusterRole."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    def shown(self) -> Obj:
        """The rule as JSON."""
        pairs = zip(FIELDS, (self.verbs, self.groups, self.resources, self.names, self.urls), strict=True)
        return {key: list(values) for key, values in pairs if values}


@dataclass(frozen=True, slots=True)
class Binding:
    """Rules that hold in one namespace, or everywhere when it is empty."""

    rules: tuple[Rule, ...]
    namespace: str = ""

    def shown(self) -> Obj:
        """The binding as JSON."""
        return {"namespace": self.namespace, "rules": [rule.shown() for rule in self.rules]}


def parse_rules(value: Any) -> tuple[Rule, ...]:
    """The rules of a (Cluster)Role; BadRules when they are none."""
    if not isinstance(value, list):
        raise BadRules("rules is a list of RBAC rules")
    return tuple(_parse_rule(entry) for entry in value)


def _parse_rule(entry: Any) -> Rule:
    if not isinstance(entry, dict) or not entry.get("verbs"):
        raise BadRules("each rule is an object with verbs")
    unknown = set(entry) - set(FIELDS)
    if unknown:
        raise BadRules(f"a rule knows no {', '.join(sorted(unknown))}; only {', '.join(FIELDS)}")
    lists = [entry.get(field) or [] for field in FIELDS]
    if not all(isinstance(words, list) and all(isinstance(w, str) for w in words) for words in lists):
        raise BadRules(f"{', '.join(FIELDS)} are lists of strings")
    return Rule(*(tuple(words) for words in lists))


def allows(rule: Rule, ask: Ask) -> bool:
    """Whether the rule covers the request; a rule with names covers only requests that name one of them."""
    return (
        _has(rule.verbs, ask.verb)
        and _has(rule.groups, ask.group)
        and _has_resource(rule.resources, ask)
        and (not rule.names or ask.name in rule.names)
    )


def allows_url(rule: Rule, verb: str, path: str) -> bool:
    """Whether the rule covers a path outside the resources; a pattern may end with *."""
    return _has(rule.verbs, verb) and any(
        url in (ANY, path) or (url.endswith(ANY) and path.startswith(url[:-1])) for url in rule.urls
    )


def _has(words: tuple[str, ...], wanted: str) -> bool:
    return ANY in words or wanted in words


def _has_resource(resources: tuple[str, ...], ask: Ask) -> bool:
    if _has(resources, ask.combined):
        return True
    return bool(ask.subresource) and f"*/{ask.subresource}" in resources
