"""ramp: the Prod gets a part of a Route back, or of all its Routes, and is watched with it."""

from journal.core.reasons import Param, Reason, because
from releases.core.answers import Answer, Failed, Running, Succeeded

from .shifted import not_shifted
from .view import StepView, seconds_left


def look(view: StepView) -> Answer:
    """Succeeded `watch_s` after the routers show it, while the Prod stays ready; Failed once it is not. The weights
    were changed when the step was started, and are taken away again where it fails."""
    percent, watch_s = int(view.params["percent"]), int(view.params["watch_s"])
    if not view.well:
        reason = _said(view, "member-not-well")
        left = seconds_left(view, "timeout_s")
        return Running(reason, min(1.0, max(left, 0.1))) if left > 0 else Failed(reason)
    waiting = not_shifted(view)
    if waiting:
        return waiting
    since = view.published.since if view.published else None
    left = watch_s - (view.now - since).total_seconds() if since else 0
    if left > 0:
        return Running(_said(view, "watched", percent=percent, watch_s=watch_s), left)
    return Succeeded(_said(view, "ramped", percent=percent))


def _said(view: StepView, code: str, **params: Param) -> Reason:
    route = str(view.params.get("route", ""))
    return because(code, route=route, **params) if route else because(f"{code}-on-all", **params)
