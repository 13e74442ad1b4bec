"""A Prod is made, changed or retired: read first, then started, all without JavaScript."""

from contextlib import suppress
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from access.doors import may
from clusters.actions import change_facts
from clusters.core.yaml_text import dump_document
from clusters.models import Prod
from journal.core.reasons import FieldErrors, Refused
from journal.sentences import sentence
from releases.actions import apply_specs, preview_specs, start_change, start_retire
from releases.prod_forms import ChangeForm, FactsForm, NewProdForm, RetireForm, ScaleForm
from releases.prod_previews import known_prod, preview_change, preview_retire, replicas_of, scaled
from releases.queries.prod_changes import (
    ChangePage,
    current_text,
    read_change,
    read_made,
    read_new_prod,
    read_retire,
    read_unchanged,
)

from .answers import show, submitted, tell_refusal

both = require_http_methods(["GET", "HEAD", "POST"])


@both
@may("prod.apply")
def new_prod(request: HttpRequest) -> HttpResponse:
    """A prod.yaml: shown as what it would make, then made and built."""
    page = read_new_prod(request.GET)
    if request.method != "POST":
        return show(request, "new_prod", page, form=NewProdForm(initial={"text": page.example}))
    form = NewProdForm(request.POST, request.FILES)
    if not form.is_valid():
        return show(request, "new_prod", page, form=form, status=400)
    try:
        if request.POST.get("do") == "create":
            return _create(request, form)
        made = read_made(preview_specs(request.user, form.specs))
    except Refused as refused:
        tell_refusal(request, refused)
        return show(request, "new_prod", page, form=form, status=409)
    return show(request, "new_prod", page, form=form, made=made, text=form.cleaned_data["text"])


def _create(request: HttpRequest, form: NewProdForm) -> HttpResponse:
    _applied, runs = apply_specs(request.user, form.specs)
    if not runs:
        messages.success(request, _("All of it is there already: nothing was changed."))
        return redirect("releases:prods")
    messages.success(request, _("The build has started."))
    return redirect("releases:run", runs[0].pk)


def _known(name: str) -> Prod:
    """The Prod, retired or not; 404 if there is none."""
    try:
        return known_prod(name)
    except Refused as refused:
        if refused.reasons[0].code == "prod-not-there":
            raise Http404 from refused
        raise


@both
@may("prod.change")
def change_prod(request: HttpRequest, name: str) -> HttpResponse:
    """Other overrides: what differs, then the Run."""
    try:
        prod = _known(name)
        if request.method != "POST":
            text = current_text(prod)
            return _change_page(request, read_unchanged(prod, text), ChangeForm(initial={"overrides": text}))
        form = ChangeForm(request.POST)
        if not form.is_valid():
            page = read_unchanged(prod, request.POST.get("overrides", ""))
            return _change_page(request, page, form, status=400)
        if request.POST.get("do") == "start":
            return _start_change(request, name, form)
        preview = preview_change(name, form.asked)
    except Refused as refused:
        return _refused(request, name, refused)
    return _change_page(request, read_change(preview, form.cleaned_data["overrides"]), form)


def _start_change(request: HttpRequest, name: str, form: ChangeForm) -> HttpResponse:
    data = form.cleaned_data
    return submitted(
        request,
        form,
        lambda: start_change(request.user, name, form.asked, data["digest"], data["reason"]),
        _("The change has started."),
        lambda run: reverse("releases:run", args=[run.pk]),
        lambda status: _change_page(request, _as_it_is_now(known_prod(name), form), form, status),
    )


def _refused(request: HttpRequest, name: str, refused: Refused) -> HttpResponse:
    """Why not; with what was typed, where the Prod can still be changed."""
    tell_refusal(request, refused)
    prod = Prod.objects.select_related("cluster", "blueprint", "version__revision").get(name=name)
    if request.method != "POST" or prod.lifecycle == Prod.Lifecycle.RETIRED:
        return redirect("releases:prod", name)
    form = ChangeForm(request.POST)
    return _change_page(request, _as_it_is_now(prod, form), form, status=409)


def _as_it_is_now(prod: Prod, form: ChangeForm) -> ChangePage:
    """What a refused start would do now, to be read and started instead; without it, where it cannot be."""
    text = form["overrides"].value() or ""
    if form.is_valid() and form.data.get("do") == "start":
        with suppress(Refused):
            return read_change(preview_change(prod.name, form.asked), text)
    return read_unchanged(prod, text)


def _change_page(
    request: HttpRequest,
    page: ChangePage,
    form: ChangeForm,
    status: int = 200,
    facts: FactsForm | None = None,
) -> HttpResponse:
    prod = page.prod
    initial = {"role": prod.role, "capacity": prod.capacity, "endpoint": prod.endpoint}
    shown = facts or FactsForm(initial=initial)
    return show(request, "change_prod", page, status=status, form=form, facts=shown)


@require_POST
@may("prod.change")
def prod_facts(request: HttpRequest, name: str) -> HttpResponse:
    """Role, capacity, endpoint: changed at once, without a Run."""
    form = FactsForm(request.POST)
    try:
        prod = _known(name)
        if form.is_valid() and _saved(request, name, form):
            return redirect("releases:prod", name)
    except Refused as refused:
        tell_refusal(request, refused)
        return redirect("releases:prod", name)
    text = current_text(prod)
    page = read_unchanged(prod, text)
    return _change_page(request, page, ChangeForm(initial={"overrides": text}), 400, form)


def _saved(request: HttpRequest, name: str, form: FactsForm) -> bool:
    """Whether the facts could be; if not, the form says why."""
    try:
        change_facts(request.user, name, form.cleaned_data)
    except FieldErrors as wrong:
        for path, reason in wrong.errors:
            form.add_error(path if path in form.fields else None, sentence(reason))
        return False
    messages.success(request, _("The facts are changed."))
    return True


@require_http_methods(["GET", "HEAD"])
@may("prod.change")
def scale_prod(request: HttpRequest, name: str) -> HttpResponse:
    """Component and replicas; with both, the change that they are short for."""
    try:
        prod = _known(name)
        form = ScaleForm(request.GET or None, components=replicas_of(prod))
        if not form.is_valid():
            status = 400 if request.GET else 200
            return show(request, "scale_prod", prod, form=form, status=status)
        overrides = scaled(name, form.cleaned_data["component"], form.cleaned_data["replicas"])
        preview = preview_change(name, overrides)
    except Refused as refused:
        tell_refusal(request, refused)
        return redirect("releases:prod", name)
    text = dump_document({part: value for part, value in overrides.items() if value})
    return _change_page(request, read_change(preview, text), ChangeForm(initial={"overrides": text}))


@both
@may("prod.retire")
def retire_prod(request: HttpRequest, name: str) -> HttpResponse:
    """What would be lost; then, with the name typed, the Run."""
    try:
        _known(name)
        preview = preview_retire(name)
    except Refused as refused:
        tell_refusal(request, refused)
        return redirect("releases:prod", name)
    form = RetireForm(request.POST if request.method == "POST" else None)
    again = partial(show, request, "retire_prod", read_retire(preview), form=form)
    if not form.is_valid():
        return again(400 if request.method == "POST" else 200)
    data = form.cleaned_data
    return submitted(
        request,
        form,
        lambda: start_retire(request.user, name, data["confirm"], data["digest"], data["reason"]),
        _("The retire has started."),
        lambda run: reverse("releases:run", args=[run.pk]),
        again,
    )
