"""Who carries more after a change of weights."""

import pytest

from traffic.core.facts import RouteNow, Seat
from traffic.core.growth import growth


def route(load: int, *seats: Seat, name: str = "r") -> RouteNow:
    return RouteNow(name, load, load, "none", "stateless", "shop", seats)


CASES = {
    "a partner takes all": (
        [route(300, Seat("a", 50, 50), Seat("b", 50, 50))],
        [route(300, Seat("a", 0, 50), Seat("b", 50, 50))],
        (("b", 150, 150),),
    ),
    "a temporary member that serves others": (
        [route(100, Seat("a", 100, 100)), route(40, Seat("b", 100, 100))],
        [route(100, Seat("a", 0, 100), Seat("b", 100, 0)), route(40, Seat("b", 100, 100))],
        (("b", 40, 100),),
    ),
    "one that served nobody": (
        [route(100, Seat("a", 100, 100))],
        [route(100, Seat("a", 0, 100), Seat("c", 100, 0))],
        (("c", 0, 100),),
    ),
    "thirds are rounded up": (
        [route(100, Seat("a", 1, 1), Seat("b", 1, 1), Seat("c", 1, 1))],
        [route(100, Seat("a", 0, 1), Seat("b", 1, 1), Seat("c", 1, 1))],
        (("b", 34, 17), ("c", 34, 17)),
    ),
    "as much comes as goes": (
        [route(9, Seat("a", 100, 100)), route(9, Seat("b", 100, 100))],
        [route(9, Seat("b", 100, 100)), route(9, Seat("a", 100, 100))],
        (),
    ),
    "a Route that nobody serves": ([route(9, Seat("a", 0, 100))], [route(9, Seat("a", 100, 100))], (("a", 0, 9),)),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "grown"), CASES.values(), ids=CASES)
def test_only_those_who_carry_more_are_named(
    before: list[RouteNow], after: list[RouteNow], grown: tuple[tuple[str, int, int], ...]
) -> None:
    assert growth(before, after) == grown
