"""What Runs do to traffic: a Prod's users go elsewhere and come back. Rows change in the pass; routers follow."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q

from clusters.facts import EMPTYING, is_emptied
from clusters.models import Prod
from journal.core.reasons import Reason, because, reason_from_json
from journal.log import event
from journal.models import Event
from releases.core.states import RunKind
from releases.steps.view import Published
from traffic.core import weights as weights_core
from traffic.core.plan import Move
from traffic.engine.shifting import Shifted, shift
from traffic.models import DataClass, Publication, Route, RouteEpoch, RouteMember
from traffic.queries.facts import read_out, share_of

from .wake import send

Weights = Mapping[str, int]
# The kind of step -> the code that its epochs have.
_TOLD = {
    "drain": "users-sent-elsewhere",
    "restore": "users-sent-back",
    "relocate": "users-relocated",
    "switch": "switched",
}
# Kinds of steps that change weights as they begin, or fail.
SHIFTING = frozenset({*_TOLD, "ramp", "leave_service"})
# What the weights of one Route become for a Prod, from (weights, targets, prod); empty: they stay.
Rule = Callable[[Weights, Weights, str], Weights]


def drain(prod: Prod, run_id: int | None, now: datetime, *, for_good: bool = False) -> list[Event]:
    """Nobody is sent to the Prod any more on the Routes that others serve too. Where data have one writer, nobody who
    does not serve them now stands in: that takes a fence; nor does one that is being emptied, unless the Prod leaves
    `for_good`. May be repeated."""
    shut = frozenset() if for_good else _emptied_beside(prod)

    def rule(weights: Weights, targets: Weights, name: str) -> Weights:
        open_targets = {other: 0 if other in shut else target for other, target in targets.items()}
        return _drained(weights, open_targets, name)

    left = _shift(prod, run_id, now, _left, "users-sent-elsewhere")
    return left + _shift(prod, run_id, now, rule, "users-sent-elsewhere", writers=False)


def _emptied_beside(prod: Prod) -> frozenset[str]:
    """The other members of the Prod's Routes that users come back to by a failback only. One query."""
    mine = RouteMember.objects.filter(prod=prod.pk).values("route")
    emptied = Q(lifecycle=Prod.Lifecycle.DRAINING) | Q(cluster__intent__in=EMPTYING)
    rows = Prod.objects.filter(emptied, memberships__route__in=mine).exclude(pk=prod.pk)
    return frozenset(rows.values_list("name", flat=True))


def take_back(prod: Prod, run_id: int | None, now: datetime) -> list[Event]:
    """The Prod has its part of every Route of its own again, unless it or its Cluster is being emptied. Data with one
    writer stay where they are written now: the way back takes a fence. May be repeated."""
    if is_emptied(prod):
        return []
    return _shift(prod, run_id, now, _restored, "users-sent-back", writers=False)


def relocate(prod: Prod, moves: Iterable[Move], run_id: int, now: datetime) -> list[Event]:
    """The users that `moves` names live elsewhere until they are sent back. May be repeated."""
    moves = tuple(moves)
    shifted = carry_out(moves, because("users-relocated", prod=prod.name), now, run_id)
    hosts = {name for move in moves for name, weight in move.weights if weight}
    told = because(
        "users-relocated-on", prod=prod.name, routes=len(shifted.routes), prods=", ".join(sorted(hosts))
    )
    return [event(now, "routes", run_id=run_id, prod=prod.name, cluster=prod.cluster.name, reason=told)]


def forget_stand_ins(prod_id: int) -> None:
    """Members that have stood in for the Prod and serve nobody any more are members no longer; those of Routes that somebody
    else is changing stay until the next time, since they may be about to serve."""
    mine = Route.objects.filter(members__prod=prod_id).order_by("pk")
    mine = mine.select_for_update(skip_locked=True, of=("self",))
    idle = RouteMember.objects.filter(route__in=list(mine.values_list("pk", flat=True)), weight=0, target=0)
    idle.exclude(prod=prod_id).delete()


def ramp(prod: Prod, route: str, percent: int, run_id: int | None, now: datetime) -> list[Event]:
    """The Prod has `percent` of its part of `route` (empty: of all its Routes), if it had less, unless it or its
    Cluster is being emptied. Data with one writer stay where they are written now. May be repeated."""
    if is_emptied(prod):
        return []

    def rule(weights: Weights, targets: Weights, name: str) -> Weights:
        raised = weights_core.ramp(weights, targets, name, percent)
        return {} if isinstance(raised, Reason) or raised[name] <= weights[name] else raised

    return _shift(prod, run_id, now, rule, "users-sent-back", route, writers=False)


def ramp_down(prod: Prod, route: str, run_id: int | None, now: datetime) -> list[Event]:
    """What a ramp has given to the Prod goes to members that are known to serve; without one it stays. May be
    repeated."""
    well = _serving_beside(prod, now)

    def rule(weights: Weights, targets: Weights, name: str) -> Weights:
        takers = _takers(weights, targets, well) if weights[name] else {}
        return weights_core.hand_over(weights, [name], takers) if takers else {}

    return _shift(prod, run_id, now, rule, "users-sent-elsewhere", route, writers=False)


def _serving_beside(prod: Prod, now: datetime) -> dict[str, bool]:
    """The other members of the Prod's Routes that are known to serve: whether each runs what the Prod came from."""
    mine = RouteMember.objects.filter(prod=prod.pk).values("route")
    rows = Prod.objects.filter(memberships__route__in=mine).exclude(pk=prod.pk).distinct()
    rows = rows.select_related("cluster", "observation", "version__revision").defer(
        "version__revision__manifests"
    )
    out = read_out()
    well = [row for row in rows if share_of(row, out, now).serving]
    return {row.name: row.version_id == prod.settled_version_id for row in well}


