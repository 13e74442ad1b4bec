"""How every view answers: a page, a redirect with what was done, or the form again with why it was refused."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone

from journal.core.reasons import FieldErrors, Refused
from journal.sentences import sentence

# Reasons that belong to a field, where a form has it.
FIELD_OF = {"retire-not-confirmed": "confirm", "reason-needed": "reason", "fence-needed": "confirm"}


def show(request: HttpRequest, template: str, page: Any, status: int = 200, **more: Any) -> HttpResponse:
    """The template `releases/<template>.html` with `page`. Never from a cache: it tells of now."""
    context = {"page": page, "now": timezone.now(), **more}
    answer = render(request, f"releases/{template}.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def tell_refusal(request: HttpRequest, refused: Refused) -> None:
    """One message for each Reason."""
    for reason in refused.reasons:
        messages.error(request, sentence(reason))


def submitted(
    request: HttpRequest,
    form: Form,
    act: Callable[[], Any],
    done: str,
    then: Callable[[Any], str],
    again: Callable[[int], HttpResponse],
) -> HttpResponse:
    """Do `act`, say `done` and go to `then(result)`; refused: `again(status)`, which shows the form with what
    was typed and why it was not done."""
    try:
        result = act()
    except FieldErrors as wrong:
        for path, reason in wrong.errors:
            _put(request, form, path, sentence(reason))
        return again(400)
    except Refused as refused:
        for reason in refused.reasons:
            _put(request, form, FIELD_OF.get(reason.code, ""), sentence(reason))
        return again(409)
    messages.success(request, done)
    return redirect(then(result))


def _put(request: HttpRequest, form: Form, field: str, said: str) -> None:
    """At the field, if the form has it."""
    if field in form.fields:
        form.add_error(field, said)
    else:
        messages.error(request, said)


def attempt(
    request: HttpRequest, act: Callable[[], Any], done: str, then: Callable[[Any], str], otherwise: str
) -> HttpResponseRedirect:
    """The same for what nobody fills in: refused, say why and go to `otherwise`."""
    try:
        result = act()
    except Refused as refused:
        tell_refusal(request, refused)
        return redirect(otherwise)
    messages.success(request, done)
    return redirect(then(result))
