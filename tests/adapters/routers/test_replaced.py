"""Nothing is taken from users before what replaces it is read back, whichever write a router drops without a word."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import Any

import pytest

from journal.core.reasons import Reason, because
from tests.adapters.routers.asking import ALL_ON_B, HALVES, HOSTS, MANY, asked
from tests.adapters.routers.conftest import FACTORIES
from tests.adapters.routers.faults import World
from tests.simulator.space import until
from traffic.engine.bringing import State, bring
from traffic.routers.protocol import Asked, Router, Write

X, Y = "shop-r", "shop-s"
MOVING, STAYING = HOSTS
ONE, OTHER = {"a-1": 100}, {"b-1": 100}
LIMIT = 60


class Watched:
    """A router that writes one by one; `look` is called after each write."""

    def __init__(self, router: Router, look: Callable[[], None]) -> None:
        self._router, self._look = router, look
        self.traits = replace(router.traits, together=1)
        self.reads = 0
        self.writes: list[tuple[int, Reason]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._router, name)

    def read(self, routes: Iterable[str] | None = None) -> Any:
        self.reads += 1
        return self._router.read(routes)

    def apply(self, write: Write) -> None:
        self.writes.append((write.stage, write.what))
        try:
            self._router.apply(write)
        finally:
            self._look()


def served(router: Router) -> set[str]:
    """The hostnames that lead to a member with weight."""
    found = router.read().values()
    return {host for one in found if any(weight for _, weight in one.weights) for host in one.hostnames}


@dataclass(frozen=True)
class Case:
    before: Sequence[Asked]
    after: Sequence[Asked]

    @property
    def users(self) -> set[str]:
        """The hostnames that somebody has before and after."""
        old, new = ({host for one in some for host in one.hostnames} for some in (self.before, self.after))
        return old & new


LEAVING = "all users of a Route go to a new member, and the old one leaves"
GOING = Case(
    [asked(1, ONE), asked(1, OTHER, MANY, Y)],
    [asked(1, ONE, [STAYING]), asked(1, OTHER, [*MANY, MOVING], Y)],
)
CASES = {
    "all users of a Route go to a member that is there": Case(
        [asked(1, {"a-1": 100, "b-1": 0})], [asked(1, ALL_ON_B)]
    ),
    LEAVING: Case([asked(1, ONE)], [asked(1, OTHER)]),
    "somebody who serves stays": Case([asked(1, HALVES)], [asked(1, OTHER)]),
    "a tenant goes to another Route": GOING,
    "a tenant goes to a new Route": Case(
        [asked(1, ONE)], [asked(1, ONE, [STAYING]), asked(1, OTHER, [MOVING], Y)]
    ),
    "all tenants go to a new Route": Case(
        [asked(1, ONE, MANY)], [asked(1, ONE, []), asked(1, OTHER, MANY, Y)]
    ),
    "fewer HTTPRoutes hold those who are left": Case([asked(1, ONE, MANY[:20])], [asked(1, ONE, MANY[6:20])]),
    "all of one HTTPRoute go to another Route": Case(
        [asked(1, ONE, MANY[:20]), asked(1, OTHER, HOSTS, Y)],
        [asked(1, ONE, MANY[:16]), asked(1, OTHER, [*HOSTS, *MANY[16:20]], Y)],
    ),
    "two Routes swap tenants": Case(
        [asked(1, ONE, [MOVING, *MANY[:3]]), asked(1, HALVES, [STAYING, *MANY[3:]], Y)],
        [asked(1, ONE, [STAYING, *MANY[:3]]), asked(1, HALVES, [MOVING, *MANY[3:]], Y)],
    ),
    "everything at once": Case(
        [asked(1, HALVES, MANY), asked(1, ONE, HOSTS, Y)],
        [asked(1, {"c-1": 100}, [*MANY[20:], MOVING]), asked(1, {"b-1": 50, "d-1": 50}, MANY[:9], Y)],
    ),
}
DROPPED: dict[str, Callable[[int], Iterable[bool]]] = {
    "one write": lambda number: [*repeat(False, number), True],
    "all writes from then on": lambda number: chain(repeat(False, number), repeat(True)),
}


def at(epoch: int, routes: Iterable[Asked]) -> list[Asked]:
    return [replace(one, epoch=epoch) for one in routes]


def is_as(router: Router, routes: Sequence[Asked]) -> bool:
    return not any(router.verify(list(routes)).values())


def arrive(router: Router, routes: Sequence[Asked]) -> None:
    """Nothing is left to do once it does as it is told; a gateway may take a moment to say that all is well."""

    def published() -> bool:
        return {one.state for one in bring(router, routes)[0].values()} == {State.PUBLISHED}

    until(published, "what is asked")
    assert router.plan(routes, router.read()) == ()


@pytest.mark.parametrize("dropped", DROPPED.values(), ids=DROPPED)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_user_loses_a_member_to_a_write_that_is_dropped(
    router: Router, world: World, case: Case, dropped: Callable[[int], Iterable[bool]]
) -> None:
    """The first write, then the second, and so on, until the router has no more writes to drop."""
    for number in range(LIMIT):
        before, after = at(2 * number + 1, case.before), at(2 * number + 2, case.after)
        router.remove({one.route for one in after} - {one.route for one in before})
        arrive(router, before)
        lost: list[set[str]] = []
        watched = Watched(router, lambda lost=lost: lost.append(case.users - served(router)))  # type: ignore[misc]
        begun, world.faults.drops = world.faults.writes, iter(dropped(number))
        found, _ = bring(watched, after)
        written, world.faults.drops = world.faults.writes - begun, iter(())
        assert not any(lost), (number, lost)
        assert len(set(watched.writes)) == len(watched.writes), "the same again, at once"
        assert {one.state for one in found.values()} <= {State.PUBLISHED, State.PENDING}
        assert is_as(router, after) or State.PENDING in {one.state for one in found.values()}
        arrive(router, after)
        if written <= number:
            return
    pytest.fail("there are always more writes")


# Which write is dropped, and what is missing then.
SAYS = {
    "fake": ("a tenant goes to another Route", 1, "router-write-route"),
    "gateway-api": ("a tenant goes to another Route", 3, "router-write-binding"),
    "gateway-api, a Service": (LEAVING, 0, "router-write-object"),
    "external-dns": ("a tenant goes to another Route", 2, "dns-write-hostnames-of"),
    "external-dns, weights": ("a tenant goes to a new Route", 1, "dns-write-weights"),
    "haproxy": ("all users of a Route go to a member that is there", 0, "router-weight-differs"),
    "haproxy, trimmed": ("somebody who serves stays", 0, "router-write-route"),
}


@pytest.mark.parametrize(("name", "says"), SAYS.items(), ids=SAYS)
def test_a_route_that_keeps_what_it_has_says_what_is_missing(
    request: pytest.FixtureRequest, name: str, says: tuple[str, int, str]
) -> None:
    case, number, missing = CASES[says[0]], says[1], says[2]
    router, world = FACTORIES[name.partition(",")[0]](request)
    bring(router, case.before)
    shown = router.read()[X]
    world.faults.drops = iter([*repeat(False, number), True])
    found, _ = bring(Watched(router, lambda: None), at(2, case.after))
    assert found[X].state == State.PENDING and found[X].reason is not None
    assert (found[X].reason.code, dict(found[X].reason.params)["why"]) == ("replacement-not-there", missing)
    now = router.read()[X]
    assert set(now.hostnames) >= set(shown.hostnames)
    assert dict(now.weights).items() >= {prod: weight for prod, weight in shown.weights if weight}.items()


# How often a router is read: before, after, and between where something waits for what replaces it.
READS = {
    "a move of weights": ([asked(1, HALVES)], [asked(2, {"a-1": 20, "b-1": 80})], {}),
    "all users go to a member that is there": (
        [asked(1, {"a-1": 100, "b-1": 0})], [asked(2, ALL_ON_B)], {}),
    "a new Route": ([], [asked(1, ONE)], {}),
    "a new tenant": ([asked(1, ONE, [STAYING])], [asked(2, ONE)], {}),
    "a tenant that is nobody's any more": ([asked(1, ONE)], [asked(2, ONE, [STAYING])], {"fake": 3, "haproxy": 3}),
    "a tenant that goes to another Route": (
        *(at(n, some) for n, some in enumerate((GOING.before, GOING.after), start=1)),
        {"fake": 3, "gateway-api": 3, "external-dns": 3}),
    "a member that comes": ([asked(1, ONE)], [asked(2, {"a-1": 0, "c-1": 100})], {"gateway-api": 3}),
    "a member that leaves": ([asked(1, HALVES)], [asked(2, OTHER)], {"fake": 3, "gateway-api": 3, "haproxy": 3}),
}  # fmt: skip


@pytest.mark.parametrize("name", ["fake", "gateway-api", "external-dns", "haproxy", "route-53"])
@pytest.mark.parametrize(("before", "after", "more"), READS.values(), ids=READS)
def test_only_what_takes_away_is_read_once_more(
    request: pytest.FixtureRequest,
    name: str,
    before: Sequence[Asked],
    after: Sequence[Asked],
    more: Mapping[str, int],
) -> None:
    router, _ = FACTORIES[name](request)
    bring(router, before)
    watched = Watched(router, lambda: None)
    found, _ = bring(watched, after)
    assert {one.state for one in found.values()} == {State.PUBLISHED}
    assert watched.reads == more.get(name, 2)


def test_a_hostname_stays_where_it_is_while_the_other_route_is_refused(router: Router, world: World) -> None:
    bring(router, GOING.before)
    world.publish_from_outside(Y, 9, {"b-1": 100})
    found, _ = bring(router, at(2, GOING.after))
    assert (found[Y].state, found[X].state) == (State.REFUSED, State.PENDING)
    assert found[X].reason == because(
        "replacement-not-there", why="router-hostname-missing", route=Y, hostname=MOVING, hostnames=1
    )
    assert router.read()[X].hostnames == HOSTS
    found, _ = bring(router, at(10, GOING.after))
    assert {one.state for one in found.values()} == {State.PUBLISHED}


@pytest.mark.parametrize("there", [True, False], ids=["has it", "does not have it"])
def test_a_hostname_goes_once_a_route_that_is_not_asked_for_now_has_it(router: Router, there: bool) -> None:
    mine, others = asked(2, ONE, [STAYING]), asked(1, OTHER, [*MANY, *([MOVING] if there else [])], Y)
    bring(router, [asked(1, ONE)])
    bring(router, [others])
    found, _ = bring(router, [mine], lambda hostnames: {host: Y for host in hostnames if host == MOVING})
    assert found[X].state == (State.PUBLISHED if there else State.PENDING)
    assert MOVING in served(router)
    found, _ = bring(router, [replace(mine, epoch=3)], lambda hostnames: {})
    assert found[X].state == State.PUBLISHED, "what nobody is to have is taken out"
    assert (MOVING in served(router)) == there


def test_nothing_of_other_routes_is_held_up(router: Router, world: World) -> None:
    bring(router, [*GOING.before, asked(1, ONE, ["staff.example"], "staff")])
    after = [*at(2, GOING.after), asked(2, OTHER, ["staff.example"], "staff")]
    whole = router.apply

    def apply(write: Write) -> None:
        if Y not in write.routes or "staff" in write.routes:
            whole(write)

    watched = Watched(router, lambda: None)
    watched.apply = apply  # type: ignore[method-assign]
    found, _ = bring(watched, after)
    assert found["staff"].state == State.PUBLISHED
    assert MOVING in served(router)
