"""Moving users with no database and no broker: from a State, straight to the routers, read back."""

from base64 import b64decode
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from clusters.models import Cluster
from journal.core.reasons import Reason, because
from traffic.core.facts import RouteNow, Seat, TrafficFacts
from traffic.core.plan import Pairs, TrafficPlan, pairs, targets_of, weights_of
from traffic.core.state import State
from traffic.models import Router, RouterInstance
from traffic.routers.protocol import Actual, Asked, Backend, RouterError
from traffic.routers.protocol import Router as Speaks

from .bringing import bring

Connect = Callable[[RouterInstance], Speaks]
# Drover counts epochs by ones. So far ahead, nothing that it asks before a person has adopted this passes it.
AHEAD = 1000
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Look:
    """What was read just now: instance -> Route -> what it shows; of those that do not answer, why."""

    shown: Mapping[str, Mapping[str, Actual]]
    away: Mapping[str, Reason]

    def newest(self, route: str) -> Actual | None:
        """What the router with the newest epoch shows of the Route; None: no router that answers has it."""
        there = [routes[route] for routes in self.shown.values() if route in routes]
        return max(there, key=lambda one: one.epoch, default=None)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be asked of one Route, wherever it is published."""

    route: RouteNow
    epoch: int
    weights: Pairs


@dataclass(frozen=True, slots=True)
class Line:
    """A Route at an instance: asked, and read back afterwards (None: it was not). `trouble`: why it is not as asked."""

    route: str
    instance: str
    epoch: int
    asked: Pairs
    shown: Pairs | None
    trouble: Reason | None


def rows_of(state: State) -> dict[str, RouterInstance]:
    """The rows that adapters are made of, by name. They are not saved, and nothing is read for them."""
    keys = {one.cluster: one.cluster_keys for one in state.instances if one.cluster}
    clusters = {
        name: Cluster(pk=number, name=name, credentials=b64decode(keys[name]))
        for number, name in enumerate(sorted(keys), start=1)
    }
    return {
        one.name: RouterInstance(
            router=Router(kind=one.kind),
            name=one.name,
            failure_domain=one.domain,
            cluster=clusters.get(one.cluster),
            settings=dict(one.settings),
            credentials=b64decode(one.keys),
        )
        for one in state.instances
    }


def look(rows: Mapping[str, RouterInstance], connect: Connect) -> Look:
    """Read every instance, all at once: one that is dead costs only its own time."""

    def one(row: RouterInstance) -> Mapping[str, Actual] | Reason:
        try:
            return connect(row).read()
        except Exception as error:  # noqa: BLE001  (whatever is wrong with one, the others can be read)
            return _broke(error)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = dict(zip(rows, pool.map(one, rows.values()), strict=True))
    return Look(
        shown={name: found for name, found in answers.items() if not isinstance(found, Reason)},
        away={name: found for name, found in answers.items() if isinstance(found, Reason)},
    )


def _broke(error: Exception) -> Reason:
    if isinstance(error, RouterError):
        return error.reason
    return because("router-broke", error=f"{type(error).__name__}: {error}")


def facts_now(state: State, seen: Look) -> TrafficFacts:
    """The facts of the file, but for Routes that a router shows at a newer epoch: users are where that says."""
    routes = (_as_shown(route, state.epochs[route.name], seen) for route in state.facts.routes)
    return replace(state.facts, routes=tuple(routes))


def _as_shown(route: RouteNow, epoch: int, seen: Look) -> RouteNow:
    newest = seen.newest(route.name)
    if newest is None or newest.epoch <= epoch:
        return route
    shown, targets = dict(newest.weights), targets_of(route)
    names = sorted(shown.keys() | targets.keys())
    return replace(
        route, members=tuple(Seat(prod, shown.get(prod, 0), targets.get(prod, 0)) for prod in names)
    )


def orders(
    state: State, facts: TrafficFacts, seen: Look, plan: TrafficPlan, without: Collection[str] = ()
) -> list[Order]:
    """What the plan asks, but for the Routes `without`, above every epoch that is known of a Route; then what an
    earlier order has not reached everywhere, so that the same command again ends what was begun."""
    routes = {route.name: route for route in facts.routes}
    found = []
    for move in plan.moves:
        if move.route not in without:
            newest = seen.newest(move.route)
            known = max(state.epochs[move.route], newest.epoch if newest else 0)
            found.append(Order(routes[move.route], known + AHEAD, move.weights))
    moved = {move.route for move in plan.moves}
    begun = [_begun(route, state, seen) for route in facts.routes if route.name not in moved]
    return found + [order for order in begun if order]


def _begun(route: RouteNow, state: State, seen: Look) -> Order | None:
    newest = seen.newest(route.name)
    if newest is None or newest.epoch < state.epochs[route.name] + AHEAD:
        return None
    there = [seen.shown.get(name, {}).get(route.name) for name in route.routers]
    if all(one and (one.epoch, one.weights) == (newest.epoch, newest.weights) for one in there):
        return None
    return Order(route, newest.epoch, newest.weights)


def carry_out(
    state: State, seen: Look, wanted: Iterable[Order], rows: Mapping[str, RouterInstance], connect: Connect
) -> list[Line]:
    """Write the orders to every instance that answered, all at once, and say what is read back; by Route."""
    wanted = list(wanted)
    by_instance = {name: [order for order in wanted if name in order.route.routers] for name in sorted(rows)}

    def one(name: str) -> list[Line]:
        return _at(name, rows[name], by_instance[name], state, seen, connect)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        lines = [line for some in pool.map(one, by_instance) for line in some]
    return sorted(lines, key=lambda line: (line.route, line.instance))


def _at(
    name: str, row: RouterInstance, wanted: list[Order], state: State, seen: Look, connect: Connect
) -> list[Line]:
    trouble: dict[str, Reason | None] = {}
    asked: list[Asked] = []
    shown: dict[str, Actual] = {}
    for order in wanted:
        told = _asked(order, name, state, seen)
        if isinstance(told, Reason):
            trouble[order.route.name] = told
        else:
            asked.append(told)
    try:
        if asked:
            router = connect(row)
            for some in _apart(asked):
                brought, read = bring(router, some)
                shown |= read
                trouble |= {route: found.reason for route, found in brought.items()}
    except Exception as error:  # noqa: BLE001  (and written)
        trouble |= {one.route: _broke(error) for one in asked if one.route not in trouble}
    return [_line(order, name, shown, trouble[order.route.name]) for order in wanted]


def _apart(asked: Iterable[Asked]) -> list[list[Asked]]:
    """`asked` in as few parts as it takes: of two Routes that have one hostname, as halfway in the move of a tenant, each
    is asked by itself, for nobody may ask for both."""
    parts: list[tuple[set[str], list[Asked]]] = []
    for one in asked:
        hosts, part = next((it for it in parts if it[0].isdisjoint(one.hostnames)), (set(), []))
        if not part:
            parts.append((hosts, part))
        hosts |= set(one.hostnames)
        part.append(one)
    return [part for _, part in parts]


def _asked(order: Order, name: str, state: State, seen: Look) -> Asked | Reason:
    """What is asked of one instance, or why nothing is. Hostnames stay as they are there."""
    route = order.route.name
    if name in seen.away:
        return seen.away[name]
    there = seen.shown[name].get(route)
    if there is None:
        return because("router-not-published", route=route)
    counted = targets_of(order.route)
    members = [(prod, weight) for prod, weight in order.weights if weight or counted.get(prod)]
    homeless = [prod for prod, weight in members if weight and prod not in state.addresses]
    if homeless:
        return because("prod-without-endpoint", route=route, prods=", ".join(homeless))
    backends = [
        Backend(prod, weight, *state.addresses[prod]) for prod, weight in members if prod in state.addresses
    ]
    return Asked(route, order.epoch, tuple(backends), there.hostnames)


def _line(order: Order, name: str, shown: Mapping[str, Actual], trouble: Reason | None) -> Line:
    read = shown.get(order.route.name)
    return Line(order.route.name, name, order.epoch, order.weights, read.weights if read else None, trouble)


def was(route: RouteNow) -> Pairs:
    """The weights of a Route before, without those who serve nobody."""
    return pairs({prod: weight for prod, weight in weights_of(route).items() if weight})
