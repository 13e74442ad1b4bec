"""Quantities are compared by what they amount to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.core.quantity import amount, same_amount

SAME = [
    ("500m", "0.5"),
    ("1Gi", "1024Mi"),
    ("1", 1),
    ("1k", "1e3"),
    (".5", "5e-1"),
    ("0", "0m"),
    ("1E", "1e18"),
]
OTHER = [("500m", "0.6"), ("1Gi", "1G"), ("fast", "fast"), ("", ""), (True, 1), (None, "0"), ("1 Gi", "1Gi")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_amount_in_other_words(one: object, other: object) -> None:
    assert same_amount(one, other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_amount_or_none(one: object, other: object) -> None:
    assert not same_amount(one, other)


@given(st.integers(0, 10**9))
def test_thousandths_are_the_same_as_the_whole(number: int) -> None:
    assert same_amount(str(number), f"{number * 1000}m")
    assert same_amount(f"{number}Gi", f"{number * 1024}Mi")


@given(st.text(max_size=40))
def test_any_text_is_an_amount_or_none(text: str) -> None:
    found = amount(text)
    assert found is None or found == amount(text)


def test_an_exponent_that_would_fill_the_memory_is_no_amount() -> None:
    assert amount("1e999999999") is None
    assert amount("9" * 1000) is None
