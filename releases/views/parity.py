"""How alike the Prods of a Blueprint are."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from access.doors import may
from releases.queries.parity import read_parity

from .answers import show


@require_safe
@may("read")
def parity(request: HttpRequest, blueprint: str) -> HttpResponse:
    """What differs between them, and whether something explains it."""
    return show(request, "parity", read_parity(blueprint))


@require_safe
@may("read")
def parity_live(request: HttpRequest, blueprint: str) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_parity", read_parity(blueprint))
