"""Writing files that others read while we write, or that only their owner may read."""

import json
import os
import secrets
from pathlib import Path
from typing import Any


def write_private(path: Path, content: str) -> None:
    """Replace `path` in one step by a file with mode 0600."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(content)
    beside.replace(path)


def write_json(path: Path, content: Any) -> None:
    """Replace `path` in one step by JSON with mode 0600."""
    write_private(path, json.dumps(content, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """The content of `path`; None if it does not exist or is not JSON."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
