"""A code has one sentence, wherever it is told."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = [*ROOT.glob("*/*sentences.py"), *ROOT.glob("*/sentences/*.py")]


def codes(path: Path) -> Iterator[str]:
    """Those that `SENTENCES` of this file spells out; what it takes over from other files is told there."""
    for node in ast.parse(path.read_text()).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        named = any(isinstance(one, ast.Name) and one.id == "SENTENCES" for one in targets)
        if named and isinstance(value := getattr(node, "value", None), ast.Dict):
            yield from (key.value for key in value.keys if isinstance(key, ast.Constant))


def test_no_code_has_two_sentences():
    counted = Counter(code for path in FILES for code in codes(path))
    assert len(counted) > 300
    assert [code for code, count in counted.items() if count > 1] == []
