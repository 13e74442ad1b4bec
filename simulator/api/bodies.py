"""The body of a write: parsed, and checked against the path it was sent to."""

from __future__ import annotations

from typing import Any

import orjson
import yaml

from simulator.api.protobuf import read_object
from simulator.api.target import Target
from simulator.errors import ApiError, bad_request, unsupported_media_type
from simulator.values import Obj
from simulator.wire.messages import Request

YAML_TYPES = ("application/yaml", "application/apply-patch+yaml")
ACCEPTED = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
READ_TYPES = frozenset({*ACCEPTED, *YAML_TYPES, "application/json-patch+json", "application/merge-patch+json",
                        "application/strategic-merge-patch+json"})  # fmt: skip
LARGEST = 3 * 1024 * 1024


def media_type(request: Request) -> str:
    """The content type without its parameters."""
    return request.headers.get("content-type", "application/json").split(";")[0].strip()


def parse_body(request: Request) -> Any:
    """The body as a JSON value; 400 when it cannot be read, 415 for protobuf of most kinds."""
    kind = media_type(request)
    if not request.body:
        return {}
    if kind not in READ_TYPES:
        raise unsupported_media_type(ACCEPTED)
    if len(request.body) > LARGEST:
        raise ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {LARGEST}")
    if "protobuf" in kind:
        return _from_protobuf(request.body)
    try:
        return orjson.loads(request.body)
    except ValueError as error:
        if kind not in YAML_TYPES:
            raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    try:
        loaded = yaml.load(request.body, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return orjson.loads(orjson.dumps(loaded, option=orjson.OPT_NON_STR_KEYS))  # JSON has no dates
    except (yaml.YAMLError, TypeError) as error:
        raise bad_request(f"error decoding YAML: {error}") from error


def _from_protobuf(body: bytes) -> Obj:
    try:
        return read_object(body)
    except ValueError as error:
        raise unsupported_media_type(ACCEPTED) from error


def parse_object(request: Request, target: Target) -> Obj:
    """The object in the body; 400 when it is not of the kind, name and namespace of the path."""
    body = parse_body(request)
    if not isinstance(body, dict):
        raise bad_request("the body is not an object")
    check_identity(body, target)
    return body


def check_identity(body: Obj, target: Target) -> None:
    """400 unless the object belongs to the path it was sent to."""
    kind = target.kind
    given = body.get("apiVersion") or kind.api_version, body.get("kind") or kind.kind
    if given != (kind.api_version, kind.kind) and target.subresource != "scale":
        raise bad_request(f"{given[1]} in version \"{given[0].rpartition('/')[2]}\" cannot be handled as a {kind.kind}: "
                          f"the API version in the data ({given[0]}) does not match the expected API version "
                          f"({kind.api_version})")  # fmt: skip
    meta = body.setdefault("metadata", {})
    if not isinstance(meta, dict):
        raise bad_request("metadata is not an object")
    if meta.get("namespace") and meta["namespace"] != target.space:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if target.name and meta.get("name") and meta["name"] != target.name:
        raise bad_request(
            f"the name of the object ({meta['name']}) does not match the name on the URL ({target.name})"
        )
