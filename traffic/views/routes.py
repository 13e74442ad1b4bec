"""Routes: the list, one of them, its weights, and the way back to an epoch."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.doors import may
from clusters.models import Prod
from clusters.views.answers import submitted
from traffic import actions
from traffic.actions.words import whole
from traffic.forms import ReturnForm, WeightsForm
from traffic.models import DataClass, Route
from traffic.queries.line import read_freeze
from traffic.queries.one_route import RoutePage, Split, preview, read_epoch, read_route, read_split
from traffic.queries.routes import read_routes
from traffic.routers.rules import NAME

from .answers import show

both = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@may("read")
def routes(request: HttpRequest) -> HttpResponse:
    """All Routes, filtered, a page at a time."""
    return show(request, "routes", read_routes(request.GET.dict(), timezone.now()))


@require_safe
@may("read")
def routes_live(request: HttpRequest) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_routes", read_routes(request.GET.dict(), timezone.now()))


@require_safe
@may("read")
def route(request: HttpRequest, name: str) -> HttpResponse:
    """One Route, with a form for its weights."""
    page = read_route(name, request.user, timezone.now())
    split = read_split(page, request.GET.get("with", ""), timezone.now())
    return _route(request, page, _form(page, split, None), split)


@require_safe
@may("read")
def route_live(request: HttpRequest, name: str) -> HttpResponse:
    """The part of it that changes by itself."""
    return show(request, "_route", read_route(name, request.user, timezone.now()))


@require_safe
@may("read")
def weights_preview(request: HttpRequest, name: str) -> HttpResponse:
    """What the weights in the address would mean; those that are none count as not given."""
    row = get_object_or_404(Route, name=name)
    return show(request, "_preview", preview(row, _typed(row, request.GET.dict()), timezone.now()))


@both
@may("route.shift")
def weights(request: HttpRequest, name: str) -> HttpResponse:
    """Other weights: with `do` set to `preview` what they would mean, else done."""
    page = read_route(name, request.user, timezone.now())
    split = read_split(page, request.POST.get("with", ""), timezone.now())
    form = _form(page, split, request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _route(request, page, form, split)
    if not form.is_valid() or request.POST.get("do") == "preview":
        return _route(request, page, form, split, 200 if form.is_valid() else 400)
    sent = form.cleaned_data

    def act() -> None:
        actions.set_weights(
            request.user,
            name,
            form.weights(),
            sent["reason"],
            sent["epoch"] or None,
            for_good=sent["for_good"],
            confirm=form.confirmed(),
        )

    def again(status: int) -> HttpResponse:
        return _route(request, page, form, split, status)

    then = reverse("traffic:route", args=[name])
    return submitted(
        request, form, act, _("The weights are asked. The routers follow within seconds."), then, again
    )


@both
@may("route.return")
def return_to(request: HttpRequest, name: str, epoch: int) -> HttpResponse:
    """Back to the weights of an epoch: what that would mean, then done."""
    row, line = read_epoch(name, epoch)
    posted = request.POST if request.method == "POST" else None
    single_writer = row.data_class == DataClass.SINGLE_WRITER
    form = ReturnForm(posted, single_writer=single_writer, initial={"seen": row.epoch})
    then = {prod: weight for prod, weight, _percent in line.weights}
    gone = dict.fromkeys(row.members.values_list("prod__name", flat=True), 0)

    def again(status: int) -> HttpResponse:
        seen = preview(row, {**gone, **then}, timezone.now())
        return show(request, "return", line, status, route=row, form=form, preview=seen, cannot=read_freeze())

    if posted is None or not form.is_valid():
        return again(200 if posted is None else 400)
    sent = form.cleaned_data

    def act() -> None:
        typed = form.confirmed()
        actions.return_to_epoch(
            request.user, name, epoch, sent["reason"], sent["seen"] or None, confirm=typed
        )

    done = _("The weights of then are asked again. The routers follow within seconds.")
    return submitted(request, form, act, done, reverse("traffic:route", args=[name]), again)


def _form(page: RoutePage, split: Split, posted: Any) -> WeightsForm:
    members = (*page.members, split.chosen) if split.chosen else page.members
    return WeightsForm(
        posted, members=members, single_writer=page.single_writer, initial={"epoch": page.row.epoch}
    )


def _route(
    request: HttpRequest, page: RoutePage, form: WeightsForm, split: Split, status: int = 200
) -> HttpResponse:
    row = get_object_or_404(Route, name=page.row.name)
    asked = _typed(row, form.data.dict() if form.is_bound else {})
    seen = preview(row, asked, timezone.now())
    return show(request, "route", page, status, form=form, preview=seen, split=split)


def _typed(row: Route, sent: dict[str, Any]) -> dict[str, int]:
    """Prod -> weight, of those in `sent` that are weights of members, or of the Prod to split with."""
    found: dict[str, int] = {}
    joining = sent.get("with", "")
    others = Prod.objects.filter(name=joining if NAME.fullmatch(joining) else "").values_list(
        "name", flat=True
    )
    for prod in (*row.members.values_list("prod__name", flat=True), *others):
        number = whole(sent.get(f"weights.{prod}"))
        if number is not None and 0 <= number <= 100:
            found[prod] = number
    return found
