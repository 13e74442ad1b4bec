"""soak: the Prod stays ready for a while, with users on it."""

from typing import assert_never

from clusters.core.evidence import Failing, Ready, Waiting
from journal.core.reasons import because, within
from releases.core.answers import Answer, Failed, Running, Succeeded

from .view import StepView, judged, seconds_left

# After the soak a Prod that is not ready gets this long to become so again.
GRACE_S = 60


def look(view: StepView) -> Answer:
    """Succeeded once `soak_s` is over and the Prod is ready; Failed in the pods' own words."""
    left = seconds_left(view, "soak_s")
    if view.unseen:
        return _unready(Running(view.unseen, max(left, 1.0)), left)
    match judged(view):
        case Ready():
            return _ready(view, left)
        case Failing(reason):
            return Failed(reason)
        case Waiting(reason):
            return _unready(Running(reason, max(left, 1.0)), left)
        case other:
            assert_never(other)


def _ready(view: StepView, left: float) -> Answer:
    soak_s = int(view.params["soak_s"])
    if left <= 0:
        return Succeeded(because("soaked", soak_s=soak_s))
    return Running(because("soaking", soak_s=soak_s), left)


def _unready(running: Running, left: float) -> Answer:
    if left + GRACE_S > 0:
        return running
    return Failed(within("not-ready-after-soak", running.reason))
