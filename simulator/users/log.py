"""The request log: JSON lines in a file of bounded size, of which the older half goes first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

FLUSH_EVERY = 50


class RequestLog:
    """Appends to `path`; when that holds half of `bytes_at_most` it becomes `path`.1 in place of the one before."""

    def __init__(self, path: Path, bytes_at_most: int) -> None:
        self._path, self._half = path, max(bytes_at_most // 2, 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._opened()
        self._size = path.stat().st_size
        self._unflushed = 0

    def add(self, entry: dict[str, Any]) -> None:
        """Write one entry."""
        line = json.dumps(entry, separators=(",", ":")) + "\n"
        if self._size and self._size + len(line) > self._half:
            self._turn_over()
        self._file.write(line)
        self._size += len(line)
        self._unflushed += 1
        if self._unflushed >= FLUSH_EVERY:
            self.flush()

    def flush(self) -> None:
        """Let readers see what has been written."""
        self._file.flush()
        self._unflushed = 0

    def close(self) -> None:
        """Write what is left; may be called twice."""
        self._file.close()

    def _turn_over(self) -> None:
        self._file.close()
        self._path.replace(self._path.with_name(self._path.name + ".1"))
        self._file, self._size = self._opened(), 0

    def _opened(self) -> TextIO:
        return self._path.open("a", encoding="ascii")
