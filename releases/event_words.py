"""How the Events of each kind and what things became are said, in a list of what happened."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clusters.marks import EVENT_STATES as CLUSTER_STATES
from clusters.models import Drift

from .marks import LIFECYCLE_MARKS, LIVENESS_MARKS

Words = dict[str, str | Promise]

KINDS: Words = {
    "auto-failover": _("automatic failover"),
    "automation": _("automation"),
    "blueprint": _("Blueprint"),
    "cluster": _("cluster"),
    "cluster-health": _("health"),
    "cluster-signals": _("signals"),
    "cluster-test": _("connection tested"),
    "drift": _("drift"),
    "hold": _("hold"),
    "line": _("the line"),
    "overrides": _("overrides"),
    "person": _("person"),
    "prod": _("Prod"),
    "route": _("Route"),
    "router": _("router"),
    "routes": _("Routes"),
    "self-heal": _("healing by itself"),
    "stray": _("stray object"),
    "tenant": _("Tenant"),
    "token": _("token"),
    "version": _("Version"),
    "veto": _("veto"),
}
STATES: dict[str, Words] = {
    **CLUSTER_STATES,
    "auto-failover": {"on": _("on"), "off": _("off")},
    "automation": {"on": _("on"), "off": _("off")},
    "cluster-signals": {key: mark.word for key, mark in LIVENESS_MARKS.items()},
    "drift": {
        Drift.State.UNKNOWN: _("not known"),
        Drift.State.IN_SYNC: _("in sync"),
        Drift.State.DRIFTED: _("drifted"),
    },
    "hold": {"held": _("held"), "lifted": _("lifted")},
    "line": {"running": _("running"), "stopped": _("stopped")},
    "person": {
        "active": _("active"),
        "inactive": _("closed"),
        "password changed": _("password changed"),
        "password reset": _("password reset"),
    },
    "prod": {key: mark.word for key, mark in LIFECYCLE_MARKS.items()},
    "routes": {"left": _("left"), "good": _("sent to good Prods")},
    "self-heal": {"on": _("on"), "off": _("off"), "healing": _("healing")},
    "token": {"live": _("works"), "revoked": _("revoked")},
    "veto": {"vetoed": _("vetoed"), "lifted": _("lifted")},
}


def event_words(kind: str, state: str) -> str:
    """`Prod: in service`; a kind or state without words is told as its code."""
    said = str(KINDS.get(kind, kind))
    return f"{said}: {STATES.get(kind, {}).get(state, state)}" if state else said
