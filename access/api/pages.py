"""Lists come in pages, by cursor."""

from rest_framework.pagination import CursorPagination


class ByNewest(CursorPagination):
    """The newest first, 50 a page, at most 200 with `page_size`."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class ByName(ByNewest):
    """By name."""

    ordering = "name"


class ByOldest(ByNewest):
    """The oldest first."""

    ordering = "id"
