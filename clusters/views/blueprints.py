"""Blueprints: the list, one of them, its editor, its revisions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.doors import may
from clusters import actions
from clusters.blueprint_forms import RevisionForm
from clusters.queries.blueprints import (
    newest_number,
    read_blueprint,
    read_blueprints,
    read_choices,
    read_revision,
    read_text,
)
from clusters.queries.rendering import read_rendering, rendered_texts
from journal.core.reasons import FieldErrors, Refused
from journal.sentences import sentence

from .answers import show
from .editor import editor_page

both = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@may("read")
def blueprints(request: HttpRequest) -> HttpResponse:
    """All Blueprints."""
    return show(request, "blueprints", read_blueprints())


@require_safe
@may("read")
def blueprint(request: HttpRequest, name: str) -> HttpResponse:
    """One Blueprint."""
    return show(request, "blueprint", read_blueprint(name))


@both
@may("blueprint.write")
def new_blueprint(request: HttpRequest) -> HttpResponse:
    """A new Blueprint."""
    form = RevisionForm(*_sent(request), new=True, initial={"base": 0})
    return _edited(request, form, "")


@both
@may("blueprint.write")
def edit_blueprint(request: HttpRequest, name: str) -> HttpResponse:
    """A new revision, beginning with the newest one, or with the one that `from` names."""
    newest = newest_number(name)
    begin = request.GET.get("from", "")
    text = read_text(name, int(begin) if begin.isdecimal() and len(begin) < 10 else newest)
    form = RevisionForm(*_sent(request), new=False, initial={"text": text, "base": newest})
    return _edited(request, form, name)


def _sent(request: HttpRequest) -> tuple[object, object]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _edited(request: HttpRequest, form: RevisionForm, name: str) -> HttpResponse:
    """The editor, unless what was sent could be stored. Looking (`check`) stores nothing."""
    status = 200
    if form.is_bound and not (form.is_valid() and form.checked and not form.checked.problems):
        status = 400
    elif form.is_bound and "check" not in request.POST:
        try:
            return _stored(request, form, name)
        except FieldErrors as wrong:
            form.tell(wrong)
            status = 400
        except Refused as refused:
            form.add_error(None, " ".join(sentence(reason) for reason in refused.reasons))
            status = 409
    page = editor_page(form, name, checked_only="check" in request.POST)
    return show(request, "blueprint_editor", page, status=status, form=form)


def _stored(request: HttpRequest, form: RevisionForm, name: str) -> HttpResponse:
    given, manifests = form.cleaned_data, list(form.checked.manifests if form.checked else ())
    target = name or given["name"]
    before = newest_number(target, missing=0)
    revision = actions.add_revision(
        request.user, target, manifests, given["note"], base=given["base"] or 0, new=not name
    )
    if revision.number == before:
        messages.info(request, _("This is what the newest revision has: nothing was stored."))
    else:
        messages.success(request, _("Revision %s is stored. No Prod changes by it.") % revision.number)
    return redirect("clusters:revision", target, revision.number)


@require_safe
@may("read")
def revision(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One revision, and what differs from another."""
    against = request.GET.get("against", "")
    other = int(against) if against.isdecimal() and len(against) < 10 else None
    return show(request, "revision", read_revision(name, number, other))


@require_safe
@may("read")
def download(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One revision as a file."""
    answer = HttpResponse(read_text(name, number), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-r{number}.yaml"'
    return answer


@require_safe
@may("read")
def rendering(request: HttpRequest, name: str) -> HttpResponse:
    """What would be applied for a Prod, or for a new one."""
    choices = read_choices(name)
    prod, version = request.GET.get("prod", "")[:63], request.GET.get("version", "")[:100]
    asked = {"blueprint": name, "choices": choices, "prod": prod, "version": version}
    try:
        found = read_rendering(name, prod, version)
    except Refused as refused:
        return show(request, "blueprint_rendering", None, 409, **asked, reasons=refused.reasons)
    return show(request, "blueprint_rendering", found, **asked, objects=rendered_texts(found))
