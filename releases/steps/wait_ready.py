"""wait_ready: the Prod runs what was applied, by the evidence rule."""

from typing import assert_never

from clusters.core.evidence import Failing, Ready, Waiting
from journal.core.reasons import within
from releases.core.answers import Answer, Failed, Running, Succeeded

from .view import StepView, judged, seconds_left


def look(view: StepView) -> Answer:
    """Succeeded on evidence, Failed in the pods' own words or when `timeout_s` is over, else Running."""
    left = seconds_left(view, "timeout_s")
    if view.unseen:
        return _not_yet(view, Running(view.unseen, max(left, 0.1)))
    match judged(view):
        case Ready(reason):
            return Succeeded(reason)
        case Failing(reason):
            return Failed(reason)
        case Waiting(reason):
            return _not_yet(view, Running(reason, max(left, 0.1)))
        case other:
            assert_never(other)


def _not_yet(view: StepView, running: Running) -> Answer:
    if seconds_left(view, "timeout_s") > 0:
        return running
    waited = int((view.now - view.started_at).total_seconds())
    return Failed(within("not-ready-in-time", running.reason, waited_s=waited))
