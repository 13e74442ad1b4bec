"""Each Reason that the package gives has a sentence, and the parameters that the sentence names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import clusters
from clusters.sentences import SENTENCES

ROOT = Path(clusters.__file__).parent
MAKERS = {"because", "_missing"}
# Made with a code that is computed: `evidence._missing` gives these.
COUNTED = {"workload", "done", "wanted"}


def reasons_made() -> Iterator[tuple[str, str, frozenset[str]]]:
    """(module, code, parameters) of each Reason made with a literal code."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    given = {word.arg for word in node.keywords if word.arg}
                    counted = COUNTED if getattr(node.func, "id", "") == "_missing" else set()
                    yield str(path.relative_to(ROOT)), code.value, frozenset(given | counted)


MADE = sorted({(code, module, tuple(sorted(params))) for module, code, params in reasons_made()})


def placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", sentence))


@pytest.mark.parametrize(("code", "module", "params"), MADE, ids=[f"{made[1]}:{made[0]}" for made in MADE])
def test_each_reason_has_a_sentence_with_its_parameters(
    code: str, module: str, params: tuple[str, ...]
) -> None:
    assert placeholders(SENTENCES[code]) <= set(params)


def test_no_sentence_is_left_over() -> None:
    assert {code for code, _, _ in MADE} | {
        "cluster-not-reached",
        "cluster-not-trusted",
        "cluster-no-answer",
    } == set(SENTENCES)


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_each_sentence_can_be_filled_in(code: str) -> None:
    sentence = SENTENCES[code]
    filled = sentence % dict.fromkeys(placeholders(sentence), "x")
    assert filled[0].isupper() or filled[0] in "x'"
    assert filled[-1] in ".x"
