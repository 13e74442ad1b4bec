"""ask: people approve before the next wave."""

from journal.core.reasons import because
from releases.core.answers import Answer, Running, Succeeded

from .view import StepView

LOOK_AGAIN_S = 300.0


def look(view: StepView) -> Answer:
    """Succeeded once `approvals` people have said yes. A person's yes wakes the Run."""
    needed = int(view.params["approvals"])
    if view.approved >= needed:
        return Succeeded(because("approved", approvals=view.approved))
    return Running(because("waits-for-approval", approved=view.approved, needed=needed), LOOK_AGAIN_S)
