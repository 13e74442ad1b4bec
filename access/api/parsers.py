"""Bodies: JSON with nothing in it that could not be stored. `DATA_UPLOAD_MAX_MEMORY_SIZE` bounds them."""

import math
import re
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

_SURROGATE = re.compile("[\ud800-\udfff]")


class Json(JSONParser):
    """JSON in UTF-8. Refuses what is too deep, NUL characters, half surrogates, and numbers
    that are none."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The body is nested too deeply.")) from error
        _check_values(data)
        return data


def _check_values(data: Any) -> None:
    left: list[tuple[str, Any]] = [("", data)]
    while left:
        path, value = left.pop()
        match value:
            case dict():
                left += [(path, name) for name in value]
                left += [(f"{path}.{name}" if path else name, inner) for name, inner in value.items()]
            case list():
                left += [(f"{path}[{number}]", inner) for number, inner in enumerate(value)]
            case str() if fault := _fault_of(value):
                raise ValidationError({_printable(path) or "body": [fault]}, code="invalid")
            case float() if not math.isfinite(value):
                raise ValidationError({path or "body": [_("This number has no end.")]}, code="invalid")


def _fault_of(text: str) -> str:
    if "\0" in text:
        return _("NUL characters are not allowed.")
    if not text.isascii() and _SURROGATE.search(text):
        return _("There is half a surrogate pair in it.")
    return ""


def _printable(path: str) -> str:
    return path.encode("ascii", "backslashreplace").decode().replace("\0", "")
