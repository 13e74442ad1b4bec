"""What a request is about: its verb and the object its path names."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.errors import NoSuchGroup, bad_request, invalid_options, method_not_allowed, no_such_path
from simulator.kinds.kind import Cause, Kind
from simulator.kinds.registry import Registry
from simulator.values import Obj
from simulator.wire.messages import Request

COLLECTION_VERBS = {"GET": "list", "HEAD": "list", "POST": "create", "DELETE": "deletecollection"}
OBJECT_VERBS = {"GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
POSTED_SUBRESOURCES = frozenset({"token", "eviction"})
TRUE_WORDS = frozenset({"true", "1", "t", "T", "TRUE", "True"})


@dataclass(frozen=True, slots=True)
class Target:
    """`namespace` is None for a list over all namespaces, "" for cluster-scoped objects."""

    kind: Kind
    verb: str
    namespace: str | None
    name: str = ""
    subresource: str = ""
    rest: str = ""  # what follows proxy/

    @property
    def space(self) -> str:
        """The namespace of a request that names one object or creates one."""
        return self.namespace or ""


def parse_target(request: Request, registry: Registry) -> Target:
    """The target of a request under /api or /apis; ApiError 404 or 405 when there is none."""
    parts = [part for part in request.path.split("/") if part]
    group, version, parts = _group_version(parts)
    namespace: str | None = None
    if len(parts) >= 3 and parts[0] == "namespaces" and registry.at(group, version, parts[2]):
        namespace, parts = parts[1], parts[2:]
    kind = registry.at(group, version, parts[0]) if parts else None
    if kind is None or (namespace is not None) > kind.namespaced:
        raise no_such_path() if registry.has_group(group) else NoSuchGroup
    if not kind.namespaced:
        namespace = ""
    name, sub = (parts[1] if len(parts) > 1 else ""), (parts[2] if len(parts) > 2 else "")
    if (name and namespace is None) or (sub and sub not in kind.subresources):
        raise no_such_path()
    return Target(kind, _verb(request, name, sub), namespace, name, sub, "/".join(parts[3:]))


def _group_version(parts: list[str]) -> tuple[str, str, list[str]]:
    if len(parts) > 2 and parts[0] == "api":
        return "", parts[1], parts[2:]
    if len(parts) > 3 and parts[0] == "apis":
        return parts[1], parts[2], parts[3:]
    raise no_such_path()


def _verb(request: Request, name: str, sub: str) -> str:
    if sub == "proxy":
        return "get" if request.method in ("GET", "HEAD") else "create"
    if sub in POSTED_SUBRESOURCES:
        if request.method != "POST":
            raise method_not_allowed()
        return "create"
    verb = (OBJECT_VERBS if name else COLLECTION_VERBS).get(request.method)
    if verb is None:
        raise method_not_allowed()
    if verb == "list" and flag(request, "watch"):
        return "watch"
    return verb


def flag(request: Request, name: str) -> bool:
    """A boolean query parameter."""
    return request.query.get(name, "") in TRUE_WORDS


def number(request: Request, name: str) -> int:
    """A whole-number query parameter, 0 when it is absent; 400 when it is not one."""
    text = request.query.get(name) or "0"
    if not text.isdigit():
        raise bad_request(f'invalid value for "{name}": "{text}"')
    return int(text)


def is_dry_run(request: Request, options: Obj | None = None, *, asked_by_query: bool = True) -> bool:
    """Whether nothing may be stored; 422 for a value other than All."""
    by_query = request.query.get("dryRun") if asked_by_query else ""
    asked = by_query or ",".join((options or {}).get("dryRun") or ())
    if asked not in ("", "All"):
        of = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions"}
        message = f'Unsupported value: ["{asked}"]: supported values: "All"'
        cause = Cause("dryRun", message, "FieldValueNotSupported")
        raise invalid_options(of.get(request.method, "DeleteOptions"), cause)
    return bool(asked)
