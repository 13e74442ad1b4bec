"""/api, /apis, /version and the documents that clients read before they start."""

from __future__ import annotations

import re

from simulator.errors import NoSuchGroup, no_such_path
from simulator.kinds.kind import Kind
from simulator.kinds.registry import Registry
from simulator.values import Obj

VERSION_FORM = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
VERSION = {
    "major": "1", "minor": "36", "gitVersion": "v1.36.2", "gitCommit": "0" * 40, "gitTreeState": "clean",
    "buildDate": "2026-06-01T00:00:00Z", "goVersion": "go1.26.0", "compiler": "gc", "platform": "linux/amd64",
    "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
}  # fmt: skip


def discover(path: str, registry: Registry, server: str) -> Obj:
    """The discovery document at a path under /api or /apis; ApiError 404."""
    parts = [part for part in path.split("/") if part]
    if parts == ["api"]:
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [
            {"clientCIDR": "0.0.0.0/0", "serverAddress": server}]}  # fmt: skip
    if parts == ["apis"]:
        groups = [_group(registry, group) for group in _group_names(registry)]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    if len(parts) == 2 and parts[0] == "apis" and parts[1] in _group_names(registry):
        return {"kind": "APIGroup", "apiVersion": "v1", **_group(registry, parts[1])}
    group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[-1])
    kinds = registry.of_group(group, version)
    if not kinds or len(parts) != (2 if parts[0] == "api" else 3):
        raise no_such_path() if registry.has_group(group) else NoSuchGroup
    return _resource_list(kinds)


def _group_names(registry: Registry) -> list[str]:
    return list(dict.fromkeys(group for group, _ in registry.groups() if group))


def _group(registry: Registry, name: str) -> Obj:
    found = sorted((version for group, version in registry.groups() if group == name), key=version_rank)
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in found]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def version_rank(version: str) -> tuple[int, int, int, str]:
    """Sorts v2 before v1 before v1beta1 before v1alpha1 before any other name."""
    found = VERSION_FORM.fullmatch(version)
    if found is None:
        return 3, 0, 0, version
    major, stage, minor = int(found[1]), found[2], int(found[3] or 0)
    return {"": 0, "beta": 1, "alpha": 2}[stage or ""], -major, -minor, version


def _resource_list(kinds: tuple[Kind, ...]) -> Obj:
    resources = [entry for kind in kinds for entry in (_resource(kind), *_subresources(kind))]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": kinds[0].api_version,
            "resources": resources}  # fmt: skip


def _resource(kind: Kind) -> Obj:
    entry: Obj = {
        "name": kind.plural,
        "singularName": kind.singular or kind.kind.lower(),
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": sorted(kind.verbs),
    }
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    return entry


SUBRESOURCE_KINDS: dict[str, Obj] = {
    "scale": {"group": "autoscaling", "version": "v1", "kind": "Scale", "verbs": ["get", "patch", "update"]},
    "log": {"verbs": ["get"]},
    "proxy": {"verbs": ["create", "delete", "get", "patch", "update"]},
    "token": {"group": "authentication.k8s.io", "version": "v1", "kind": "TokenRequest", "verbs": ["create"]},
    "eviction": {"group": "policy", "version": "v1", "kind": "Eviction", "verbs": ["create"]},
    "finalize": {"verbs": ["update"]},
}


def _subresources(kind: Kind) -> list[Obj]:
    return [
        {
            "name": f"{kind.plural}/{name}", "singularName": "", "namespaced": kind.namespaced, "kind": kind.kind,
            "verbs": ["get", "patch", "update"], **SUBRESOURCE_KINDS.get(name, {}),
        }
        for name in sorted(kind.subresources)
    ]  # fmt: skip
