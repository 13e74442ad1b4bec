"""OpenAPI as far as kubectl needs it: which kinds can be patched, with which query parameters, and their schemas.

That a patch takes strategic merges is left out on purpose: kubectl then builds client-side patches from its own types.
"""

from __future__ import annotations

import hashlib
import json

from simulator.api.schemas import schemas_of
from simulator.errors import no_such_path
from simulator.kinds.kind import Kind
from simulator.kinds.registry import Registry
from simulator.values import Obj
from simulator.wire.messages import Response, json_response

PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
PATCH_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")


def openapi_v2(registry: Registry, accept: str) -> Response:
    """The Swagger document; an empty protobuf message for clients that insist on protobuf."""
    if "protobuf" in accept and "json" not in accept.split(",", maxsplit=1)[0]:
        return Response(200, b"", PROTOBUF)
    document = {"swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1.36.2"},
                "paths": _paths(registry.all()), "definitions": {}}  # fmt: skip
    return json_response(document)


def openapi_v3(registry: Registry, path: str) -> Response:
    """The index at /openapi/v3, or the document of one group version."""
    rest = path.removeprefix("/openapi/v3").strip("/")
    by_path = {
        _root(group, version): registry.of_group(group, version) for group, version in registry.groups()
    }
    if not rest:
        return json_response({"paths": {
            root: {"serverRelativeURL": f"/openapi/v3/{root}?hash={_digest(kinds)}"}
            for root, kinds in by_path.items()}})  # fmt: skip
    if rest not in by_path:
        raise no_such_path()
    return json_response({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.36.2"},
                          "paths": _paths(by_path[rest]), "components": {"schemas": schemas_of(by_path[rest])}})  # fmt: skip


def _root(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _digest(kinds: tuple[Kind, ...]) -> str:
    told = json.dumps([(kind.key, kind.published) for kind in kinds])
    return hashlib.sha256(told.encode()).hexdigest()[:32].upper()


def _paths(kinds: tuple[Kind, ...]) -> Obj:
    return {_object_path(kind): {"patch": _patch(kind)} for kind in kinds}


def _object_path(kind: Kind) -> str:
    space = "namespaces/{namespace}/" if kind.namespaced else ""
    return f"/{_root(kind.group, kind.version)}/{space}{kind.plural}/{{name}}"


def _patch(kind: Kind) -> Obj:
    parameters = [
        {"name": name, "in": "query", "type": "string", "schema": {"type": "string"}, "uniqueItems": True}
        for name in PATCH_PARAMETERS
    ]
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    return {
        "operationId": json.dumps(kind.key),
        "parameters": parameters,
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-action": "patch",
        "x-kubernetes-group-version-kind": gvk,
    }
