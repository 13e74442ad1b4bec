"""Human "not now"s: the line, Holds, Vetoes. Each has a confirm page that needs no JavaScript."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from access.doors import may
from releases import actions
from releases.forms import ActForm
from releases.queries.confirm import (
    ConfirmPage,
    read_hold_confirm,
    read_line_confirm,
    read_set_hold_confirm,
    read_veto_confirm,
)

from .answers import show, submitted

both = require_http_methods(["GET", "HEAD", "POST"])


def confirmed(request: HttpRequest, page: ConfirmPage, act: Callable[[str], Any], done: str) -> HttpResponse:
    """GET: the question. POST with a reason: the act."""
    posted = request.POST if request.method == "POST" else None
    form = ActForm(posted)
    again = partial(show, request, "confirm", page, form=form)
    if not form.is_valid():
        return again(400 if request.method == "POST" else 200)
    reason = form.cleaned_data["reason"]
    return submitted(request, form, lambda: act(reason), done, lambda _done: page.back, again)


@both
@may("line.stop")
def stop_line(request: HttpRequest) -> HttpResponse:
    """Stop the line."""
    return confirmed(
        request,
        read_line_confirm(stop=True),
        lambda reason: actions.stop_the_line(request.user, reason),
        _("The line is stopped."),
    )


@both
@may("line.resume")
def resume_line(request: HttpRequest) -> HttpResponse:
    """Let the line run again."""
    return confirmed(
        request,
        read_line_confirm(stop=False),
        lambda reason: actions.resume_the_line(request.user, reason),
        _("The line runs again."),
    )


@both
@may("hold.set")
def set_hold(request: HttpRequest, name: str) -> HttpResponse:
    """Hold a Prod."""
    return confirmed(
        request,
        read_set_hold_confirm(name),
        lambda reason: actions.set_hold(request.user, name, reason),
        _("The Prod is held."),
    )


@both
@may("hold.lift")
def lift_hold(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Lift a Hold."""
    return confirmed(
        request,
        read_hold_confirm(hold_id),
        lambda reason: actions.lift_hold(request.user, hold_id, reason),
        _("The hold is lifted."),
    )


@both
@may("veto.lift")
def lift_veto(request: HttpRequest, version_id: int) -> HttpResponse:
    """Lift a Veto."""
    return confirmed(
        request,
        read_veto_confirm(version_id),
        lambda reason: actions.lift_veto(request.user, version_id, reason),
        _("The veto is lifted."),
    )
