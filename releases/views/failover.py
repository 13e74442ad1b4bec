"""Failover: what would become of everybody, and the way out of a Cluster or a Prod and back, read first, then started."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.doors import may
from releases.actions import start_failback, start_leaving, take_back_moves
from releases.failover_forms import FailbackForm, LeaveForm
from releases.models import Run
from releases.queries.confirm import read_take_back_confirm
from releases.queries.failover import read_failback, read_leaving
from releases.queries.survival import read_survival
from traffic.core.survival import CLUSTER

from .answers import show, submitted
from .stops import confirmed

both = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@may("read")
def failover(request: HttpRequest) -> HttpResponse:
    """Every Cluster: who is safe, moves, waits and is lost if it dies."""
    return show(request, "failover", read_survival(request.user.acting_role, timezone.now()))


@require_safe
@may("read")
def failover_live(request: HttpRequest) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_failover", read_survival(request.user.acting_role, timezone.now()))


@both
@may("cluster.evacuate")
def leave(request: HttpRequest, name: str, of: str = CLUSTER) -> HttpResponse:
    """GET: where the users of the Cluster or Prod would go. POST: they go, or every reason against it."""
    form = LeaveForm(request.POST if request.method == "POST" else None)

    def again(status: int) -> HttpResponse:
        return show(request, "failover_confirm", read_leaving(name, of), status, form=form)

    if not form.is_valid():
        return again(400 if form.is_bound else 200)
    act = partial(start_leaving, request.user, name, of=of, **form.cleaned_data)
    return submitted(request, form, act, _("Users are on their way."), _run_page, again)


@both
@may("cluster.fail-back")
def fail_back(request: HttpRequest, name: str, of: str = CLUSTER) -> HttpResponse:
    """GET: how the users of the Cluster or Prod would come back. POST: they do, or every reason against it."""
    form = FailbackForm(request.POST if request.method == "POST" else None)

    def again(status: int) -> HttpResponse:
        return show(request, "failover_confirm", read_failback(name, of), status, form=form)

    if not form.is_valid():
        return again(400 if form.is_bound else 200)
    act = partial(start_failback, request.user, name, of=of, **form.cleaned_data)
    return submitted(request, form, act, _("The failback has started."), _run_page, again)


@both
@may("cluster.evacuate")
def take_back(request: HttpRequest, name: str) -> HttpResponse:
    """What no router shows yet of the way out of the Cluster is taken back."""
    act = partial(take_back_moves, request.user, name)
    return confirmed(request, read_take_back_confirm(name), act, _("The moves are taken back."))


def _run_page(run: Run) -> str:
    return reverse("releases:run", args=[run.pk])
