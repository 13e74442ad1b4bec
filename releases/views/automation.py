"""The switches of what is done without a person. Each has a confirm page that needs no JavaScript."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from access.doors import may
from releases import actions
from releases.queries.confirm import read_auto_failover_confirm, read_automation_confirm

from .stops import both, confirmed


@both
@may("automation.stop")
def stop(request: HttpRequest) -> HttpResponse:
    """The kill switch."""
    act = partial(actions.stop_automation, request.user)
    return confirmed(request, read_automation_confirm(stop=True), act, _("All automation is off."))


@both
@may("automation.resume")
def resume(request: HttpRequest) -> HttpResponse:
    """The way back from it."""
    act = partial(actions.resume_automation, request.user)
    return confirmed(request, read_automation_confirm(stop=False), act, _("Automation is on again."))


@both
@may("automation.write")
def auto_failover(request: HttpRequest, redundancy: str, way: str) -> HttpResponse:
    """Automatic failover of one redundancy, `on` or `off`."""
    if way not in ("on", "off"):
        raise Http404
    on = way == "on"
    page = read_auto_failover_confirm(redundancy, on)
    act = partial(actions.set_auto_failover, request.user, redundancy, on)
    return confirmed(request, page, act, _("It is switched on.") if on else _("It is switched off."))
