"""Tenants: the list, one of them, a new one, and what people change."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.doors import may
from clusters.views.answers import submitted
from journal.core.reasons import FieldErrors
from traffic import actions
from traffic.actions.tenant_words import digest_of, facts_of
from traffic.forms import ChangeTenantForm, MoveForm, NewTenantForm, RemoveTenantForm, TrafficForm
from traffic.models import DataClass, Tenant
from traffic.queries.line import read_freeze
from traffic.queries.tenants import read_tenant, read_tenants

from .answers import show

both = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@may("read")
def tenants(request: HttpRequest) -> HttpResponse:
    """All Tenants, searched, a page at a time."""
    return show(request, "tenants", read_tenants(request.GET.dict()))


@require_safe
@may("read")
def tenant(request: HttpRequest, name: str) -> HttpResponse:
    """One Tenant."""
    return show(request, "tenant", read_tenant(name, request.user, timezone.now()))


@both
@may("tenant.write")
def new_tenant(request: HttpRequest) -> HttpResponse:
    """A new Tenant, on the Route that is named or found: with `do` set to `preview` where that is, else added."""
    form = NewTenantForm(request.POST if request.method == "POST" else None, initial={"load": "1"})
    if not form.is_bound or not form.is_valid():
        return show(request, "new_tenant", None, 400 if form.is_bound else 200, form=form)
    wanted = form.wanted()

    def again(status: int = 200) -> HttpResponse:
        return _with_place(
            request, "new_tenant", None, form, lambda: actions.preview_tenant(request.user, wanted), status
        )

    if request.POST.get("do") == "preview":
        return again()
    # A name that is none leads nowhere, but then the action has refused.
    then = reverse("traffic:tenants") + f"?q={wanted['name']}" if form.is_valid() else ""
    done = _("The tenant is added. The routers follow within seconds.")
    return submitted(request, form, lambda: actions.add_tenant(request.user, wanted), done, then, again)


@both
@may("tenant.write")
def change(request: HttpRequest, name: str) -> HttpResponse:
    """Other facts about a Tenant."""
    row = get_object_or_404(Tenant, name=name)
    seen = facts_of(row)
    initial: dict[str, Any] = {
        "hostnames": "\n".join(seen.hostnames), "load": str(seen.load), "redundancy": seen.redundancy,
        "data_class": seen.data_class, "pins": ", ".join(seen.pins), "read_as": digest_of(seen),
    }  # fmt: skip
    form = ChangeTenantForm(request.POST if request.method == "POST" else None, initial=initial)

    def again(status: int) -> HttpResponse:
        return show(request, "change_tenant", row, status, form=form)

    if not form.is_bound or not form.is_valid():
        return again(400 if form.is_bound else 200)

    def act() -> None:
        actions.change_tenant(request.user, name, form.given(), form.cleaned_data["read_as"])

    return submitted(
        request, form, act, _("The facts are stored."), reverse("traffic:tenant", args=[name]), again
    )


@both
@may("tenant.write")
def move(request: HttpRequest, name: str) -> HttpResponse:
    """Another Route for a Tenant: with `do` set to `preview` which, else done."""
    row = get_object_or_404(Tenant.objects.select_related("route"), name=name)
    single = row.data_class == DataClass.SINGLE_WRITER
    form = MoveForm(request.POST if request.method == "POST" else None, single_writer=single)

    if not form.is_bound or not form.is_valid():
        status = 400 if form.is_bound else 200
        return show(request, "move_tenant", row, status, form=form, cannot=read_freeze())

    def again(status: int = 200) -> HttpResponse:
        return _with_place(
            request,
            "move_tenant",
            row,
            form,
            lambda: actions.preview_move(request.user, name, form.given()),
            status,
        )

    if request.POST.get("do") == "preview":
        return again()
    done = _("The tenant moves. The routers follow within seconds.")
    then = reverse("traffic:tenant", args=[name])
    return submitted(
        request, form, lambda: actions.move_tenant(request.user, name, form.given()), done, then, again
    )


def _with_place(
    request: HttpRequest,
    template: str,
    row: Tenant | None,
    form: TrafficForm,
    look: Callable[[], actions.TenantPlace],
    status: int,
) -> HttpResponse:
    """The form, and where the Tenant would go by it, if it goes anywhere."""
    try:
        place = look() if form.is_valid() else None
    except FieldErrors as wrong:
        form.tell(wrong)
        place, status = None, 400
    return show(request, template, row, status, form=form, place=place, cannot=read_freeze())


@both
@may("tenant.remove")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """A Tenant goes."""
    row = get_object_or_404(Tenant.objects.select_related("route"), name=name)
    form = RemoveTenantForm(request.POST if request.method == "POST" else None, name=name)
    alone = row.route is not None and row.route.tenants.count() == 1

    def again(status: int) -> HttpResponse:
        return show(request, "remove_tenant", row, status, form=form, alone=alone)

    if not form.is_bound or not form.is_valid():
        return again(400 if form.is_bound else 200)

    def act() -> None:
        actions.remove_tenant(request.user, name, form.cleaned_data["reason"])

    done = _("The tenant is removed. Its hostnames leave the routers within seconds.")
    return submitted(request, form, act, done, reverse("traffic:tenants"), again)
