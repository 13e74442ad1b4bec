"""leave_service: the Prod is out of service before anything of it goes."""

from journal.core.reasons import because
from releases.core.answers import Answer, Succeeded

from .view import StepView


def look(view: StepView) -> Answer:
    """Succeeded: its Routes were taken out, and it was taken out of service, when the step was started.
    Until its objects go it can be taken back in a moment."""
    return Succeeded(because("out-of-service", routes=int(view.params["routes"])))
