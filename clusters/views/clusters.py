"""Clusters: the list, one of them, and what people do with it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.doors import may
from clusters import actions
from clusters.actions.clusters import facts_of
from clusters.core.registration import facts_digest
from clusters.forms import CredentialsForm, FactsForm, RegisterForm, TypedForm, WhyForm
from clusters.models import Cluster
from clusters.queries.cluster_choices import CHOICES, read_choices
from clusters.queries.clusters import read_cluster, read_clusters
from journal.core.reasons import Refused, because
from journal.sentences import sentence

from .answers import attempt, show, submitted

both = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@may("read")
def clusters(request: HttpRequest) -> HttpResponse:
    """All Clusters."""
    return show(request, "clusters", read_clusters())


@require_safe
@may("read")
def clusters_live(request: HttpRequest) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_clusters", read_clusters())


@require_safe
@may("read")
def cluster(request: HttpRequest, name: str) -> HttpResponse:
    """One Cluster."""
    return show(request, "cluster", read_cluster(name, request.user))


@require_safe
@may("read")
def cluster_live(request: HttpRequest, name: str) -> HttpResponse:
    """The part of it that changes."""
    return show(request, "_cluster", read_cluster(name, request.user))


@both
@may("cluster.write")
def register(request: HttpRequest) -> HttpResponse:
    """A new Cluster."""
    posted = request.method == "POST"
    form = RegisterForm(
        request.POST if posted else None, request.FILES if posted else None, person_id=request.user.pk
    )
    name = ""
    if posted and form.is_valid():
        name, access = form.cleaned_data["name"], form.cleaned_data["access"]
        try:
            actions.add_cluster(request.user, name, form.facts, access, form.credentials)
        except Refused as refused:
            _put(form, refused, {"cluster-exists": "name"})
    if not posted or form.errors:
        return show(request, "register", None, form=form, status=400 if posted else 200)
    messages.success(request, _("The cluster is registered. Now test the connection."))
    return redirect("clusters:cluster", name)


@both
@may("cluster.write")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """The facts of a Cluster."""
    row = get_object_or_404(Cluster, name=name)
    seen = facts_of(row)
    fields = {field: getattr(seen, field) for field in ("provider", "region", "failure_domain", "purpose")}
    initial = fields | {"read_as": facts_digest(seen)}
    posted = request.method == "POST"
    form = FactsForm(request.POST if posted else None, initial=initial)
    if posted and form.is_valid():
        try:
            actions.change_cluster(request.user, name, form.facts, form.cleaned_data["read_as"])
        except Refused as refused:
            _put(form, refused, {})
    if not posted or form.errors:
        return show(request, "cluster_edit", row, form=form, status=400 if posted else 200)
    messages.success(request, _("The facts are stored."))
    return redirect("clusters:cluster", name)


@both
@may("cluster.write")
def replace_credentials(request: HttpRequest, name: str) -> HttpResponse:
    """Other credentials, whole."""
    row = get_object_or_404(Cluster, name=name)
    posted = request.method == "POST"
    form = CredentialsForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        initial={"access": row.access},
        person_id=request.user.pk,
    )
    if posted and form.is_valid():
        try:
            access = form.cleaned_data["access"]
            actions.replace_credentials(request.user, name, access, form.credentials)
        except Refused as refused:
            _put(form, refused, {})
    if not posted or form.errors:
        return show(request, "cluster_credentials", row, form=form, status=400 if posted else 200)
    messages.success(request, _("The credentials are replaced. Now test the connection."))
    return redirect("clusters:cluster", name)


def _put(form: Any, refused: Refused, fields: dict[str, str]) -> None:
    for reason in refused.reasons:
        form.add_error(fields.get(reason.code), sentence(reason))


@require_POST
@may("cluster.test")
def test(request: HttpRequest, name: str) -> HttpResponse:
    """Try its credentials."""
    get_object_or_404(Cluster, name=name)
    back = reverse("clusters:cluster", args=[name])
    done = _("It answers. What Drover may do there is below.")
    return attempt(request, lambda: actions.try_connection(request.user, name), done, back, back)


@both
@may("cluster.write")
def cordon(request: HttpRequest, name: str) -> HttpResponse:
    """Nothing new is put on it."""
    return _confirmed(request, name, "cordon", actions.cordon_cluster, _("The cluster is cordoned."))


@both
@may("cluster.write")
def uncordon(request: HttpRequest, name: str) -> HttpResponse:
    """It is active again."""
    return _confirmed(request, name, "uncordon", actions.uncordon_cluster, _("The cluster is active."))


@both
@may("cluster.write")
def retire(request: HttpRequest, name: str) -> HttpResponse:
    """It is no longer watched."""
    return _confirmed(request, name, "retire", actions.retire_cluster, _("The cluster is retired."))


@both
@may("cluster.write")
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """It is deleted."""

    then = reverse("clusters:clusters")
    return _confirmed(request, name, "remove", actions.remove_cluster, _("The cluster is removed."), then)


def _confirmed(
    request: HttpRequest, name: str, verb: str, act: Callable[..., Any], done: str, then: str = ""
) -> HttpResponse:
    """GET: the question. POST with what it takes: the act."""
    row = get_object_or_404(Cluster, name=name)
    posted = request.POST if request.method == "POST" else None
    form = TypedForm(posted, name=name) if CHOICES[verb].danger else WhyForm(posted)

    def again(status: int) -> HttpResponse:
        # What cannot be done now is said before a person fills in the form.
        now = {choice.verb: choice for choice in read_choices(row, request.user)}
        wrong = because("cluster-intent", cluster=name, intent=row.intent)
        choice = now.get(verb) or replace(CHOICES[verb], reasons=(wrong,))
        return show(request, "cluster_confirm", row, status, form=form, choice=choice)

    if not form.is_valid():
        return again(200 if posted is None else 400)
    doing = partial(act, request.user, name, form.cleaned_data["reason"])
    return submitted(request, form, doing, done, then or reverse("clusters:cluster", args=[name]), again)
