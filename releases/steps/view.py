"""What a check may look at."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from clusters.core.evidence import Applied, Verdict, judge
from clusters.core.observed import ObservedProd
from journal.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Published:
    """How far routers are with what a step asked: `routes` concerned, `instances` that publish them, and those
    of these that are `behind`, with why (None: they were not looked at yet). `since`: when the last was done.
    `unreachable` are those of `behind` that do not answer."""

    routes: int
    instances: int
    behind: tuple[tuple[str, Reason | None], ...]
    since: datetime | None
    unreachable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepView:
    """A running check: its parameters, what the Prod's act applied, and what was last seen.

    `unseen` is why what was seen cannot be trusted now (the Cluster does not answer); None: it can.
    `replaced` are the UIDs of pods that the act has deleted: what they say is older than the change.
    `published`, of steps that change traffic: what the routers show; `moved`: of how many Routes this Run has changed the
    weights for the step. `well`: the Prod is known to serve.
    """

    params: Mapping[str, Any]
    started_at: datetime
    now: datetime
    applied: tuple[Applied, ...] = ()
    observed: ObservedProd | None = None
    unseen: Reason | None = None
    approved: int = 0
    replaced: frozenset[str] = frozenset()
    published: Published | None = None
    moved: int = 0
    well: bool = True


def judged(view: StepView) -> Verdict:
    """The evidence rule on what was seen, without the pods that the act has replaced."""
    observed = view.observed
    if observed is not None and view.replaced:
        pods = tuple(pod for pod in observed.pods if pod.uid not in view.replaced)
        observed = replace(observed, pods=pods)
    return judge(view.applied, observed)


def seconds_left(view: StepView, name: str) -> float:
    """Seconds until the time in parameter `name` (seconds from the start) is over; negative: it is."""
    ends = view.started_at + timedelta(seconds=int(view.params[name]))
    return (ends - view.now).total_seconds()
