"""How long moves of users take, from what they took lately; before the first one, from what routers took to show what was
published."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Avg, F, Max
from django.db.models.functions import Greatest

from releases.core.plan import Plan
from releases.core.states import StepState
from releases.models import Step
from traffic.models import Publication

MOVES, PUBLICATIONS = "moves", "publications"
LOOKED_AT = 50
# A Route that took longer waited for a router that was away, or was mended later: it measures nothing.
MOST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Whole seconds until routers show it, and what that rests on: `moves` that were made here, or `publications`, where
    none was yet; "": on neither, only what is watched is known."""

    seconds: int
    rests_on: str


def move_s() -> float | None:
    """Seconds that the last moves took until routers showed them, on average; None: none was ever measured here. One
    query."""
    done = (
        Step.objects.filter(kind="move", state=StepState.SUCCEEDED).order_by("-pk").values("pk")[:LOOKED_AT]
    )
    took = Step.objects.filter(pk__in=done).aggregate(mean=Avg(F("finished_at") - F("started_at")))["mean"]
    return took.total_seconds() if took is not None else None


def published_s() -> float | None:
    """Seconds until the routers of a Route showed what was asked of them last, on average over the last Routes; None:
    nothing was published here. The slowest router counts. One query."""
    shown = Publication.objects.filter(
        state=Publication.State.PUBLISHED, epoch=F("asked"), route__epochs__epoch=F("asked")
    ).annotate(took=F("since") - Greatest("made_at", "route__epochs__at"))
    routes = (
        shown.filter(took__gt=timedelta(0)).values("route").annotate(slowest=Max("took"), last=Max("since"))
    )
    measured = routes.filter(slowest__lte=MOST).order_by("-last", "route")[:LOOKED_AT]
    times = [row["slowest"].total_seconds() for row in measured]
    return sum(times) / len(times) if times else None


def _took() -> tuple[float, str] | None:
    """What one step takes, and what that rests on. At most two queries."""
    if (moved := move_s()) is not None:
        return moved, MOVES
    published = published_s()
    return None if published is None else (published, PUBLICATIONS)


def failover_estimate() -> Estimate | None:
    """Of a failover, which moves everybody in one step. None: nothing was ever published here. At most two queries."""
    took = _took()
    return None if took is None else Estimate(max(1, round(took[0])), took[1])


def estimate_of(plan: Plan) -> Estimate | None:
    """Of `plan`: what a step takes, for each that follows another, and what is watched in between. None: nothing was
    ever published here, and nothing is watched. At most two queries."""
    steps = [step for wave in plan.waves for prod in wave.prods for step in prod.steps]
    took, ramps = _took(), sum(step.kind == "ramp" for step in steps)
    if took is None and not ramps:
        return None
    one, rests_on = took or (1.0, "")
    return Estimate(max(1, round(one * max(1, ramps))) + watched_s(plan), rests_on)


def watched_s(plan: Plan) -> int:
    """How long ramps are watched, all together."""
    steps = (step for wave in plan.waves for prod in wave.prods for step in prod.steps)
    return sum(int(dict(step.params).get("watch_s", 0)) for step in steps)
