"""Whom a rollback could still send away at once after each wave to come: the horizon as it is now."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from journal.core.reasons import Reason, because
from traffic.core import weights
from traffic.core.facts import SINGLE_WRITER, RouteNow, Seat, TrafficFacts
from traffic.core.failover import plan_rollback_traffic
from traffic.core.ground import by_size
from traffic.core.plan import Left, TrafficPlan, left, targets_of, weights_of
from traffic.core.switching import exchange, switched_back

from .plan import Plan, PlannedProd
from .rollback import Target, handed_to

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Coming:
    """What wave `wave` is still to do: `prods` get the Version, of `pairs` (Prod, who takes its place) the users change
    places, and those of `back` have their users again in the end."""

    wave: int
    prods: tuple[str, ...]
    pairs: Pairs = ()
    back: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undoing:
    """What a rollback goes by: the Version `bad`, the Prods `begun` and the places exchanged (`pairs`) so far, Prod ->
    the Version that it goes back to or why it cannot (`targets`, of every Prod begun or to come), and Clusters that do
    not answer (`dead`)."""

    bad: str
    begun: tuple[str, ...] = ()
    pairs: Pairs = ()
    targets: tuple[tuple[str, str | Reason], ...] = ()
    dead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AfterWave:
    """A rollback after wave `wave`: the Routes whose users would leave the bad Version at once, and those whose users
    would stay on it, each with where to or why, the largest first."""

    wave: int
    moved: tuple[Left, ...]
    staying: tuple[Left, ...]

    @property
    def at_once(self) -> int:
        """Tenants that would be sent to good Prods before anything is deployed."""
        return sum(one.tenants for one in self.moved)

    @property
    def tenants(self) -> int:
        """All tenants who would be on the bad Version."""
        return self.at_once + sum(one.tenants for one in self.staying)

    @property
    def load(self) -> int:
        """Their load in load units."""
        return sum(one.load for one in (*self.moved, *self.staying))


def what_comes(
    plan: Plan, begun: Collection[str], unfinished: Collection[str], shut: Collection[str]
) -> tuple[Coming, ...]:
    """The waves of a release that have something left to do, first to last. `begun`: Prods that it has begun to change;
    `unfinished`: those with steps left; `shut`: Prods that nobody comes back to but by a failback.

    Who hands users over and has begun to has changed places already, though maybe not all of its users have.
    """
    waves = []
    for number, wave in enumerate(plan.waves, start=1):
        mine = [prod for prod in wave.prods if prod.name in unfinished]
        places = [(prod.name, to) for prod in mine if (to := handed_to(prod))]
        back = [prod.name for prod in mine if _comes_back(prod)] + [to for _, to in places]
        if mine:
            waves.append(
                Coming(
                    wave=number,
                    prods=tuple(prod.name for prod in mine if _gets_version(prod)),
                    pairs=tuple(pair for pair in places if pair[0] not in begun),
                    back=tuple(name for name in back if name not in shut),
                )
            )
    return tuple(waves)


def _gets_version(prod: PlannedProd) -> bool:
    return any(step.kind == "set_version" for step in prod.steps)


def _comes_back(prod: PlannedProd) -> bool:
    return _gets_version(prod) and any(step.kind in ("restore", "ramp") for step in prod.steps)


@lru_cache(maxsize=4)
def foresee(undoing: Undoing, facts: TrafficFacts, coming: tuple[Coming, ...]) -> tuple[AfterWave, ...]:
    """For each of the waves to come: what a rollback after it would do with users at once, by the planner that a
    rollback goes by, from `facts` as they are now but for what the waves up to there will have done.

    The example fleet: after wave 3, 320 tenants go at once (those of shop-r and shop-u, to a-1 and b-2), and the 3 of
    staff wait; after wave 4 nobody runs the old Version.

    >>> from traffic.core.facts import Place
    >>> sizes = {"c-2": "test", "c-1": "live", "a-2": "live", "b-1": "live", "a-1": "live", "b-2": "live"}
    >>> places = tuple(Place(p, p[0], p[0], role, 1000, "v1", "shop") for p, role in sizes.items())
    >>> def route(name, load, *prods, kind="none"):
    ...     seats = tuple(Seat(prod, 100 // len(prods), 100 // len(prods)) for prod in prods)
    ...     return RouteNow(name, load, load, kind, "stateless", "shop", seats)
    >>> fleet = TrafficFacts(places, (
    ...     route("staff", 3, "c-2", kind="test"), route("shop-u", 20, "c-1"),
    ...     route("shop-r", 300, "a-2", "b-1", kind="two-domain"), route("shop-s", 400, "a-1"),
    ...     route("shop-t", 400, "b-2"),
    ... ))
    >>> v1 = tuple((prod, "v1") for prod in sorted(sizes))
    >>> waves = (Coming(1, ("c-2",)), Coming(2, ("c-1",)), Coming(3, ("a-2", "b-1")), Coming(4, ("a-1", "b-2")))
    >>> [(one.wave, one.at_once, one.tenants) for one in foresee(Undoing("v2", targets=v1), fleet, waves)]
    [(1, 0, 3), (2, 20, 23), (3, 320, 323), (4, 0, 1123)]
    """
    found: list[AfterWave] = []
    begun, pairs = undoing.begun, undoing.pairs
    for wave in coming:
        facts = _once_done(facts, undoing.bad, wave)
        begun, pairs = (*begun, *wave.prods), (*pairs, *wave.pairs)
        found.append(_after(wave.wave, replace(undoing, begun=begun, pairs=pairs), facts))
    return tuple(found)


def _once_done(facts: TrafficFacts, bad: str, wave: Coming) -> TrafficFacts:
    """The facts when the wave is through and nothing else has changed."""
    routes = facts.routes
    for old, new in wave.pairs:
        routes = tuple(_exchanged(route, old, new) for route in routes)
    back = frozenset(wave.back)
    routes = tuple(_restored(route, back) for route in routes)
    changed = frozenset(wave.prods)
    warm = {prod for route in routes for prod, weight, _ in route.members if weight}
    places = tuple(
        replace(place, version=bad if place.name in changed else place.version, warm=place.name in warm)
        if place.name in changed or place.warm != (place.name in warm)
        else place
        for place in facts.places
    )
    return replace(facts, places=places, routes=routes)


def _exchanged(route: RouteNow, old: str, new: str) -> RouteNow:
    return route if route.data_class == SINGLE_WRITER else exchange(route, old, new)


def _restored(route: RouteNow, back: frozenset[str]) -> RouteNow:
    """`route` when each of `back` has its part again. Data with a single writer stay where they are written."""
    away = [prod for prod, weight, target in route.members if prod in back and target and weight != target]
    if not away or route.data_class == SINGLE_WRITER:
        return route
    now, targets = weights_of(route), targets_of(route)
    for prod in away:
        found = weights.restore(now, targets, prod)
        now = now if isinstance(found, Reason) else found
    return replace(route, members=tuple(Seat(prod, now[prod], targets[prod]) for prod in sorted(now)))


def _after(wave: int, undoing: Undoing, facts: TrafficFacts) -> AfterWave:
    begun = frozenset(undoing.begun)
    on_bad = frozenset(
        place.name for place in facts.places if place.name in begun and place.version == undoing.bad
    )
    targets = dict(undoing.targets)
    back = {prod: to for prod in on_bad if isinstance(to := targets[prod], str)}
    going = any(isinstance(targets[prod], str) for prod in (*begun, *dict(undoing.pairs)))
    undone = switched_back(facts, undoing.pairs) if going else facts
    traffic = plan_rollback_traffic(undone, undoing.bad, back, dead=undoing.dead)
    moved = freed(facts, undone, traffic, on_bad)
    return AfterWave(wave, moved, _staying(facts, traffic, moved, on_bad, targets))


def freed(
    before: TrafficFacts, undone: TrafficFacts, traffic: TrafficPlan, on_bad: Collection[str]
) -> tuple[Left, ...]:
    """The Routes that `on_bad` serve `before` and none of them does once switches are `undone` and `traffic` is carried
    out, the largest first: whose users are sent away at once, and where to."""
    moves = {move.route: move for move in traffic.moves}
    found = []
    for route, then in zip(before.routes, undone.routes, strict=True):
        if _serve(route.members, on_bad):
            move = moves.get(route.name)
            if not _serve(move.weights if move else then.members, on_bad):
                found.append((route, move.why if move else _back_on(then)))
    return tuple(left(route, why) for route, why in sorted(found, key=lambda one: by_size(one[0])))


def _serve(members: Iterable[Seat | tuple[str, int]], prods: Collection[str]) -> bool:
    return any(member[1] and member[0] in prods for member in members)


def _back_on(route: RouteNow) -> Reason:
    return because("has-old-prod-again", prods=", ".join(prod for prod, weight, _ in route.members if weight))


def _staying(
    facts: TrafficFacts,
    traffic: TrafficPlan,
    moved: Iterable[Left],
    on_bad: Collection[str],
    targets: Mapping[str, str | Reason],
) -> tuple[Left, ...]:
    """Who stays on the bad Version: the planner finds no place, or the Prod is none that goes back."""
    told, gone = {one.route: one.why for one in traffic.staying}, {one.route for one in moved}
    kept = [route for route in facts.routes if route.name not in gone and _serve(route.members, on_bad)]
    return tuple(
        left(route, told.get(route.name) or _kept_by(route, on_bad, targets))
        for route in sorted(kept, key=by_size)
    )


def _kept_by(route: RouteNow, on_bad: Collection[str], targets: Mapping[str, str | Reason]) -> Reason:
    """Why the first of its bad members that does not go back does not."""
    bad = [prod for prod, weight, _ in route.members if weight and prod in on_bad]
    return next(why for prod in bad if isinstance(why := targets[prod], Reason))


def nobody_after(ahead: tuple[AfterWave, ...]) -> int | None:
    """The rollback horizon as it is now: the first wave after which, and after all that follow, somebody is on the bad
    Version and nobody can be sent away at once. None: to the end somebody can be.

    >>> some, none = (Left("r", 20, 20, because("x")),), ()
    >>> waves = AfterWave(1, none, some), AfterWave(2, some, none), AfterWave(3, none, some), AfterWave(4, none, some)
    >>> nobody_after(waves), nobody_after(waves[:2]), nobody_after(())
    (3, None, None)
    """
    found = None
    for one in reversed(ahead):
        if one.at_once or not one.staying:
            break
        found = one.wave
    return found


def targets_by_version(targets: Mapping[str, Target]) -> tuple[tuple[str, str | Reason], ...]:
    """Prod -> the name of the Version that it goes back to, or why it cannot, sorted."""
    return tuple((prod, to if isinstance(to, Reason) else to.version) for prod, to in sorted(targets.items()))
