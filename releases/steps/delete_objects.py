"""delete_objects: what Drover has applied for a Prod goes, what sends users first."""

from clusters.kube.protocol import KubeError
from journal.core.reasons import because
from releases.core.answers import Succeeded

from .context import Outcome, StepContext
from .ours import refusal, remove_ours


def act(context: StepContext) -> Outcome:
    """Deletes every object that any revision of the Blueprint has, if it carries the Prod's label.

    Already gone is success. What is not ours is left alone here, and goes with the namespace.
    """
    try:
        removed = sum(remove_ours(context, kind, name) for kind, name in context.former)
    except KubeError as error:
        return Outcome(refusal(error))
    return Outcome(Succeeded(because("objects-deleted", objects=removed)))
