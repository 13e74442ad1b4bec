"""The tick does many things, and none of them waits for another one to work."""

import pytest

from releases.tasks import DUE, each


def test_what_breaks_keeps_nothing_else_from_being_done() -> None:
    done: list[str] = []

    def breaks() -> None:
        raise ValueError("it broke")

    with pytest.raises(ExceptionGroup) as caught:
        each([lambda: done.append("first"), breaks, lambda: done.append("last")])
    assert done == ["first", "last"]
    assert [str(error) for error in caught.value.exceptions] == ["it broke"]


def test_nothing_is_raised_where_all_was_done() -> None:
    each([lambda: None])


def test_lost_wakes_are_found_before_anything_else() -> None:
    assert DUE[0].__module__ == "releases.engine.wake"
