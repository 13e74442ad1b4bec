"""How many pods autoscalers keep at least for users that come in one moment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.core.autoscaling import raised_floor

# (least, most, pods, load, coming, capacity) -> the floor
CASES = {
    "twice the load, twice the pods": ((2, 10, 3, 300, 300, 1000), 6),
    "rounded up": ((2, 10, 3, 300, 1, 1000), 4),
    "never above the most": ((2, 10, 6, 300, 900, 1000), 10),
    "what is kept already is kept": ((7, 10, 7, 300, 1, 1000), 7),
    "even above the most": ((12, 10, 12, 300, 100, 1000), 12),
    "at its floor: the share of its capacity": ((3, 10, 3, 20, 400, 1000), 5),
    "at its floor: no more than the load grows": ((3, 10, 3, 300, 30, 300), 4),
    "at its floor, where both say the same": ((3, 10, 3, 300, 300, 1000), 6),
    "serves nobody: the share of its capacity": ((2, 10, 2, 0, 320, 1000), 4),
    "serves nobody, and gets more than it can carry": ((2, 10, 2, 0, 1500, 1000), 10),
    "has no pods: the share of both": ((1, 10, 0, 100, 400, 1000), 5),
    "nothing comes": ((2, 10, 3, 300, 0, 1000), 3),
}


@pytest.mark.parametrize(("asked", "floor"), CASES.values(), ids=CASES)
def test_the_floor_grows_as_the_load_does(asked: tuple[int, ...], floor: int) -> None:
    assert raised_floor(*asked) == floor


few, loads = st.integers(0, 50), st.integers(0, 10_000)


@given(least=few, most=few, pods=few, load=loads, coming=loads, capacity=st.integers(1, 10_000))
def test_it_is_never_lowered_and_never_above_the_most(
    least: int, most: int, pods: int, load: int, coming: int, capacity: int
) -> None:
    floor = raised_floor(least, most, pods, load, coming, capacity)
    assert least <= floor <= max(least, most)
    assert floor <= raised_floor(least, most, pods, load, coming + 1, capacity)
    if load and pods > least and floor < most:  # measured: no pod carries more than before
        assert floor * load >= pods * (load + coming)
