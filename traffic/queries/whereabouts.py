"""What has happened to a Tenant: what people did to it, and where its Route has sent its users since it is there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from journal.core.reasons import Reason, reason_from_json
from journal.models import Event
from traffic.models import RouteEpoch, Tenant

HISTORY_SHOWN = 30
EPOCHS_READ = 200


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
    weights that they have; None: not known."""

    happened: tuple[Happened, ...]
    since: datetime | None
    weights_since: datetime | None


def read_whereabouts(tenant: Tenant) -> Whereabouts:
    """Of the Tenant on the Route where it is now; what that Route did before it came is no history of it. Three
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
    )


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
