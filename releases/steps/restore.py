"""restore: the Prod gets its part of the users again."""

from journal.core.reasons import because
from releases.core.answers import Answer, Succeeded

from .shifted import not_shifted
from .view import StepView


def look(view: StepView) -> Answer:
    """Succeeded once every router was seen to send its part there; Failed where one does not show it in time.
    The weights were changed when the step was started: of none, where nobody may come back now."""
    restored = because("restored", routes=view.moved) if view.moved else because("nothing-restored")
    return not_shifted(view) or Succeeded(restored)
