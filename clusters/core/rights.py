"""What Drover may do on a cluster: the rights that it needs, those that are missing, those that are too many.

`deploy/clusters/clusterrole.yaml` grants exactly this table; a test compares them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from .kinds import KINDS, Kind

ANY = "*"
EXCESS_MAX = 200
READ = ("get", "list", "watch")
WRITE = ("create", "patch", "delete")


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One thing that may be done: `verb` on `resource` (with a subresource as in `pods/eviction`) of API
    group `group` ("": core), as RBAC words it."""

    group: str
    resource: str
    verb: str


@dataclass(frozen=True, slots=True)
class Granted:
    """One rule of what the credentials may do, as a SelfSubjectRulesReview gives it; `*` means all."""

    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()


# Kinds that stand in no Blueprint, and what is done with them.
OTHERS = {
    "Namespace": ("get", "list", *WRITE),
    "Node": ("list", "watch"),
    "Pod": ("list", "watch", "delete"),
    "Event": ("list", "watch"),
}
# Only by name, to see that what a Blueprint refers to exists; never a list of them. Whoever may create
# workloads in a namespace can mount its Secrets anyway, so this adds nothing to what the token is worth.
SECRETS = (Right("", "secrets", "get"),)
# Kubernetes grants these to everybody who is authenticated; a hardened cluster may not.
REVIEWS = tuple(
    Right("authorization.k8s.io", resource, "create")
    for resource in ("selfsubjectaccessreviews", "selfsubjectrulesreviews")
)
# What Kubernetes itself grants to everybody (system:basic-user), beyond our table: no excess of ours.
EVERYBODY = frozenset({Right("authentication.k8s.io", "selfsubjectreviews", "create")})


def needed() -> tuple[Right, ...]:
    """Every Right that Drover needs, on the whole cluster, sorted."""
    verbs = {name: (*READ, *WRITE) for name, kind in KINDS.items() if kind.deployable} | OTHERS
    rights = [right for name, of_kind in verbs.items() for right in _of_kind(KINDS[name], of_kind)]
    return tuple(sorted({*rights, *SECRETS, *REVIEWS}))


def _of_kind(kind: Kind, verbs: Iterable[str]) -> list[Right]:
    group, _, _ = kind.api_version.rpartition("/")
    return [Right(group, kind.plural, verb) for verb in verbs]


def missing(rights: Iterable[Right], allowed: Collection[Right]) -> tuple[Right, ...]:
    """Those of `rights` that are not `allowed`, sorted."""
    return tuple(sorted(right for right in rights if right not in allowed))


def excess(granted: Iterable[Granted]) -> tuple[Right, ...]:
    """What is granted beyond the table, sorted, at most 200; `*` stands as it was granted.

    >>> excess([Granted(("",), ("secrets",), ("get", "list"))])
    (Right(group='', resource='secrets', verb='list'),)
    """
    fine = {*needed(), *EVERYBODY}
    found = {
        Right(group, resource, verb)
        for rule in granted
        for group in rule.groups
        for resource in rule.resources
        for verb in rule.verbs
    }
    return tuple(sorted(found - fine))[:EXCESS_MAX]


@dataclass(frozen=True, slots=True)
class RightsLine:
    """The verbs on one resource. `resource` carries its group, as in `deployments.apps`; `*` is everything."""

    resource: str
    verbs: tuple[str, ...]


def rights_lines(rights: Iterable[Right]) -> tuple[RightsLine, ...]:
    """`rights` by resource, for people."""
    verbs: dict[str, list[str]] = {}
    for right in rights:
        verbs.setdefault(_resource(right), []).append(right.verb)
    return tuple(RightsLine(resource, tuple(of_it)) for resource, of_it in sorted(verbs.items()))


def _resource(right: Right) -> str:
    if right.resource == right.group == ANY:
        return ANY
    return f"{right.resource}.{right.group}" if right.group else right.resource


def rights_to_json(rights: Iterable[Right]) -> list[dict[str, str]]:
    """The stored form."""
    return [{"group": one.group, "resource": one.resource, "verb": one.verb} for one in rights]


def rights_from_json(data: Any) -> tuple[Right, ...]:
    """What `rights_to_json` stored."""
    return tuple(Right(one["group"], one["resource"], one["verb"]) for one in data)
