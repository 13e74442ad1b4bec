"""Prods and Versions."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from access.doors import may
from releases.queries.prod_list import read_prods
from releases.queries.prods import read_prod
from releases.queries.versions import read_versions

from .answers import show


@require_safe
@may("read")
def prods(request: HttpRequest) -> HttpResponse:
    """All Prods, filtered."""
    return show(request, "prods", read_prods(request.GET.dict(), timezone.now()))


@require_safe
@may("read")
def prods_live(request: HttpRequest) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_prods", read_prods(request.GET.dict(), timezone.now()))


@require_safe
@may("read")
def prod(request: HttpRequest, name: str) -> HttpResponse:
    """One Prod."""
    return show(request, "prod", read_prod(name, request.user))


@require_safe
@may("read")
def prod_live(request: HttpRequest, name: str) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_prod", read_prod(name, request.user))


@require_safe
@may("read")
def versions(request: HttpRequest) -> HttpResponse:
    """All Versions."""
    return show(request, "versions", read_versions())
