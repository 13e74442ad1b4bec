"""Setting a Veto, with a confirm page that needs no JavaScript."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from access.doors import may
from releases import actions
from releases.queries.vetoes import read_set_veto_confirm

from .stops import both, confirmed


@both
@may("veto.set")
def set_veto(request: HttpRequest, version_id: int) -> HttpResponse:
    """Veto a Version. GET: the question. POST with a reason: the act."""
    return confirmed(
        request,
        read_set_veto_confirm(version_id),
        lambda reason: actions.veto(request.user, version_id, reason),
        _("The Version is vetoed."),
    )
