"""What is done without a person about one Cluster, in a word."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from journal.core.reasons import Reason
from releases.marks import AUTOMATIC_MARKS, STOPS, Mark
from traffic.core.detect import DOWN
from traffic.marks import REDUNDANCY_NAMES
from traffic.models import Redundancy
from traffic.queries.liveness import Alive

OFF, ON, PROPOSES, STOPPED, NOT_JUDGED = "off", "on", "proposes", "stopped", "not-judged"


@dataclass(frozen=True, slots=True)
class Automatic:
    """`state`: `off`; `on` (Routes of the redundancies `classes` leave it by themselves when it is down); `proposes` (it is
    down, and a person decides); `stopped` (nothing happens by itself, whatever is switched on); `not-judged` (no Prods in
    service there). `why` nothing happens by itself; `since` when it is down with users (None: it is not)."""

    state: str
    classes: tuple[str, ...] = ()
    why: tuple[Reason, ...] = ()
    since: datetime | None = None

    @property
    def mark(self) -> Mark:
        """How it is shown."""
        return AUTOMATIC_MARKS[self.state]

    @property
    def names(self) -> tuple[str | Promise, ...]:
        """The redundancies as people call them."""
        return tuple(REDUNDANCY_NAMES[Redundancy(one)] for one in self.classes)

    @property
    def stops(self) -> tuple[Mark, ...]:
        """What holds automation back, each in few words."""
        return tuple(STOPS[one.code] for one in self.why if one.code in STOPS)


def automatic(
    alive: Alive | None, serves: bool, idle: Collection[Reason], classes: Collection[str]
) -> Automatic:
    """Of one Cluster, of which its signals say `alive`. `serves`: users are sent there; `idle` is why no Cluster is failed
    over without a person, and `classes` are the redundancies for which it is switched on."""
    if alive is None:
        return Automatic(NOT_JUDGED)
    why, on = tuple(idle), tuple(classes)
    since = alive.since if alive.state == DOWN and serves else None
    if since is not None:
        return Automatic(PROPOSES if why else ON, on, why, since)
    if not why:
        return Automatic(ON, on)
    # A fleet that is too small stops nothing that is off anyway.
    held = any(one.code in STOPS and (on or one.code != "fleet-too-small-to-automate") for one in why)
    return Automatic(STOPPED if held else OFF, on, why)
