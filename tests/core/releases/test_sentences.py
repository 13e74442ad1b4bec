"""Each Reason that the core gives has a sentence, and the parameters that the sentence names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import releases.core
from releases.core.kinds import KINDS
from releases.sentences import SENTENCES

CORE = Path(releases.core.__file__).parent
MODULES = sorted(path.stem for path in CORE.glob("[a-z]*.py"))
MAKERS = {"because", "_Wrong"}

# Made with a computed code or with merged parameters: told here what they always carry.
BY_HAND = {
    "step-failed": {"prod", "step", "why"},
    "gate-failed": {"wave", "step", "why"},
    **{kind.doing: {"prod", "step"} for kind in KINDS.values() if not kind.doing.startswith("awaits")},
}


def reasons_made() -> Iterator[tuple[str, str, set[str]]]:
    """(module, code, parameters) of each Reason made with a literal code."""
    for name in MODULES:
        for node in ast.walk(ast.parse((CORE / f"{name}.py").read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    yield name, code.value, {word.arg for word in node.keywords if word.arg}


MADE = sorted({(code, module, tuple(sorted(params))) for module, code, params in reasons_made()})


@pytest.mark.parametrize(("code", "module", "params"), MADE)
def test_each_reason_of_the_core_has_a_sentence_with_its_parameters(code, module, params):
    given = set(params) | BY_HAND.get(code, set())
    assert placeholders(SENTENCES[code]) <= given, f"{module} gives {code} only {sorted(given)}"


@pytest.mark.parametrize("kind", KINDS)
def test_each_step_kind_says_what_it_is_doing(kind):
    assert KINDS[kind].doing in SENTENCES


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_each_sentence_can_be_filled_in(code):
    sentence = SENTENCES[code]
    filled = sentence % dict.fromkeys(placeholders(sentence), "x")
    assert filled[0].isupper() or filled[0] in "x"
    assert filled[-1] in ".x"


def placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", sentence))


@pytest.mark.parametrize("name", MODULES)
def test_the_core_imports_no_framework_and_has_no_clock(name):
    text = (CORE / f"{name}.py").read_text()
    assert not re.search(r"django|celery|kubernetes|datetime\.now|utcnow|import (time|os|random)\b", text)
