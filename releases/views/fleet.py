"""The fleet wall."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from access.doors import may
from releases.queries.fleet import read_fleet

from .answers import show


@require_safe
@may("read")
def fleet(request: HttpRequest) -> HttpResponse:
    """Home."""
    return show(request, "fleet", read_fleet(request.user.acting_role, timezone.now()))


@require_safe
@may("read")
def fleet_live(request: HttpRequest) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_fleet", read_fleet(request.user.acting_role, timezone.now()))
