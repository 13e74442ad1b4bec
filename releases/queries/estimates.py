"""How long moves of users take, from what they took lately."""

from django.db.models import Avg, F

from releases.core.plan import Plan
from releases.core.states import StepState
from releases.models import Step


def move_s() -> float | None:
    """Seconds that the last moves took until routers showed them, on average; None: none was ever measured here. One
    query."""
    done = Step.objects.filter(kind="move", state=StepState.SUCCEEDED).order_by("-pk").values("pk")[:50]
    took = Step.objects.filter(pk__in=done).aggregate(mean=Avg(F("finished_at") - F("started_at")))["mean"]
    return took.total_seconds() if took is not None else None


def failover_s() -> int | None:
    """Whole seconds until routers show a failover, which moves everybody in one step. None: as `move_s`."""
    took = move_s()
    return None if took is None else max(1, round(took))


def estimate_s(plan: Plan) -> int | None:
    """How long `plan` takes until routers show it: what the last moves took, for each step that follows another,
    and what is watched in between. None: no move was ever measured, and nothing is watched. One query."""
    steps = [step for wave in plan.waves for prod in wave.prods for step in prod.steps]
    took, ramps = move_s(), sum(step.kind == "ramp" for step in steps)
    if took is None and not ramps:
        return None
    one = 1.0 if took is None else took
    return max(1, round(one * max(1, ramps))) + watched_s(plan)


def watched_s(plan: Plan) -> int:
    """How long ramps are watched, all together."""
    steps = (step for wave in plan.waves for prod in wave.prods for step in prod.steps)
    return sum(int(dict(step.params).get("watch_s", 0)) for step in steps)
