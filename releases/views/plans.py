"""A release before it runs: choose, read the plan, start exactly that plan."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from access.doors import may
from access.roles import allows
from journal.core.reasons import FieldErrors, Refused
from journal.sentences import sentence
from releases.actions import start_release
from releases.forms import ReleaseForm, excluded
from releases.queries.plans import read_new, read_plan

from .answers import attempt, show, tell_refusal


@require_safe
@may("release.preview")
def new(request: HttpRequest) -> HttpResponse:
    """Version and strategy."""
    form = ReleaseForm(request.GET) if request.GET.get("version") else ReleaseForm()
    return _new_page(request, form, 200)


@require_safe
@may("release.preview")
def plan(request: HttpRequest) -> HttpResponse:
    """The plan review."""
    form = ReleaseForm(request.GET)
    if not form.is_valid():
        return _new_page(request, form, 400)
    left_out = excluded(request.GET)
    try:
        blueprint, version = form.cleaned_data["version"]
        page = read_plan(blueprint, version, form.strategy(), left_out)
    except FieldErrors as wrong:
        for path, reason in wrong.errors:
            form.add_error(None, f"{path}: {sentence(reason)}")
        return _new_page(request, form, 400)
    except Refused as refused:
        tell_refusal(request, refused)
        return _new_page(request, form, 409)
    may_start = allows(request.user.acting_role, "release.start")
    return show(request, "plan", page, form=form, excluded=left_out, may_start=may_start)


def _new_page(request: HttpRequest, form: ReleaseForm, status: int) -> HttpResponse:
    """The choices, with what was typed, and the Prods that were left out."""
    given = request.POST if request.method == "POST" else request.GET
    return show(request, "new", read_new(), status, form=form, excluded=excluded(given))


@require_POST
@may("release.start")
def start(request: HttpRequest) -> HttpResponse:
    """Start the plan with the digest that was shown; another plan by now: back to its review."""
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        return _new_page(request, form, 400)
    query = request.POST.copy()
    digest = query.pop("digest", [""])[-1]
    query.pop("csrfmiddlewaretoken", None)
    blueprint, version = form.cleaned_data["version"]
    return attempt(
        request,
        lambda: start_release(
            request.user, blueprint, version, form.strategy(), excluded(request.POST), digest
        ),
        _("The release has started."),
        lambda run: reverse("releases:run", args=[run.pk]),
        f"{reverse('releases:plan')}?{query.urlencode()}",
    )
