"""Aggregated discovery: everything a cluster serves in one answer. Source: apidiscovery.k8s.io/v2."""

from __future__ import annotations

import json

from simulator.api.discovery import SUBRESOURCE_KINDS, version_rank
from simulator.kinds.kind import Kind
from simulator.kinds.registry import Registry
from simulator.values import Obj
from simulator.wire.messages import Response

MEDIA_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def aggregated_asked(path: str, accept: str) -> bool:
    """Whether a client asks /api or /apis for it first."""
    first = accept.split(",", maxsplit=1)[0].replace(" ", "")
    return path in ("/api", "/apis") and "as=APIGroupDiscoveryList" in first and "v=v2;" in first + ";"


def aggregated(registry: Registry, path: str) -> Response:
    """Every group with its versions and resources: the core group under /api, the others under /apis."""
    names = [""] if path == "/api" else sorted({group for group, _ in registry.groups() if group})
    items = [
        {"metadata": {"name": name, "creationTimestamp": None}, "versions": _versions(registry, name)}
        for name in names
    ]
    document = {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }
    return Response(200, json.dumps(document, separators=(",", ":")).encode() + b"\n", MEDIA_TYPE)


def _versions(registry: Registry, name: str) -> list[Obj]:
    found = sorted((version for group, version in registry.groups() if group == name), key=version_rank)
    return [
        {"version": version, "resources": [_resource(kind) for kind in registry.of_group(name, version)],
         "freshness": "Current"}
        for version in found
    ]  # fmt: skip


def _resource(kind: Kind) -> Obj:
    entry: Obj = {
        "resource": kind.plural, "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular or kind.kind.lower(), "verbs": sorted(kind.verbs),
    }  # fmt: skip
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    if kind.subresources:
        entry["subresources"] = [_subresource(kind, name) for name in sorted(kind.subresources)]
    return entry


def _subresource(kind: Kind, name: str) -> Obj:
    known = SUBRESOURCE_KINDS.get(name, {})
    answer = {"group": known.get("group", kind.group), "version": known.get("version", kind.version),
              "kind": known.get("kind", kind.kind)}  # fmt: skip
    return {
        "subresource": name,
        "responseKind": answer,
        "verbs": known.get("verbs", ["get", "patch", "update"]),
    }
