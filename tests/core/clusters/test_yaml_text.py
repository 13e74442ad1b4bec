"""YAML is read as Kubernetes reads it, within limits."""

from typing import Any

import pytest

from clusters.core.yaml_text import DEPTH_MAX, BadFile, load_documents


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 22:22", "22:22"),
        ("a: 2026-11-20", "2026-11-20"),
        ("a: 0644", 0o644),
        ("a: 0o17", 15),
        ("a: 0x1F", 31),
        ("a: 1_000", 1000),
        ("a: -3", -3),
        ("a: 1e3", 1000.0),
        ("a: .5", 0.5),
        ("a: 1.10", 1.1),
        ("a: v1.10", "v1.10"),
        ("a: 1.2.3", "1.2.3"),
        ("a: 08", 8.0),
        ("a: .nan", ".nan"),
        ("a: .inf", ".inf"),
        ("a: yes", True),
        ('a: "yes"', "yes"),
        ("a: null", None),
        ("a: ~", None),
        ("a:", None),
        ('a: ""', ""),
        ("a: '1'", "1"),
        ("a: |\n  text\n", "text\n"),
        ("a: {b: [1, two]}", {"b": [1, "two"]}),
    ],
)
def test_values(text: str, value: Any) -> None:
    (document,) = load_documents(text)
    assert document == {"a": value}
    assert type(document["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1\nb: *x", "yaml-alias"),
        ("a: &x 1", "yaml-alias"),
        ("<<: {a: 1}\n1: b", "yaml-broken"),
        ("a: 1\na: 2", "yaml-broken"),
        ("1: a", "yaml-broken"),
        ("? [a]\n: b", "yaml-broken"),
        ("a: !!binary aGVsbG8=", "yaml-broken"),
        ("a: !!timestamp 2026-11-20", "yaml-broken"),
        ("a: !!python/name:os.system x", "yaml-broken"),
        ("a: !!set {b}", "yaml-broken"),
        ("a: !mine b", "yaml-broken"),
        ("a: !!int x", "yaml-unreadable"),
        ("a: [1", "yaml-broken"),
        ("a: \x07", "yaml-unreadable"),
        ("{a: " * (DEPTH_MAX + 1), "yaml-too-deep"),
        ("- " * 100_000, "yaml-too-deep"),
        ("x" * (2**20 + 1), "file-too-large"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadFile) as caught:
        load_documents(text)
    assert [problem.reason.code for problem in caught.value.problems] == [code]


def test_where_it_is_broken_is_told() -> None:
    with pytest.raises(BadFile) as caught:
        load_documents("a: 1\nb: 2\na: 3\n")
    assert dict(caught.value.problems[0].reason.params)["line"] == 3
