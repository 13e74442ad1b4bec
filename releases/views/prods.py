"""Prods and Versions."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from access.doors import may
from releases.queries.prods import read_prod
from releases.queries.versions import read_versions

from .answers import show


@require_safe
@may("read")
def prod(request: HttpRequest, name: str) -> HttpResponse:
    """One Prod."""
    return show(request, "prod", read_prod(name))


@require_safe
@may("read")
def prod_live(request: HttpRequest, name: str) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_prod", read_prod(name))


@require_safe
@may("read")
def versions(request: HttpRequest) -> HttpResponse:
    """All Versions."""
    return show(request, "versions", read_versions())
