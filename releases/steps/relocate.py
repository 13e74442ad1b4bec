"""relocate: users that nobody else serves live on another Prod while theirs is changed."""

from journal.core.reasons import because
from releases.core.answers import Answer, Succeeded

from .shifted import not_shifted
from .view import StepView


def look(view: StepView) -> Answer:
    """Succeeded once every router was seen to send them there; Failed where one does not show it in time. The
    weights were changed when the step was started."""
    return not_shifted(view) or Succeeded(because("relocated", routes=view.moved))
