"""restore: the Prod gets its part of the users again."""

from journal.core.reasons import because
from releases.core.answers import Answer, Succeeded

from .shifted import not_shifted
from .view import StepView


def look(view: StepView) -> Answer:
    """Succeeded once every router was seen to send its part there; Failed where one does not show it in time.
    The weights were changed when the step was started."""
    waiting = not_shifted(view)
    routes = view.published.routes if view.published else 0
    return waiting or Succeeded(because("restored", routes=routes))
