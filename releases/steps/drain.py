"""drain: nobody is sent to the Prod any more, as far as others can serve, and what was under way has ended."""

from journal.core.reasons import because
from releases.core.answers import Answer, Running, Succeeded

from .shifted import not_shifted
from .view import StepView


def look(view: StepView) -> Answer:
    """Succeeded `drain_s` after every router was seen to send nobody there; Failed where one does not show it
    in time. The weights were changed when the step was started."""
    waiting = not_shifted(view)
    if waiting:
        return waiting
    drain_s = int(view.params["drain_s"])
    if view.published is None or view.published.since is None:
        return Succeeded(because("nothing-to-drain"))
    left = drain_s - (view.now - view.published.since).total_seconds()
    if left > 0:
        return Running(because("drains", drain_s=drain_s, routes=view.moved), left)
    return Succeeded(because("drained", routes=view.moved))
