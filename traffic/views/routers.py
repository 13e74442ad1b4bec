"""Routers: the list, a new one, its instances, and what is published on them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.doors import may
from clusters.views.answers import submitted
from traffic import actions
from traffic.engine.instances import connect_instance
from traffic.forms import AdoptForm
from traffic.models import Router, RouterInstance
from traffic.queries.adopting import read_adoption
from traffic.queries.routers import publishable, published_on, read_routers
from traffic.router_forms import InstanceForm, RemoveForm, RouterForm, RoutesForm

from .answers import show

both = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@may("read")
def routers(request: HttpRequest) -> HttpResponse:
    """All Routers with their instances."""
    return show(request, "routers", read_routers(timezone.now()))


@require_safe
@may("read")
def routers_live(request: HttpRequest) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_routers", read_routers(timezone.now()))


@both
@may("router.write")
def register(request: HttpRequest) -> HttpResponse:
    """A new Router with its first instance."""
    form = RouterForm(request.POST if request.method == "POST" else None)

    def again(status: int) -> HttpResponse:
        return show(request, "new_router", None, status, form=form)

    if not form.is_bound or not form.is_valid():
        return again(400 if form.is_bound else 200)
    sent = form.cleaned_data

    def act() -> None:
        actions.register_router(request.user, sent["name"], sent["kind"], [form.instance()])

    done = _("The router is registered. Now say which Routes it publishes.")
    return submitted(request, form, act, done, reverse("traffic:routers"), again)


@both
@may("router.write")
def add(request: HttpRequest, name: str) -> HttpResponse:
    """One more instance of a Router."""
    row = get_object_or_404(Router, name=name)
    form = InstanceForm(request.POST if request.method == "POST" else None)

    def again(status: int) -> HttpResponse:
        return show(request, "new_router", row, status, form=form)

    if not form.is_bound or not form.is_valid():
        return again(400 if form.is_bound else 200)
    done = _("The instance is added. Publish Routes again, so that it has them too.")
    then = reverse("traffic:routers")
    return submitted(
        request, form, lambda: actions.add_instance(request.user, name, form.instance()), done, then, again
    )


@both
@may("route.shift")
def adopt(request: HttpRequest, name: str) -> HttpResponse:
    """What the Router shows beyond what is asked: the difference, then taken over."""
    get_object_or_404(Router, name=name)
    page = read_adoption(name, timezone.now())
    posted = request.POST if request.method == "POST" else None
    form = AdoptForm(posted, single_writer=bool(page.writers), initial={"digest": page.digest})

    def again(status: int) -> HttpResponse:
        return show(request, "adopt", page, status, form=form)

    if not form.is_bound or not form.is_valid():
        return again(400 if form.is_bound else 200)

    def act() -> None:
        actions.adopt_shown(request.user, name, form.cleaned_data)

    done = _("What the router shows is asked now. The other routers follow within seconds.")
    return submitted(request, form, act, done, reverse("traffic:routers"), again)


@both
@may("router.write")
def publish(request: HttpRequest, name: str) -> HttpResponse:
    """Routes that the Router publishes from now on."""
    row = get_object_or_404(Router, name=name)
    form = RoutesForm(request.POST if request.method == "POST" else None, names=publishable(name))

    def again(status: int) -> HttpResponse:
        return show(request, "publish", row, status, form=form, away=False)

    if not form.is_bound or not form.is_valid():
        return again(400 if form.is_bound else 200)

    def act() -> None:
        actions.publish_routes(request.user, name, form.cleaned_data["routes"])

    done = _("The Routes are published within seconds: their page says when.")
    return submitted(request, form, act, done, reverse("traffic:routers"), again)


@both
@may("router.write")
def unpublish(request: HttpRequest, name: str) -> HttpResponse:
    """Routes that the Router publishes no longer."""
    row = get_object_or_404(Router, name=name)
    form = RoutesForm(request.POST if request.method == "POST" else None, names=published_on(name))

    def again(status: int) -> HttpResponse:
        return show(request, "publish", row, status, form=form, away=True)

    if not form.is_bound or not form.is_valid():
        return again(400 if form.is_bound else 200)

    def act() -> None:
        actions.unpublish_routes(request.user, name, form.cleaned_data["routes"], connect_instance)

    return submitted(request, form, act, _("The Routes were taken off."), reverse("traffic:routers"), again)


@both
@may("router.write")
def remove(request: HttpRequest, instance: str) -> HttpResponse:
    """An instance goes."""
    row = get_object_or_404(RouterInstance.objects.select_related("router"), name=instance)
    form = RemoveForm(request.POST if request.method == "POST" else None, name=instance)

    def again(status: int) -> HttpResponse:
        return show(request, "remove_instance", row, status, form=form)

    if not form.is_bound or not form.is_valid():
        return again(400 if form.is_bound else 200)

    def act() -> None:
        actions.remove_instance(request.user, instance, connect_instance, forget=form.cleaned_data["forget"])

    return submitted(request, form, act, _("The instance is removed."), reverse("traffic:routers"), again)
