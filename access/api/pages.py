"""Lists come in pages, by cursor."""

from typing import Any

from django.core.exceptions import ValidationError as Unreadable
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request


class ByNewest(CursorPagination):
    """The newest first, 50 a page, at most 200 with `page_size`. The order is of a unique field, so that
    no row is told twice or left out while others come and go."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> Any:
        self._queryset = queryset
        return super().paginate_queryset(queryset, request, view)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Where the page starts. A cursor that is none of ours: 400."""
        try:
            cursor = super().decode_cursor(request)
            if cursor and cursor.position is not None:
                self._check(cursor.position)
        except (NotFound, Unreadable, ValueError) as error:
            raise _bad("cursor", _("Take the cursor from `next` or `previous` of a page.")) from error
        return cursor

    def get_page_size(self, request: Request) -> int:
        """`page_size`, a whole number from 1 to the most. Anything else: 400."""
        if self.page_size_query_param not in request.query_params:
            return self.page_size
        text = request.query_params[self.page_size_query_param]
        if not (text.isascii() and text.isdigit() and len(text) < 9 and 0 < int(text) <= self.max_page_size):
            raise _bad("page_size", _("A whole number from 1 to %(most)s.") % {"most": self.max_page_size})
        return int(text)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        cursor, size = super().get_schema_operation_parameters(view)
        cursor["description"] = "From `next` or `previous` of a page."
        size["description"] = "How many at most."
        size["schema"] = {
            "type": "integer",
            "minimum": 1,
            "maximum": self.max_page_size,
            "default": self.page_size,
        }
        return [cursor, size]

    def _check(self, position: str) -> None:
        if "\0" in position:
            raise ValueError("a NUL in a cursor")
        name = type(self).ordering.lstrip("-")  # the instance's is a tuple by now
        self._queryset.model._meta.get_field(name).to_python(position)  # noqa: SLF001


class ByName(ByNewest):
    """By name."""

    ordering = "name"


class ByOldest(ByNewest):
    """The oldest first."""

    ordering = "id"


def _bad(field: str, text: str) -> ValidationError:
    return ValidationError({field: [text]}, code="invalid")
