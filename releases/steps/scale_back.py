"""scale_back: the users have left again, and the autoscalers of the Prod go by its Blueprint."""

from clusters.core.manifests import Manifest

from .context import Outcome, StepContext
from .floors import floor_of, set_floors, token_parts, writer_of


def act(context: StepContext) -> Outcome:
    """Each autoscaler that this Run was the last to write is as the Version has it. One that somebody has applied since
    is theirs: a deployment has brought it back already, and another rollback will."""

    def wanted(rendered: Manifest, found: Manifest) -> int | None:
        floor = floor_of(rendered)
        ours = writer_of(found)[0] == token_parts(context.token)[0]
        return floor if ours and floor != floor_of(found) else None

    return set_floors(context, wanted, done="floors-lowered", nothing="floors-as-they-were")
