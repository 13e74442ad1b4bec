"""What a body may hold: fields that the kind has (`fieldValidation`), each with a value of its type."""

from __future__ import annotations

import json

from simulator.api.target import Target
from simulator.errors import ApiError, bad_request
from simulator.kinds.kind import Kind
from simulator.patches.decoding import decoding_problem, known_only, unknown_paths
from simulator.patches.typed import conversion_problem, type_problems, whole
from simulator.values import Obj
from simulator.wire.messages import Request, Response


def check_fields(target: Target, request: Request, draft: Obj) -> list[str]:
    """Take unknown fields out of the draft; the warnings about them. 400 for a value of a wrong type, and when the
    client asked for Strict; 422 if a patch has led there."""
    if target.subresource in ("scale", "finalize"):
        return []
    kind = target.kind
    if kind.type is not None and not kind.custom and (problem := decoding_problem(draft, kind.type)):
        raise _undecodable(kind, request, draft, problem)
    if kind.custom:
        _replace(draft, whole(draft))
    kept, unknown = _known(kind, draft)
    mode = request.query.get("fieldValidation") or "Warn"
    texts = [f'unknown field "{path}"' for path in unknown]
    if texts and mode == "Strict":
        raise _undecodable(kind, request, draft, f"strict decoding error: {', '.join(texts)}")
    if texts:
        _replace(draft, kept)
    return texts if mode == "Warn" else []


def _replace(draft: Obj, by: Obj) -> None:
    draft.clear()
    draft.update(by)


def _undecodable(kind: Kind, request: Request, draft: Obj, problem: str) -> ApiError:
    if request.method != "PATCH":
        return bad_request(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {problem}'
        )
    quoted = json.dumps(json.dumps(draft, separators=(",", ":")))
    cause = {
        "reason": "FieldValueInvalid",
        "message": f"Invalid value: {quoted}: {problem}",
        "field": "patch",
    }
    return ApiError(422, "Invalid", f' "" is invalid: patch: {cause["message"]}', {"causes": [cause]})


def check_applied(target: Target, config: Obj) -> Obj:
    """The configuration as it is merged: whole numbers as such. 400 without a kind; 500, as upstream answers, for what
    the schema of the kind does not allow: unknown fields, wrong types, the same item twice."""
    version, name = config.get("apiVersion") or "", config.get("kind") or ""
    if not version or not name:
        group, _, short = version.rpartition("/")
        raise bad_request(f"invalid object type: {group}/{short}, Kind={name}")
    kind = target.kind
    if kind.type is None:
        return config
    problems = list(type_problems(config, kind.type))
    if problems:
        words = problems[0] if len(problems) == 1 else "errors:\n" + "\n".join(f"  {one}" for one in problems)
        raise ApiError(500, "", f"failed to create typed patch object ({_which(target, config)}): {words}")
    config = whole(config)
    if not kind.custom and (problem := conversion_problem(config, kind.type)):
        raise not_converted(target, config, problem)
    return config


def not_converted(target: Target, config: Obj, problem: str) -> ApiError:
    """500, as upstream answers, for an applied value that only the conversion to the kind finds wrong."""
    kind = f"{target.kind.api_version}, Kind={target.kind.kind}"
    return ApiError(500, "", f"failed to convert new object ({_which(target, config)}) to proper version: unable to "
                    f"convert unstructured object to {kind}: {problem}")  # fmt: skip


def _which(target: Target, config: Obj) -> str:
    meta, version = config["metadata"], target.kind.api_version
    place = f"{meta.get('namespace', '')}/{meta.get('name', '')}"
    return f"{place}; {version if '/' in version else f'/{version}'}, Kind={target.kind.kind}"


def _known(kind: Kind, obj: Obj) -> tuple[Obj, list[str]]:
    if kind.without_unknown is not None:
        return kind.without_unknown(obj)
    if kind.type is None:
        return obj, []
    unknown = list(unknown_paths(obj, kind.type))
    return known_only(obj, kind.type) if unknown else obj, unknown


def warned(response: Response, texts: list[str]) -> Response:
    """The response with a Warning header per text."""
    if texts:
        quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
        response.headers["Warning"] = ", ".join(f'299 - "{text}"' for text in quoted)
    return response
