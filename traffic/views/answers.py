"""How every view of traffic answers with a page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone


def show(request: HttpRequest, template: str, page: Any, status: int = 200, **more: Any) -> HttpResponse:
    """The template `traffic/<template>.html` with `page`. Never from a cache: it tells of now."""
    context = {"page": page, "now": timezone.now(), **more}
    answer = render(request, f"traffic/{template}.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
