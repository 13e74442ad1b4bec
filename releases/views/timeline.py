"""The Timeline."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from access.doors import may
from releases.queries.timeline import TimelineFilter, read_timeline
from releases.timeline_forms import TimelineForm

from .answers import show


@require_safe
@may("read")
def timeline(request: HttpRequest) -> HttpResponse:
    """All Events; 400 with the reason at its field for a filter that cannot be."""
    return _answer(request, "timeline")


@require_safe
@may("read")
def timeline_live(request: HttpRequest) -> HttpResponse:
    """The part of it that changes."""
    return _answer(request, "_timeline")


def _answer(request: HttpRequest, template: str) -> HttpResponse:
    form = TimelineForm(request.GET)
    if not form.is_valid():
        return show(request, template, read_timeline(TimelineFilter()), status=400, form=form)
    return show(request, template, read_timeline(form.asked()), form=form)
