"""What has happened to a Tenant: what people did to it, and where its Route has sent its users since it is there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.db.models import QuerySet

from journal.core.reasons import Reason, reason_from_json
from journal.models import Event
from traffic.models import RouteEpoch, Tenant

HISTORY_SHOWN = 30
EPOCHS_READ = 200
RUN_ENDED = frozenset({"succeeded", "aborted"})  # as the journal says it; releases.core.states.RUN_ENDED


@dataclass(frozen=True, slots=True)
class Happened:
    """Something in the history of a Tenant. `was` and `now`: the Prods that served it before and after, where that is
    what happened; `run`: of whom."""

    at: datetime
    by: str
    reason: Reason | None
    run: int | None = None
    was: tuple[str, ...] = ()
    now: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The newest first. `since`: since when the Prods that serve it now do; `weights_since`: since when they have the
    weights that they have; None: not known. `moving`: what each Run that has not ended has done to it so far."""

    happened: tuple[Happened, ...]
    since: datetime | None
    weights_since: datetime | None
    moving: tuple[Happened, ...]


def read_whereabouts(tenant: Tenant) -> Whereabouts:
    """Of the Tenant on the Route where it is now; what that Route did before it came is no history of it. Four
    queries. Of more than EPOCHS_READ epochs the oldest are not looked at."""
    events = Event.objects.filter(kind="tenant", reason__params__tenant=tenant.name).select_related("actor")
    told = [_told(one) for one in events.order_by("-id")[:HISTORY_SHOWN]]
    came = events.exclude(to_state="").order_by("-id").values_list("at", flat=True).first()
    rows = RouteEpoch.objects.filter(route=tenant.route_id).select_related("actor").order_by("-epoch")
    epochs = list(rows[:EPOCHS_READ])
    moves = [one for one in changes_of_place(epochs) if came is None or one.at > came]
    return Whereabouts(
        happened=tuple(sorted(told + moves, key=lambda one: one.at, reverse=True)[:HISTORY_SHOWN]),
        since=moves[0].at if moves else came,
        weights_since=epochs[0].at if epochs else None,
        moving=tuple(_moving(epochs, came, _under_way(rows[:EPOCHS_READ]))),
    )


def _moving(
    epochs: Sequence[RouteEpoch], came: datetime | None, authors: Mapping[int, str]
) -> Iterator[Happened]:
    """Of each Run of `authors` that has given the Route other Prods since the Tenant came, the newest first: from where
    to where, all its epochs taken together."""
    places: dict[int, list[int]] = {}
    for place, row in enumerate(epochs):
        if row.run_id in authors and (came is None or row.at > came):
            places.setdefault(row.run_id, []).append(place)
    for run, mine in places.items():
        last, before = epochs[mine[0]], epochs[mine[-1] + 1 :][:1]
        was, now = serving(before[0].weights if before else {}), serving(last.weights)
        if was != now:
            yield Happened(last.at, authors[run], reason_from_json(last.reason), run, was, now)


def _under_way(epochs: QuerySet[RouteEpoch]) -> dict[int, str]:
    """The Runs of `epochs` that have not ended, as the journal tells it -> who has started them ("": no person). One
    query."""
    told = (
        Event.objects.filter(kind="run", run_id__in=epochs.values("run_id"))
        .exclude(to_state="")
        .order_by("id")
    )
    authors: dict[int, str] = {}
    states: dict[int, str] = {}
    for run, state, actor in told.values_list("run_id", "to_state", "actor__username"):
        authors.setdefault(run or 0, actor or "")
        states[run or 0] = state
    return {run: author for run, author in authors.items() if states[run] not in RUN_ENDED}


def changes_of_place(epochs: Iterable[RouteEpoch]) -> Iterator[Happened]:
    """The epochs (the newest first) that sent users to other Prods than the one before, whatever the weights."""
    first = RouteEpoch(weights={})
    rows = list(epochs)
    for row, before in pairwise([*rows, first] if rows and rows[-1].epoch == 1 else rows):
        was, now = serving(before.weights), serving(row.weights)
        if was != now:
            by = row.actor.get_username() if row.actor else ""
            yield Happened(row.at, by, reason_from_json(row.reason), row.run_id, was, now)


def serving(weights: dict[str, int]) -> tuple[str, ...]:
    """The Prods that get users.

    >>> serving({"b-1": 5, "a-2": 10, "c-1": 0})
    ('a-2', 'b-1')
    """
    return tuple(sorted(prod for prod, weight in weights.items() if weight))


def _told(one: Event) -> Happened:
    return Happened(one.at, one.actor.get_username() if one.actor else "", reason_from_json(one.reason))
