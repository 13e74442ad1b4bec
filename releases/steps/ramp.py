"""ramp: the Prod gets a part of a Route back, and is watched with it."""

from journal.core.reasons import because
from releases.core.answers import Answer, Failed, Running, Succeeded

from .shifted import not_shifted
from .view import StepView, seconds_left


def look(view: StepView) -> Answer:
    """Succeeded `watch_s` after the routers show it, while the Prod stays ready; Failed once it is not. The weights
    were changed when the step was started."""
    route, percent = str(view.params["route"]), int(view.params["percent"])
    if not view.well:
        reason = because("member-not-well", route=route)
        left = seconds_left(view, "timeout_s")
        return Running(reason, min(1.0, max(left, 0.1))) if left > 0 else Failed(reason)
    waiting = not_shifted(view)
    if waiting:
        return waiting
    since = view.published.since if view.published else None
    watch_s = int(view.params["watch_s"])
    left = watch_s - (view.now - since).total_seconds() if since else 0
    if left > 0:
        return Running(because("watched", route=route, percent=percent, watch_s=watch_s), left)
    return Succeeded(because("ramped", route=route, percent=percent))