def _takers(weights: Weights, targets: Weights, well: Mapping[str, bool]) -> Weights:
    """Members that serve now, else those that do in normal times, else one that stood in a moment ago."""
    serving = {name: weight for name, weight in weights.items() if name in well and weight}
    usual = {name: target for name, target in targets.items() if name in well and target}
    return serving or usual or {name: 1 for name in weights if well.get(name)}


def _left(weights: Weights, targets: Weights, prod: str) -> Weights:
    """Those who serve now go on without it."""
    rest = weights_core.drain(weights, prod) if weights[prod] else {}
    return {} if isinstance(rest, Reason) else rest


def _drained(weights: Weights, targets: Weights, prod: str) -> Weights:
    """Others that have no weight now stand in with their normal one."""
    if not weights[prod]:
        return {}
    for able in (weights, {**targets, prod: weights[prod]}):
        rest = weights_core.drain(able, prod)
        if not isinstance(rest, Reason):
            return rest
    return {}


def _restored(weights: Weights, targets: Weights, prod: str) -> Weights:
    if not targets[prod] or weights[prod] == targets[prod]:
        return {}
    back = weights_core.restore(weights, targets, prod)
    return {} if isinstance(back, Reason) else back


def _shift(
    prod: Prod,
    run_id: int | None,
    now: datetime,
    rule: Rule,
    code: str,
    only: str = "",
    *,
    writers: bool = True,
) -> list[Event]:
    """`only`: the one Route that is concerned; empty: all of the Prod. `writers`: also those with one writer."""
    changes = {
        route: wanted
        for route, (weights, targets) in _members_around(prod.pk, only, writers).items()
        if (wanted := rule(weights, targets, prod.name))
    }
    shifted = shift(changes, because(code, prod=prod.name), now, run_id=run_id)
    if not shifted.routes:
        return []
    told = because(f"{code}-on", prod=prod.name, routes=len(shifted.routes))
    return [event(now, "routes", run_id=run_id, prod=prod.name, cluster=prod.cluster.name, reason=told)]


def _members_around(
    prod_id: int, only: str, writers: bool
) -> dict[int, tuple[dict[str, int], dict[str, int]]]:
    """Route id -> weights and targets of its members, for the Routes of the Prod. Locked by `shift`, not here:
    two Runs never move one Route, since it is out for one of them."""
    mine = RouteMember.objects.filter(prod=prod_id, **({"route__name": only} if only else {}))
    if not writers:
        mine = mine.exclude(route__data_class=DataClass.SINGLE_WRITER)
    mine = mine.values("route")
    found: dict[int, tuple[dict[str, int], dict[str, int]]] = defaultdict(lambda: ({}, {}))
    rows = RouteMember.objects.filter(route__in=mine).order_by("prod__name")
    for route, name, weight, target in rows.values_list("route", "prod__name", "weight", "target"):
        found[route][0][name], found[route][1][name] = weight, target
    return found


def carry_out(moves: Iterable[Move], why: Reason, now: datetime, run_id: int | None) -> Shifted:
    """Store the new weights of all `moves`, in one transaction. The last move of a Route counts. Raises Refused, and changes nothing, where one cannot be."""
    wanted = {move.route: dict(move.weights) for move in moves}
    ids = dict(Route.objects.filter(name__in=wanted).values_list("name", "pk"))
    return shift({ids[name]: weights for name, weights in wanted.items()}, why, now, run_id=run_id)


def publish_soon(instances: Iterable[int], **_signal: Any) -> None:
    """Wake the publishers of these instances once the transaction is committed. Rows are the truth."""
    from releases.tasks import publish

    for instance in instances:
        send(publish, (instance,), RunKind.ROLLBACK)  # never behind releases


def moved(run_id: int, prods: Collection[str]) -> dict[tuple[str, str], int]:
    """(Prod, kind of step) -> of how many Routes the Run has changed the weights there. One query; none for no Prods."""
    if not prods:
        return {}
    rows = RouteEpoch.objects.filter(run_id=run_id, reason__params__prod__in=list(prods)).distinct()
    found = Counter(
        (prod, code)
        for prod, code, _ in rows.order_by().values_list("reason__params__prod", "reason__code", "route")
    )
    return {(prod, kind): found[prod, code] for kind, code in _TOLD.items() for prod in prods}


class _Row(NamedTuple):
    route: int
    instance: str
    state: str
    done: bool
    reason: Reason | None
    since: datetime


def published(prod_ids: Iterable[int]) -> dict[int, Published]:
    """Prod id -> how far the routers are with its Routes. One query."""
    rows = Publication.objects.filter(route__members__prod__in=list(prod_ids)).values_list(
        *("route__members__prod", "route", "instance__name", "state", "epoch", "asked", "reason", "since")
    )
    found: dict[int, list[_Row]] = defaultdict(list)
    for prod, route, instance, state, epoch, asked, reason, since in rows:
        done = state == Publication.State.PUBLISHED and epoch >= asked
        found[prod].append(_Row(route, instance, state, done, reason_from_json(reason), since))
    return {prod: _published(mine) for prod, mine in found.items()}


def _published(rows: list[_Row]) -> Published:
    behind: dict[str, Reason | None] = {}
    away: set[str] = set()
    for row in rows:
        if not row.done:
            behind[row.instance] = behind.get(row.instance) or row.reason
            away |= {row.instance} if row.state == Publication.State.UNREACHABLE else set()
    return Published(
        routes=len({row.route for row in rows}),
        instances=len({row.instance for row in rows}),
        behind=tuple(sorted(behind.items(), key=lambda one: one[0])),
        since=max((row.since for row in rows), default=None),
        unreachable=tuple(sorted(away)),
    )
