"""What each state of a Cluster looks like: tone, drawing and word."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Cluster, Prod


@dataclass(frozen=True, slots=True)
class Mark:
    """Tone (a class in `tokens.css`), drawing (in `icons.svg`) and word of a state."""

    tone: str
    icon: str
    word: str | Promise


CLUSTER_MARKS = {
    Cluster.Health.HEALTHY: Mark("good", "check", _("healthy")),
    Cluster.Health.DEGRADED: Mark("wait", "alert", _("degraded")),
    Cluster.Health.UNREACHABLE: Mark("bad", "cross", _("unreachable")),
    Cluster.Health.UNKNOWN: Mark("unknown", "query", _("unknown")),
}
NO_FACTS = Mark("unknown", "query", _("no fresh facts"))

LIFECYCLE_MARKS = {
    Prod.Lifecycle.BUILDING: Mark("busy", "turn", _("building")),
    Prod.Lifecycle.WARMING: Mark("busy", "turn", _("warming up")),
    Prod.Lifecycle.IN_SERVICE: Mark("good", "check", _("in service")),
    Prod.Lifecycle.DRAINING: Mark("wait", "clock", _("draining")),
    Prod.Lifecycle.OUT_OF_SERVICE: Mark("idle", "stop", _("out of service")),
    Prod.Lifecycle.RETIRED: Mark("idle", "stop", _("retired")),
}

INTENT_MARKS = {
    Cluster.Intent.ACTIVE: Mark("idle", "play", _("active")),
    Cluster.Intent.CORDONED: Mark("wait", "hand", _("cordoned")),
    Cluster.Intent.DRAINING: Mark("wait", "clock", _("draining")),
    Cluster.Intent.UPGRADING: Mark("busy", "turn", _("upgrading")),
    Cluster.Intent.RETIRED: Mark("idle", "stop", _("retired")),
}

PROD_MARKS = {
    "ready": Mark("good", "check", _("ready")),
    "not-ready": Mark("wait", "alert", _("not ready")),
    "down": Mark("bad", "cross", _("down")),
    "unknown": NO_FACTS,
}

NODE_READY = Mark("good", "check", _("ready"))
NODE_NOT_READY = Mark("bad", "cross", _("not ready"))

ACCESS_NAMES = {
    Cluster.Access.KUBECONFIG: _("kubeconfig"),
    Cluster.Access.TOKEN: _("token"),
    Cluster.Access.CERTIFICATE: _("client certificate"),
    Cluster.Access.IN_CLUSTER: _("service account of its own pod"),
    Cluster.Access.EKS: _("Amazon EKS"),
}
PURPOSE_NAMES = {
    Cluster.Purpose.WORKLOAD: _("workload: runs Prods"),
    Cluster.Purpose.EDGE: _("edge: runs routers"),
    Cluster.Purpose.CONTROL_PLANE: _("control plane: runs Drover"),
    Cluster.Purpose.REHEARSAL: _("rehearsal: runs Prods whose users are moved for practice"),
}

# What happened to a Cluster: kinds of Events.
EVENT_NAMES = {
    "cluster": _("cluster"),
    "cluster-health": _("health"),
    "cluster-test": _("connection tested"),
}

# Kind of Event -> what a Cluster became -> how people say it.
EVENT_STATES: dict[str, dict[str, str | Promise]] = {
    "cluster": {
        **{str(key): mark.word for key, mark in INTENT_MARKS.items()},
        "registered": _("registered"),
        "removed": _("removed"),
    },
    "cluster-health": {str(key): mark.word for key, mark in CLUSTER_MARKS.items()},
}

# How parameters of Reasons are said.
WORDS: dict[str, dict[str, str | Promise]] = {
    "intent": {str(key): mark.word for key, mark in INTENT_MARKS.items()}
}
