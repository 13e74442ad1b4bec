"""What each state looks like: tone, drawing and word. One table per kind of state, nothing else."""

from django.utils.translation import gettext_lazy as _

from clusters.marks import CLUSTER_MARKS, LIFECYCLE_MARKS, NO_FACTS, Mark  # noqa: F401 (all marks are found here)
from traffic.core.detect import API, DIRECT, DOWN, ROUTED, SUSPECT, UNKNOWN, UP

from .core.states import RunKind, RunState, StepState

# What the signals of a Cluster say (`traffic.core.detect`).
LIVENESS_MARKS = {
    UP: Mark("good", "check", _("signals answer")),
    SUSPECT: Mark("wait", "alert", _("a signal misses")),
    DOWN: Mark("bad", "cross", _("down")),
    UNKNOWN: NO_FACTS,
}

# One signal of it: what is asked, and whether the last probe was answered (None: none was sent lately).
SIGNAL_NAMES = {API: _("API"), DIRECT: _("users"), ROUTED: _("through a router")}
SIGNAL_MARKS = {
    True: Mark("good", "check", _("answers")),
    False: Mark("bad", "cross", _("misses")),
    None: Mark("unknown", "query", _("unknown")),
}

# What is done without a person about a Cluster (`releases.queries.automatic`), and what holds it back (codes of Reasons).
AUTOMATIC_MARKS = {
    "off": Mark("idle", "stop", _("off")),
    "on": Mark("good", "check", _("on")),
    "proposes": Mark("wait", "clock", _("proposes")),
    "stopped": Mark("wait", "stop", _("stopped")),
    "not-judged": Mark("idle", "dots", _("not judged")),
}
STOPS = {
    "automation-stopped": Mark("wait", "stop", _("kill switch")),
    "line-stopped": Mark("wait", "stop", _("the line is stopped")),
    "too-many-look-dead": Mark("wait", "alert", _("too many look dead")),
    "fleet-too-small-to-automate": Mark("wait", "alert", _("too few clusters")),
}

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

RUN_NAMES = {
    RunKind.BUILD: _("Build"),
    RunKind.RELEASE: _("Release"),
    RunKind.ROLLBACK: _("Rollback"),
    RunKind.CHANGE: _("Change"),
    RunKind.HEAL: _("Heal"),
    RunKind.RETIRE: _("Retire"),
    RunKind.FAILOVER: _("Failover"),
    RunKind.EVACUATION: _("Evacuation"),
    RunKind.FAILBACK: _("Failback"),
}

# What a Prod is doing while a step of this kind runs, and what the step is called in a list.
STEP_DOING = {
    "set_version": _("updating"),
    "scale_up": _("getting more pods"),
    "scale_back": _("giving pods back"),
    "wait_ready": _("starting pods"),
    "warm_up": _("warming up"),
    "warm_beside": _("warming up"),
    "soak": _("soaking"),
    "ask": _("waits for approval"),
    "leave_service": _("leaving service"),
    "switch": _("handing its users over"),
    "relocate": _("moving its users for a while"),
    "drain": _("draining"),
    "restore": _("restoring"),
    "move": _("moving its users"),
    "ramp": _("getting users back"),
    "delete_objects": _("deleting"),
    "delete_namespace": _("deleting its namespace"),
}
STEP_NAMES = {
    "set_version": _("Set version"),
    "scale_up": _("More pods"),
    "scale_back": _("Pods as before"),
    "wait_ready": _("Wait until ready"),
    "warm_up": _("Warm up"),
    "warm_beside": _("Warm up"),
    "soak": _("Soak"),
    "ask": _("Approval"),
    "leave_service": _("Out of service"),
    "switch": _("Switch"),
    "relocate": _("Relocate users"),
    "drain": _("Drain"),
    "restore": _("Restore"),
    "move": _("Move users"),
    "ramp": _("Ramp"),
    "delete_objects": _("Delete objects"),
    "delete_namespace": _("Delete namespace"),
}

# States of runs and steps inside a sentence.
STATE_NAMES = {
    "planned": _("planned"),
    "awaiting-approval": _("awaiting approval"),
    "waiting": _("waiting"),
    "running": _("running"),
    "paused": _("paused"),
    "stopping": _("stopping"),
    "failed": _("failed"),
    "errored": _("errored"),
    "skipped": _("skipped"),
    "succeeded": _("succeeded"),
    "aborted": _("aborted"),
}

# How parameters of Reasons are said.
WORDS = {
    "step": STEP_NAMES,
    "gate": STEP_NAMES,
    "lifecycle": {str(key): mark.word for key, mark in LIFECYCLE_MARKS.items()},
    "state": STATE_NAMES,
}

PROVIDERS = {
    "on-premises": _("on premises"),
    "eks": "EKS",
    "aks": "AKS",
    "gke": "GKE",
}

NEXT = Mark("idle", "dots", _("next"))
PLANNED = Mark("idle", "dots", _("planned"))
WAITS = Mark("wait", "clock", _("waits"))
HELD = Mark("wait", "hand", _("held"))
VETOED = Mark("bad", "cross", _("vetoed"))
RELEASABLE = Mark("good", "check", _("may be released"))
HEALTH_MARKS = {
    "ready": Mark("good", "check", _("ready")),
    "not-ready": Mark("wait", "alert", _("not all ready")),
    "down": Mark("bad", "cross", _("down")),
    "unknown": Mark("unknown", "query", _("not known")),
}
SIDE_SAME = Mark("good", "check", _("as asked"))
SIDE_DIFFERS = Mark("wait", "alert", _("differs"))
SIDE_UNSEEN = Mark("unknown", "query", _("not seen"))
POD_READY = Mark("good", "check", _("ready"))
POD_LEAVING = Mark("idle", "stop", _("stopping"))
POD_STARTING = Mark("busy", "turn", _("starting"))
POD_BROKEN = Mark("bad", "cross", _("not ready"))
