"""A Prod's drift: a look now, a heal, and the switch that heals without a person."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from access.doors import may
from access.permissions import require
from journal.core.reasons import Refused
from releases import actions
from releases.drift_forms import HealForm
from releases.forms import ActForm
from releases.queries.drift import read_heal, read_self_heal_confirm

from .answers import attempt, show, submitted, tell_refusal

both = require_http_methods(["GET", "HEAD", "POST"])


@both
@may("prod.heal")
def heal(request: HttpRequest, name: str) -> HttpResponse:
    """GET: what would be overwritten. POST: the heal that was read, or every reason against it."""
    posted = request.POST if request.method == "POST" else None
    form = HealForm(posted)
    take_over = bool(request.GET.get("take_over") or request.POST.get("take_over"))
    if take_over:
        require(request.user, "prod.take-over")
    again = partial(_heal_page, request, name, form, take_over)
    if not form.is_valid():
        return again(200 if posted is None else 400)
    digest, reason = form.cleaned_data["digest"], form.cleaned_data["reason"]
    act = partial(actions.heal_prod, request.user, name, digest, take_over=take_over, reason=reason)
    done = _("The heal has started.")
    return submitted(request, form, act, done, lambda run: reverse("releases:run", args=[run.pk]), again)


def _heal_page(request: HttpRequest, name: str, form: HealForm, take_over: bool, status: int) -> HttpResponse:
    """The heal as it would run now, whatever was read before."""
    try:
        page = read_heal(name, take_over=take_over)
    except Refused as refused:
        tell_refusal(request, refused)
        return redirect("releases:prod", name)
    return show(request, "heal", page, form=form, status=status)


@require_POST
@may("prod.heal")
def check_drift(request: HttpRequest, name: str) -> HttpResponse:
    """Compare the Prod now."""
    here = reverse("releases:prod", args=[name])
    act = partial(actions.check_drift, request.user, name)
    return attempt(request, act, _("It is compared with its cluster now."), lambda _done: here, here)


@both
@may("prod.self-heal")
def self_heal(request: HttpRequest, name: str) -> HttpResponse:
    """GET: what `?on=1` (or off) means. POST with a reason: switched."""
    on = request.GET.get("on") == "1"
    page = read_self_heal_confirm(name, on=on)
    posted = request.POST if request.method == "POST" else None
    form = ActForm(posted)
    again = partial(show, request, "confirm", page, form=form)
    if not form.is_valid():
        return again(200 if posted is None else 400)
    act = partial(actions.set_self_heal, request.user, name, on, form.cleaned_data["reason"])
    done = _("Drift is healed by itself now.") if on else _("Drift is no longer healed by itself.")
    return submitted(request, form, act, done, lambda _done: page.back, again)
