"""The buttons that send the users of a Cluster or of one Prod elsewhere, and bring them back."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from access.roles import PERMISSIONS, allows
from clusters.models import Cluster
from journal.core.reasons import Reason, because
from releases.failover_preview import back_reasons
from traffic.core.survival import CLUSTER, PROD

from .acts import Act

LEAVE, BACK = "cluster.evacuate", "cluster.fail-back"
# Of a Cluster or of a Prod -> its pages.
_PAGES = {
    CLUSTER: {LEAVE: "releases:leave", BACK: "releases:fail-back"},
    PROD: {LEAVE: "releases:leave-prod", BACK: "releases:fail-back-prod"},
}


def leave_act(of: str, name: str, role: str, *, dead: bool, serves: bool) -> Act:
    """Send its users elsewhere; `serves`: it has any."""
    label = _("Fail over %s…") if dead else _("Evacuate %s…")
    empty = () if serves else (because("nothing-to-move", name=name),)
    url = reverse(_PAGES[of][LEAVE], args=[name])
    return Act(label % name, url, "alert" if dead else "leave", dead, (*right(role, LEAVE), *empty))


def back_act(of: str, name: str, cluster: Cluster, role: str, now: datetime) -> Act:
    """Bring its users back; it is `cluster`, or stands on it."""
    url = reverse(_PAGES[of][BACK], args=[name])
    reasons = (*right(role, BACK), *back_reasons(of, cluster, now))
    return Act(_("Fail back %s…") % name, url, "back", False, reasons)


def right(role: str, action: str) -> tuple[Reason, ...]:
    """Why `role` may not; empty: it may."""
    if allows(role, action):
        return ()
    return (because("role-may-not", role=role, needs=str(PERMISSIONS[action])),)
