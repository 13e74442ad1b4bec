"""Each Reason that the core gives has a sentence, and nothing asks for the time."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import traffic.core
from traffic.core.ground import MISFITS
from traffic.core.moving import _UNFIT
from traffic.sentences import SENTENCES

CORE = Path(traffic.core.__file__).parent
MODULES = sorted(path.stem for path in CORE.glob("[a-z]*.py"))
# Made with a computed code: told here what they always carry.
BY_HAND = {
    **{code: {"blueprint", "role", "versions", "pins"} for code in MISFITS},
    **{code: {"prod", "route", "version"} for code in _UNFIT.values()},
    **{code: set() for code in ("no-other-domain", "no-other-prod", "no-good-prod")},
    **{code: set() for code in ("no-prod-on-version", "only-vetoed-versions")},
    "none-of-those-asked": set(),
}


def reasons_made() -> Iterator[tuple[str, frozenset[str]]]:
    """(code, parameters) of each Reason made with a literal code, then those told by hand."""
    for name in MODULES:
        for node in ast.walk(ast.parse((CORE / f"{name}.py").read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "because":
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    yield code.value, frozenset(word.arg for word in node.keywords if word.arg)
    yield from ((code, frozenset(params)) for code, params in BY_HAND.items())


MADE = sorted({(code, tuple(sorted(params))) for code, params in reasons_made()})


@pytest.mark.parametrize(("code", "params"), MADE)
def test_each_reason_has_a_sentence_with_its_parameters(code, params):
    assert set(re.findall(r"%\((\w+)\)s", SENTENCES[code])) <= set(params)
    assert SENTENCES[code] % dict.fromkeys(params, "x")


@pytest.mark.parametrize("name", MODULES)
def test_the_core_imports_no_framework_and_has_no_clock(name):
    text = (CORE / f"{name}.py").read_text()
    assert not re.search(r"django|celery|kubernetes|datetime\.now|utcnow|import (time|os|random)\b", text)
