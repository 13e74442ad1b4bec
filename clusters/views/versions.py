"""Versions: one of them, and a new one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from access.doors import may
from clusters import actions
from clusters.blueprint_forms import VersionForm
from clusters.queries.versions import NewVersionPage, read_new_version, read_version
from journal.core.reasons import FieldErrors, Refused
from journal.sentences import sentence

from .answers import show
from .blueprints import both


@require_safe
@may("read")
def version(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """One Version."""
    return show(request, "version", read_version(name, version, request.GET.get("against", "")[:100]))


@both
@may("version.create")
def new_version(request: HttpRequest, name: str) -> HttpResponse:
    """A new Version on one revision of the Blueprint."""
    posted = request.method == "POST"
    asked = (request.POST if posted else request.GET).get("revision", "")
    page = read_new_version(name, int(asked) if asked.isdecimal() and len(asked) < 10 else None)
    images = {f"images.{component}": image for component, image in page.images.items()}
    form = VersionForm(request.POST if posted else None, components=page.components, initial=images)
    status = 400 if posted else 200
    if posted and form.is_valid():
        try:
            return _made(request, page, form)
        except FieldErrors as wrong:
            form.tell(wrong)
        except Refused as refused:
            form.add_error(None, " ".join(sentence(reason) for reason in refused.reasons))
            status = 409
    return show(request, "new_version", page, status=status, form=form)


def _made(request: HttpRequest, page: NewVersionPage, form: VersionForm) -> HttpResponse:
    made = actions.create_version(request.user, page.blueprint, revision=page.revision, **form.content())
    messages.success(request, _("Version %s is there. It runs nowhere until it is released.") % made.name)
    return redirect("clusters:version", page.blueprint, made.name)
