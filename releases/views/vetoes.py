"""Setting a Veto, with a confirm page that needs no JavaScript."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from access.doors import may
from releases import actions
from releases.forms import ActForm
from releases.queries.vetoes import read_set_veto_confirm

from .answers import attempt, show
from .stops import both


@both
@may("veto.set")
def set_veto(request: HttpRequest, version_id: int) -> HttpResponse:
    """Veto a Version. GET: the question. POST with a reason: the act."""
    page = read_set_veto_confirm(version_id)
    posted = request.POST if request.method == "POST" else None
    form = ActForm(posted)
    if not form.is_valid():
        return show(request, "confirm", page, form=form, status=400 if request.method == "POST" else 200)
    reason = form.cleaned_data["reason"]
    done = _("The Version is vetoed.")
    return attempt(
        request,
        lambda: actions.veto(request.user, version_id, reason),
        done,
        lambda _done: page.back,
        page.back,
    )
