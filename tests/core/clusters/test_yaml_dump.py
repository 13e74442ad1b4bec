"""What is written as YAML is read as the same value, and JSON is checked for what no schema asks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.core.plain_json import json_problems
from clusters.core.yaml_text import DEPTH_MAX, dump_document, load_documents

TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f\x85\xa0"), max_size=12
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "text",
    ["yes", "1e3", "0o10", "0x1F", "22:22", "2020-01-01", "~", "", "null", "1_000", ".5", "- a", "a: b"],
)
def test_a_text_that_looks_like_something_else_stays_text(text: str) -> None:
    assert load_documents(dump_document({"key": text, text or "x": 1})) == [{"key": text, text or "x": 1}]


@given(st.dictionaries(TEXT, VALUES, max_size=4).filter(bool))
def test_what_is_written_is_read_as_the_same(value: dict[str, Any]) -> None:
    assert load_documents(dump_document(value)) == [value]


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


PROBLEMS: list[tuple[Any, list[str]]] = [
    ({"a": [1, "text", None, True]}, []),
    (deep(DEPTH_MAX), []),
    (deep(DEPTH_MAX + 1), ["json-too-deep"]),
    (deep(100_000), ["json-too-deep"]),
    ({"a": "b\0"}, ["text-unstorable"]),
    ({"a\0": 1}, ["text-unstorable"]),
    ({"a": ["\ud800"]}, ["text-unstorable"]),
    ([1] * 60_000, ["json-too-large"]),
]


@pytest.mark.parametrize(("value", "codes"), PROBLEMS, ids=range(len(PROBLEMS)))
def test_what_cannot_be_kept_is_named(value: Any, codes: list[str]) -> None:
    assert [problem.reason.code for problem in json_problems(value)] == codes
