"""scale_up: a Prod that gets more users in one moment has pods for them before its autoscalers have measured it."""

from clusters.core.autoscaling import raised_floor
from clusters.core.manifests import Manifest, mapping

from .context import Outcome, StepContext
from .floors import floor_of, set_floors, token_parts, writer_of


def act(context: StepContext) -> Outcome:
    """Each of its autoscalers keeps as many pods at least as what it carries and what comes need. Already so is
    success; what an earlier attempt has written stands, since its pods may have come since and would be counted anew."""

    def wanted(rendered: Manifest, found: Manifest) -> int | None:
        if writer_of(found)[:2] == token_parts(context.token)[:2]:
            return None
        floor = _floor(context, rendered, found)
        return floor if floor > floor_of(found) else None

    return set_floors(context, wanted, done="floors-raised", nothing="floors-enough")


def _floor(context: StepContext, rendered: Manifest, found: Manifest) -> int:
    status, least = mapping(found.get("status")), floor_of(found)
    pods = int(status.get("desiredReplicas") or status.get("currentReplicas") or 0)
    return raised_floor(
        least,
        int(mapping(rendered.get("spec"))["maxReplicas"]),
        max(pods, least),
        load=int(context.params["load"]),
        coming=int(context.params["coming"]),
        capacity=int(context.params["capacity"]),
    )
