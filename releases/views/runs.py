"""Runs: the list, one Run, and what people do to it."""

import re
from collections.abc import Callable
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from access.doors import may
from access.permissions import require
from releases import actions
from releases.forms import ActForm
from releases.models import Run
from releases.queries.choices import VERBS
from releases.queries.confirm import read_run_confirm
from releases.queries.runs import read_run, read_runs

from .answers import show, submitted

ACTS: dict[str, Callable[..., Run]] = {
    "pause": actions.pause,
    "resume": actions.resume,
    "abort": actions.abort,
    "retry": actions.retry,
    "take-over": partial(actions.retry, take_over=True),
    "skip": actions.skip,
    "approve": actions.approve,
    "rollback": actions.roll_back,
}
DONE = {
    "pause": _("The run is paused."),
    "resume": _("The run goes on."),
    "abort": _("The run ends as soon as what is under way has finished."),
    "retry": _("The step is tried again."),
    "take-over": _("The step is tried again and takes the fields over."),
    "skip": _("Skipped; the run goes on without it."),
    "approve": _("Your approval is recorded."),
    "rollback": _("The rollback has started."),
}
NUMBER = re.compile(r"[0-9]{1,18}")
OF_A_STEP = ("retry", "take-over", "skip", "approve")
# The right that a verb takes, where it is not that of the action of its name.
RIGHTS = {"take-over": "prod.take-over"}


@require_safe
@may("read")
def runs(request: HttpRequest) -> HttpResponse:
    """All Runs, the newest first."""
    before = request.GET.get("before", "")
    page = read_runs(request.user.acting_role, int(before) if NUMBER.fullmatch(before) else None)
    return show(request, "runs", page)


@require_safe
@may("read")
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One Run."""
    return show(request, "run", read_run(run_id, request.user))


@require_safe
@may("read")
def run_live(request: HttpRequest, run_id: int) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_run", read_run(run_id, request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@may("read")
def act(request: HttpRequest, run_id: int, verb: str) -> HttpResponse:
    """GET: what it would do. POST: it is done, or refused with every reason."""
    if verb not in ACTS:
        raise Http404
    require(request.user, RIGHTS.get(verb, f"run.{verb}"))
    posted = request.POST if request.method == "POST" else None
    form = ActForm(posted, needs_reason=VERBS[verb].needs_reason, initial={"step": request.GET.get("step")})

    def again(status: int) -> HttpResponse:
        page = partial(read_run_confirm, run_id, verb, request.user.acting_role)
        try:
            shown = page(form["step"].value())
        except Http404:  # no such Run, or no such step; what was typed is not lost for a step
            if posted is None:
                raise
            shown = page(None)
        return show(request, "confirm", shown, status, form=form)

    if not form.is_valid():
        return again(400 if request.method == "POST" else 200)
    step = [form.cleaned_data["step"] or 0] if verb in OF_A_STEP else []
    read = {"digest": form.cleaned_data["digest"]} if verb == "resume" else {}
    doing = partial(ACTS[verb], request.user, run_id, *step, reason=form.cleaned_data["reason"], **read)
    there = lambda done: reverse("releases:run", args=[done.pk])  # noqa: E731
    return submitted(request, form, doing, DONE[verb], there, again)
