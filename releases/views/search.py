"""Search, from every page."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from access.doors import may
from releases.queries.search import read_search

from .answers import show


@require_safe
@may("read")
def search(request: HttpRequest) -> HttpResponse:
    """What was found, as a page."""
    return show(request, "search", read_search(request.GET.get("q", "")))


@require_safe
@may("read")
def search_live(request: HttpRequest) -> HttpResponse:
    """The same as a fragment, while somebody types."""
    return show(request, "_found", read_search(request.GET.get("q", "")))
