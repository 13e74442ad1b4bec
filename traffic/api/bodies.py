"""Bodies of requests: objects with known fields; what stands in them is read by the actions."""

from collections.abc import Collection, Mapping
from typing import Any

from rest_framework.request import Request

from journal.core.reasons import FieldErrors, because


def body_of(request: Request, fields: Collection[str], needed: Collection[str] = ()) -> Mapping[str, Any]:
    """The body: an object with nothing but `fields`, and with those `needed`. Raises FieldErrors."""
    body = request.data
    if not isinstance(body, Mapping):
        raise FieldErrors((("body", because("no-object")),))
    unknown = sorted(str(field)[:80] for field in body.keys() - set(fields))
    missing = sorted(set(needed) - body.keys())
    wrong = [(field, because("field-unknown")) for field in unknown]
    wrong += [(field, because("field-needed")) for field in missing]
    if wrong:
        raise FieldErrors(tuple(wrong))
    return body


def flag(body: Mapping[str, Any], field: str) -> bool:
    """True or false; false where it is not given. Raises FieldErrors for anything else."""
    value = body.get(field, False)
    if not isinstance(value, bool):
        raise FieldErrors(((field, because("no-switch")),))
    return value
