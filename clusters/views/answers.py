"""How every view answers: a page, or a redirect with what was done or why it was refused."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone

from clusters.forms import CheckedForm
from journal.core.reasons import FieldErrors, Refused
from journal.sentences import sentence


def show(request: HttpRequest, template: str, page: Any, status: int = 200, **more: Any) -> HttpResponse:
    """The template `clusters/<template>.html` with `page`. Never from a cache: it tells of now."""
    context = {"page": page, "now": timezone.now(), **more}
    answer = render(request, f"clusters/{template}.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def submitted(
    request: HttpRequest,
    form: CheckedForm,
    act: Callable[[], Any],
    done: str,
    then: str,
    again: Callable[[int], HttpResponse],
) -> HttpResponse:
    """Do `act`, say `done` and go to `then`; refused: `again(status)`, which shows the form with what was
    typed and why it was not done."""
    try:
        act()
    except FieldErrors as wrong:
        form.tell(wrong)
        return again(400)
    except Refused as refused:
        _tell(request, refused)
        return again(409)
    messages.success(request, done)
    return redirect(then)


def _tell(request: HttpRequest, refused: Refused) -> None:
    for reason in refused.reasons:
        messages.error(request, sentence(reason))


def attempt(
    request: HttpRequest, act: Callable[[], Any], done: str, then: str, otherwise: str
) -> HttpResponseRedirect:
    """The same for what nobody fills in: refused, say why and go to `otherwise`."""
    try:
        act()
    except Refused as refused:
        _tell(request, refused)
        return redirect(otherwise)
    messages.success(request, done)
    return redirect(then)
