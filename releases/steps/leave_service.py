"""leave_service: the Prod is out of service before anything of it goes."""

from journal.core.reasons import because
from releases.core.answers import Answer, Running, Succeeded

from .shifted import not_shifted
from .view import StepView


def look(view: StepView) -> Answer:
    """Succeeded `drain_s` after every router was seen to send nobody there. It was taken out of service, and its
    Routes were taken out, when the step was started. Until its objects go it can be taken back in a moment."""
    waiting = not_shifted(view)
    if waiting:
        return waiting
    routes = int(view.params["routes"])
    since = view.published.since if view.published else None
    if since is not None:
        drain_s = int(view.params["drain_s"])
        left = drain_s - (view.now - since).total_seconds()
        if left > 0:
            return Running(because("drains", drain_s=drain_s, routes=routes), left)
    return Succeeded(because("out-of-service", routes=routes))
