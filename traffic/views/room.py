"""Room: how full every Prod is, and which Prods to add."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from access.doors import may
from traffic.queries.room import read_room

from .answers import show


@require_safe
@may("read")
def room(request: HttpRequest) -> HttpResponse:
    """Every Prod with what is free of it."""
    return show(request, "room", read_room(timezone.now()))


@require_safe
@may("read")
def room_live(request: HttpRequest) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_room", read_room(timezone.now()))
