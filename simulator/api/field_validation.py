"""fieldValidation: what happens to fields that a kind does not have."""

from __future__ import annotations

from simulator.api.target import Target
from simulator.errors import ApiError, bad_request
from simulator.kinds.fields import SHAPES, known_only, unknown_paths
from simulator.kinds.kind import Kind
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


def check_applied_fields(target: Target, config: Obj) -> None:
    """500, as upstream answers, when an applied configuration has unknown fields."""
    _, unknown = _known(target.kind, config)
    if unknown:
        place = "/".join(part for part in (target.space, target.name) if part)
        why = ", ".join(f".{path}: field not declared in schema" for path in unknown)
        raise ApiError(500, "InternalError", f"failed to create typed patch object ({place}; {target.kind.api_version}, "
                       f"Kind={target.kind.kind}): {why}")  # fmt: skip


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
