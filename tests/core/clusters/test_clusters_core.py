"""The core of the package is pure."""

import re
from pathlib import Path

import pytest

import clusters.core

CORE = Path(clusters.core.__file__).parent
MODULES = sorted(path.stem for path in CORE.glob("[a-z]*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_the_core_imports_no_framework_and_has_no_clock(name: str) -> None:
    text = (CORE / f"{name}.py").read_text()
    assert not re.search(
        r"django|kubernetes\b.*import|aiohttp|datetime\.now|utcnow|import (time|os|random)\b", text
    )
