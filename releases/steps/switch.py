"""switch: another Prod has the place of this one in all its Routes."""

from journal.core.reasons import because
from releases.core.answers import Answer, Succeeded

from .shifted import not_shifted
from .view import StepView


def look(view: StepView) -> Answer:
    """Succeeded once every router was seen to show it; Failed where one does not in time. The members were changed
    when the step was started."""
    told = because("switched-over", other=str(view.params["to"]), routes=view.moved)
    return not_shifted(view) or Succeeded(told)
