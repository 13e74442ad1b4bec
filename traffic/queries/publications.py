"""How Routes are published: what is asked beside what was read back, and how old that is."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from clusters.marks import Mark
from journal.core.reasons import Reason, reason_from_json
from traffic.marks import OLD, PUBLICATION_MARKS, UNPUBLISHED
from traffic.models import Publication

# The publisher reads everything back every 5 s; older than this, what was read is not how it is.
FRESH_FOR = timedelta(seconds=20)
State = Publication.State
# The gravest first: what a Route is called as a whole.
GRAVITY = (State.REFUSED, State.UNREACHABLE, State.PENDING, State.PUBLISHED)


@dataclass(frozen=True, slots=True)
class WeightPair:
    """A member at a router instance: asked for, and read back (None: it is not there)."""

    prod: str
    asked: int
    actual: int | None


@dataclass(frozen=True, slots=True)
class PublicationLine:
    """A Route at one instance. `is_old`: nothing was read back lately, so what is shown is how it was."""

    instance: str
    router: str
    mark: Mark
    reason: Reason | None
    since: datetime
    asked_epoch: int
    epoch: int
    weights: tuple[WeightPair, ...]
    read_at: datetime | None
    is_old: bool


def read_publications(
    routes: Mapping[int, int], asked: Mapping[int, Mapping[str, int]], now: datetime
) -> dict[int, tuple[PublicationLine, ...]]:
    """Route id -> its Publications, by instance. `routes` is Route id -> epoch, `asked` the weights. One query."""
    found: dict[int, list[PublicationLine]] = defaultdict(list)
    rows = Publication.objects.filter(route__in=routes).select_related("instance__router")
    for row in rows.defer("instance__settings", "instance__credentials").order_by("instance__name"):
        found[row.route_id].append(_line(row, routes[row.route_id], asked.get(row.route_id, {}), now))
    return {pk: tuple(lines) for pk, lines in found.items()}


def is_old(read_at: datetime | None, now: datetime) -> bool:
    """Whether what was read then is no fact any more."""
    return read_at is None or now - read_at > FRESH_FOR


def whole_mark(lines: Collection[PublicationLine]) -> Mark:
    """What a Route is called: its gravest Publication; as asked only if it is so everywhere, by fresh facts."""
    if not lines:
        return UNPUBLISHED
    marks = [line.mark for line in lines]
    for state in GRAVITY[:3]:
        if PUBLICATION_MARKS[state] in marks:
            return PUBLICATION_MARKS[state]
    return OLD if OLD in marks else PUBLICATION_MARKS[State.PUBLISHED]


def _line(row: Publication, epoch: int, asked: Mapping[str, int], now: datetime) -> PublicationLine:
    old = is_old(row.seen_at, now)
    state: str = State(row.state)
    if state == State.PUBLISHED and row.epoch != epoch:
        state = State.PENDING  # what is asked has changed since
    return PublicationLine(
        instance=row.instance.name,
        router=row.instance.router.name,
        mark=OLD if old and state == State.PUBLISHED else PUBLICATION_MARKS[state],
        reason=reason_from_json(row.reason),
        since=row.since,
        asked_epoch=epoch,
        epoch=row.epoch,
        weights=tuple(
            WeightPair(prod, asked.get(prod, 0), row.weights.get(prod))
            for prod in sorted(asked.keys() | row.weights.keys())
        ),
        read_at=row.seen_at,
        is_old=old,
    )
