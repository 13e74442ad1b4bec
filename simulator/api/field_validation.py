"""fieldValidation: what happens to fields that a kind does not have."""

from __future__ import annotations

from simulator.api.target import Target
from simulator.errors import ApiError, bad_request
from simulator.kinds.fields import SHAPES, known_only, unknown_paths
from simulator.kinds.kind import Kind
from simulator.patches.typed import type_problems
from simulator.values import Obj
from simulator.wire.messages import Request, Response


def check_fields(target: Target, request: Request, draft: Obj) -> list[str]:
    """Take unknown fields out of the draft; the warnings about them. 400 when the client asked for Strict."""
    if target.subresource in ("scale", "finalize"):
        return []
    kept, unknown = _known(target.kind, draft)
    mode = request.query.get("fieldValidation") or "Warn"
    texts = [f'unknown field "{path}"' for path in unknown]
    if texts and mode == "Strict":
        kind = target.kind
        raise bad_request(f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: strict decoding '
                          f"error: {', '.join(texts)}")  # fmt: skip
    if texts:
        draft.clear()
        draft.update(kept)
    return texts if mode == "Warn" else []


def check_applied(target: Target, config: Obj) -> None:
    """400 without a kind; 500, as upstream answers, for what the schema of the kind does not allow: unknown
    fields, wrong types, the same item twice."""
    version, name = config.get("apiVersion") or "", config.get("kind") or ""
    if not version or not name:
        group, _, short = version.rpartition("/")
        raise bad_request(f"invalid object type: {group}/{short}, Kind={name}")
    _, unknown = _known(target.kind, config)
    problems = [f".{path}: field not declared in schema" for path in unknown]
    if not target.kind.custom:
        problems += type_problems(config, target.kind.schema)
    if problems:
        words = problems[0] if len(problems) == 1 else "errors:\n" + "\n".join(f"  {one}" for one in problems)
        raise ApiError(500, "", f"failed to create typed patch object ({_which(target)}): {words}")


def not_converted(target: Target, error: ApiError) -> ApiError:
    """500, as upstream answers, for an applied value that only the conversion to the kind finds wrong."""
    which, kind = _which(target), f"{target.kind.api_version}, Kind={target.kind.kind}"
    return ApiError(500, "", f"failed to convert new object ({which}) to proper version: unable to convert "
                    f"unstructured object to {kind}: {error.message}")  # fmt: skip


def _which(target: Target) -> str:
    place = "/".join(part for part in (target.space, target.name) if part)
    version = target.kind.api_version
    return f"{place}; {version if '/' in version else f'/{version}'}, Kind={target.kind.kind}"


def _known(kind: Kind, obj: Obj) -> tuple[Obj, list[str]]:
    if kind.without_unknown is not None:
        return kind.without_unknown(obj)
    shape = SHAPES.get(kind.key)
    unknown = list(unknown_paths(obj, shape))
    return known_only(obj, shape) if unknown else obj, unknown


def warned(response: Response, texts: list[str]) -> Response:
    """The response with a Warning header per text."""
    if texts:
        quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
        response.headers["Warning"] = ", ".join(f'299 - "{text}"' for text in quoted)
    return response
