"""Runs that only move users: a failover, an evacuation, a failback as Plans."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable

from clusters.core.manifests import canonical
from journal.core.reasons import Reason, because
from traffic.core.plan import Move, TrafficPlan

from .digest import sealed
from .facts import FleetFacts, ProdFacts
from .plan import Plan, PlannedProd, PlannedStep, Wave
from .plan_steps import ROUTER_TIMEOUT_S, ramp
from .states import RunKind


def plan_leaving(kind: RunKind, traffic: TrafficPlan, fleet: FleetFacts) -> Plan:
    """The Plan of a failover or an evacuation: one step for each Prod that users leave, all at once. Its digest
    covers every move, and who stays, waits and is lost."""
    facts = {prod.name: prod for prod in fleet.prods}
    of = _digest(traffic)
    leaving: dict[str, list[Move]] = defaultdict(list)
    for move in traffic.moves:
        for prod in _sources(move):
            leaving[prod].append(move)
    prods = tuple(_leaves(facts[name], moves, of) for name, moves in sorted(leaving.items()) if name in facts)
    return _plan(kind, (Wave("move", prods, max(1, len(prods))),) if prods else (), traffic)


def plan_coming_back(traffic: TrafficPlan, fleet: FleetFacts, watch_s: int) -> Plan:
    """The Plan of a failback: Prod by Prod, each Route through its ramp, watched for `watch_s` after each step
    but the last."""
    facts = {prod.name: prod for prod in fleet.prods}
    back: dict[str, list[Move]] = defaultdict(list)
    for move in traffic.moves:
        was = dict(move.was)
        for prod, weight in move.weights:
            if weight > was.get(prod, 0) and prod in facts:
                back[prod].append(move)
    prods = tuple(_returns(facts[name], moves, watch_s) for name, moves in sorted(back.items()))
    return _plan(RunKind.FAILBACK, (Wave("failback", prods, 1),) if prods else (), traffic)


def _sources(move: Move) -> tuple[str, ...]:
    now = dict(move.weights)
    return tuple(prod for prod, weight in move.was if weight and not now.get(prod))


def touched(traffic: TrafficPlan, left: Collection[str], fleet: FleetFacts) -> frozenset[str]:
    """The Prods of which others depend than before once `traffic` is carried out: those that are `left`, their partners,
    who have one less, and those that get users."""
    gets = {
        prod
        for move in traffic.moves
        for prod, weight in move.weights
        if weight > dict(move.was).get(prod, 0)
    }
    members = ({prod for prod, _ in route.members} for route in fleet.routes)
    partners = {prod for mine in members if not mine.isdisjoint(left) for prod in mine}
    return frozenset({*left, *gets, *partners})


def _leaves(prod: ProdFacts, moves: list[Move], of: str) -> PlannedProd:
    why = because("users-leave", routes=len(moves), tenants=sum(move.tenants for move in moves))
    step = PlannedStep("move", (("of", of), ("routes", len(moves)), ("timeout_s", ROUTER_TIMEOUT_S)))
    return PlannedProd(prod.name, why, (step,), prod.came_from, prod.version)


def _returns(prod: ProdFacts, moves: list[Move], watch_s: int) -> PlannedProd:
    why = because("users-return", routes=len({move.route for move in moves}))
    steps = tuple(ramp(move.percent, watch_s, move.route) for move in moves)
    return PlannedProd(prod.name, why, steps, prod.came_from, prod.version)


def _plan(kind: RunKind, waves: tuple[Wave, ...], traffic: TrafficPlan) -> Plan:
    return sealed(
        Plan(
            kind=kind,
            blueprint="",
            version="",
            waves=waves,
            excluded=(),
            failure_budget=sum(len(wave.prods) for wave in waves),
            horizon=None,
            fingerprint="",
            digest="",
            staying=(*traffic.lost, *traffic.staying, *traffic.waiting),
        )
    )


def _digest(traffic: TrafficPlan) -> str:
    left = [[one.route, one.why.code] for one in (*traffic.waiting, *traffic.staying, *traffic.lost)]
    text = canonical([[[move.route, move.weights, move.was] for move in traffic.moves], left])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fence_blockers(moves: Iterable[Move], name: str, confirm: str) -> tuple[Reason, ...]:
    """Why users of single-writer data must not leave the Cluster or Prod `name` yet: nobody has made sure that their old
    writer is still, and typed it as `confirm`."""
    routes = [move.route for move in moves if move.fence]
    if confirm == name or not routes:
        return ()
    return (because("fence-needed", routes=", ".join(routes[:5]), count=len(routes), name=name),)
