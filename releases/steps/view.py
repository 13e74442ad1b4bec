"""What a check may look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clusters.core.evidence import Applied
from clusters.core.observed import ObservedProd
from journal.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class StepView:
    """A running check: its parameters, what the Prod's act applied, and what was last seen.

    `unseen` is why what was seen cannot be trusted now (the Cluster does not answer); None: it can.
    """

    params: Mapping[str, Any]
    started_at: datetime
    now: datetime
    applied: tuple[Applied, ...] = ()
    observed: ObservedProd | None = None
    unseen: Reason | None = None
    approved: int = 0


def seconds_left(view: StepView, name: str) -> float:
    """Seconds until the time in parameter `name` (seconds from the start) is over; negative: it is."""
    ends = view.started_at + timedelta(seconds=int(view.params[name]))
    return (ends - view.now).total_seconds()
