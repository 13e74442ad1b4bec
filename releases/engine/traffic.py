"""What Runs do to traffic: a Prod's users go elsewhere and come back. Rows change in the pass; routers follow."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from clusters.models import Cluster, Prod
from journal.core.reasons import Reason, because, reason_from_json
from journal.log import event
from journal.models import Event
from releases.core.states import RunKind
from releases.steps.view import Published
from traffic.core import weights as weights_core
from traffic.core.plan import Move
from traffic.engine.shifting import Shifted, shift
from traffic.models import Publication, Route, RouteMember

from .wake import send

Weights = Mapping[str, int]
# Users come back to these by a failback only.
_EMPTYING = frozenset({Cluster.Intent.DRAINING, Cluster.Intent.UPGRADING, Cluster.Intent.RETIRED})
# What the weights of one Route become for a Prod, from (weights, targets, prod); empty: they stay.
Rule = Callable[[Weights, Weights, str], Weights]


def drain(prod: Prod, run_id: int | None, now: datetime) -> list[Event]:
    """Nobody is sent to the Prod any more on the Routes that others serve too. May be repeated."""
    return _shift(prod, run_id, now, _drained, "users-sent-elsewhere")


def take_back(prod: Prod, run_id: int | None, now: datetime) -> list[Event]:
    """The Prod has its part of every Route of its own again, unless its Cluster is being emptied. May be repeated."""
    if prod.cluster.intent in _EMPTYING:
        return []
    return _shift(prod, run_id, now, _restored, "users-sent-back")


def ramp(prod: Prod, route: str, percent: int, run_id: int | None, now: datetime) -> list[Event]:
    """The Prod has `percent` of its part of `route`, if it had less. May be repeated."""

    def rule(weights: Weights, targets: Weights, name: str) -> Weights:
        raised = weights_core.ramp(weights, targets, name, percent)
        return {} if isinstance(raised, Reason) or raised[name] <= weights[name] else raised

    return _shift(prod, run_id, now, rule, "users-sent-back", route)


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
    prod: Prod, run_id: int | None, now: datetime, rule: Rule, code: str, only: str = ""
) -> list[Event]:
    """`only`: the one Route that is concerned; empty: all of the Prod."""
    changes = {
        route: wanted
        for route, (weights, targets) in _members_around(prod.pk, only).items()
        if (wanted := rule(weights, targets, prod.name))
    }
    shifted = shift(changes, because(code, prod=prod.name), now, run_id=run_id)
    if not shifted.routes:
        return []
    told = because(f"{code}-on", prod=prod.name, routes=len(shifted.routes))
    return [event(now, "routes", run_id=run_id, prod=prod.name, cluster=prod.cluster.name, reason=told)]


def _members_around(prod_id: int, only: str) -> dict[int, tuple[dict[str, int], dict[str, int]]]:
    """Route id -> weights and targets of its members, for the Routes of the Prod. Locked by `shift`, not here:
    two Runs never move one Route, since it is out for one of them."""
    mine = RouteMember.objects.filter(prod=prod_id, **({"route__name": only} if only else {})).values("route")
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
