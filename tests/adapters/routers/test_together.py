"""Writes that do not need each other go together, where the router takes that; the others wait for them."""

from threading import Barrier, Event, Lock

import pytest

from journal.core.reasons import because
from tests.adapters.routers.fake_router import FakeRouter
from traffic.engine.bringing import State, bring
from traffic.routers.protocol import Asked, Backend, Rejected, Traits, Unreachable, Write

WAIT_S, A_WHILE_S = 10, 2


class Several(FakeRouter):
    """Takes three writes at once. `begun` and `over` are the stages of its writes, in the order that they were."""

    traits = Traits(health_checks=True, compare_and_swap=True, together=3)

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[int] = []
        self.over: list[int] = []
        self._lock = Lock()

    def apply(self, write: Write) -> None:
        with self._lock:
            self.begun.append(write.stage)
            assert all(self.over.count(stage) == self.begun.count(stage) for stage in range(write.stage))
        try:
            super().apply(write)
        finally:
            with self._lock:
                self.over.append(write.stage)


def asked(epoch: int, *prods: str, routes: int = 3) -> list[Asked]:
    backends = tuple(Backend(prod, 50, "127.0.0.1", 80) for prod in prods)
    return [Asked(f"shop-{n}", epoch, backends, (f"shop-{n}.example",)) for n in range(routes)]


@pytest.fixture
def router() -> Several:
    router = Several()
    bring(router, asked(1, "a-1"))
    return router


def test_writes_of_one_stage_are_under_way_together(router: Several) -> None:
    met = Barrier(3)

    def meet(write: Write) -> None:
        met.wait(WAIT_S)

    router.before_write = meet
    found, _ = bring(router, asked(2, "a-1", "b-1"))
    assert {one.state for one in found.values()} == {State.PUBLISHED}


def test_a_later_stage_begins_when_the_earlier_is_over(router: Several) -> None:
    later = Event()

    def dawdle(write: Write) -> None:
        if write.stage:
            later.set()
        elif write.routes == ("shop-2",):
            assert not later.wait(A_WHILE_S), "a later stage has begun"

    router.before_write = dawdle
    found, _ = bring(router, asked(2, "b-1"))
    assert {one.state for one in found.values()} == {State.PUBLISHED}
    assert max(router.begun) > 1 and sorted(router.begun) == router.begun


def test_a_router_that_takes_one_write_gets_one_at_a_time() -> None:
    class One(Several):
        traits = Traits(health_checks=True, compare_and_swap=True)

    router = One()
    router.before_write = lambda write: (
        pytest.fail("two") if len(router.begun) > len(router.over) + 1 else None
    )
    bring(router, asked(1, "a-1"))
    assert len(router.writes) == 3


def test_a_route_that_is_refused_keeps_no_other_from_its_place(router: Several) -> None:
    def refuse(write: Write) -> None:
        if write.routes == ("shop-1",):
            raise Rejected(because("a-test"))

    router.before_write = refuse
    found, _ = bring(router, asked(2, "b-1"))
    assert [found[f"shop-{n}"].state for n in range(3)] == [State.PUBLISHED, State.REFUSED, State.PUBLISHED]
    assert router.published["shop-1"].epoch == 1


def test_a_router_that_goes_away_is_not_asked_for_all_the_rest() -> None:
    router, given_up = Several(), Event()

    def away(write: Write) -> None:
        if write.routes != ("shop-0",):
            given_up.wait(A_WHILE_S)  # nobody answers
        raise Unreachable(because("a-test"), maybe_done=True)

    router.before_write = away
    with pytest.raises(Unreachable):
        bring(router, asked(1, "a-1", routes=30))
    assert len(router.begun) <= 2 * Several.traits.together
