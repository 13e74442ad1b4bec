"""What each state looks like: tone, drawing and word. One table per kind of state, nothing else."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clusters.models import Cluster, Prod

from .core.states import RunState, StepState


@dataclass(frozen=True, slots=True)
class Mark:
    """Tone (a class in `tokens.css`), drawing (in `icons.svg`) and word of a state."""

    tone: str
    icon: str
    word: str | Promise


RUN_MARKS = {
    RunState.PLANNED: Mark("idle", "dots", _("planned")),
    RunState.AWAITING_APPROVAL: Mark("wait", "person", _("waits for approval")),
    RunState.RUNNING: Mark("busy", "turn", _("under way")),
    RunState.PAUSED: Mark("wait", "pause", _("paused")),
    RunState.STOPPING: Mark("wait", "clock", _("stopping")),
    RunState.FAILED: Mark("bad", "cross", _("failed")),
    RunState.SUCCEEDED: Mark("good", "check", _("done")),
    RunState.ABORTED: Mark("idle", "stop", _("ended early")),
}

STEP_MARKS = {
    StepState.WAITING: Mark("idle", "dots", _("not started")),
    StepState.RUNNING: Mark("busy", "turn", _("under way")),
    StepState.SUCCEEDED: Mark("good", "check", _("done")),
    StepState.SKIPPED: Mark("idle", "skip", _("skipped")),
    StepState.FAILED: Mark("bad", "cross", _("failed")),
    StepState.ERRORED: Mark("bad", "alert", _("could not be done")),
    StepState.ABORTED: Mark("idle", "stop", _("given up")),
}

CLUSTER_MARKS = {
    Cluster.Health.HEALTHY: Mark("good", "check", _("healthy")),
    Cluster.Health.DEGRADED: Mark("wait", "alert", _("degraded")),
    Cluster.Health.UNREACHABLE: Mark("bad", "cross", _("unreachable")),
    Cluster.Health.UNKNOWN: Mark("unknown", "query", _("unknown")),
}

LIFECYCLE_MARKS = {
    Prod.Lifecycle.BUILDING: Mark("busy", "turn", _("building")),
    Prod.Lifecycle.WARMING: Mark("busy", "turn", _("warming up")),
    Prod.Lifecycle.IN_SERVICE: Mark("good", "check", _("in service")),
    Prod.Lifecycle.DRAINING: Mark("wait", "clock", _("draining")),
    Prod.Lifecycle.OUT_OF_SERVICE: Mark("idle", "stop", _("out of service")),
    Prod.Lifecycle.RETIRED: Mark("idle", "stop", _("retired")),
}

# What a Prod is doing while a step of this kind runs, and what the step is called in a list.
STEP_DOING = {
    "set_version": _("updating"),
    "wait_ready": _("starting pods"),
    "soak": _("soaking"),
    "ask": _("waits for approval"),
}
STEP_NAMES = {
    "set_version": _("Set version"),
    "wait_ready": _("Wait until ready"),
    "soak": _("Soak"),
    "ask": _("Approval"),
}

# How parameters of Reasons are said.
WORDS = {"step": STEP_NAMES, "gate": STEP_NAMES}

PROVIDERS = {
    "on-premises": _("on premises"),
    "eks": "EKS",
    "aks": "AKS",
    "gke": "GKE",
}

NO_FACTS = Mark("unknown", "query", _("no fresh facts"))
NEXT = Mark("idle", "dots", _("next"))
PLANNED = Mark("idle", "dots", _("planned"))
WAITS = Mark("wait", "clock", _("waits"))
HELD = Mark("wait", "hand", _("held"))
VETOED = Mark("bad", "cross", _("vetoed"))
RELEASABLE = Mark("good", "check", _("may be released"))
POD_READY = Mark("good", "check", _("ready"))
POD_LEAVING = Mark("idle", "stop", _("stopping"))
POD_STARTING = Mark("busy", "turn", _("starting"))
POD_BROKEN = Mark("bad", "cross", _("not ready"))
