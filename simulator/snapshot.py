"""The state of a cluster on disk: a JSON-lines file, replaced atomically.

The first line holds version, port and tokens, each further line one object.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from simulator.rights.tokens import TokenBook
from simulator.store.store import Store
from simulator.values import Obj

OBJECTS_PER_PAUSE = 200  # so that a large snapshot does not hold up the answers


class BrokenState(ValueError):
    """A snapshot that cannot be read; the message names the file."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back from disk."""

    store: Store
    port: int
    tokens: TokenBook


def read_snapshot(path: Path) -> Restored | None:
    """The state in the file, None when there is no file; BrokenState when it is damaged."""
    if not path.exists():
        return None
    store = Store()
    try:
        with path.open(encoding="utf-8") as lines:
            head = json.loads(next(lines))
            for line in lines:
                kind, obj = json.loads(line)
                store.restore(kind, obj)
        store.version = store.compacted = int(head["version"])
        tokens = TokenBook(str(head["token"]))
        tokens.restore(head.get("tokens") or {})
        return Restored(store, int(head["port"]), tokens)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, OSError) as error:
        raise BrokenState(f"the simulator's state in {path} cannot be read ({error}); "
                          "delete the file to start this cluster afresh") from error  # fmt: skip


def snapshot_lines(store: Store, port: int, tokens: TokenBook) -> list[tuple[str, Obj]]:
    """What a snapshot taken now holds: the head, then (kind, object) pairs."""
    head: tuple[str, Obj] = ("", {"version": store.version, "port": port, "token": tokens.admin,
                                  "tokens": tokens.saved()})  # fmt: skip
    return [head, *((kind, obj) for kind in store.kinds() for obj in store.each(kind))]


def write_snapshot(path: Path, lines: list[tuple[str, Obj]]) -> None:
    """Replace the file at once."""
    temporary = path.with_suffix(".tmp")
    with _private(temporary) as file:
        file.writelines(map(_line, lines))
    temporary.replace(path)


async def write_snapshot_gently(path: Path, lines: list[tuple[str, Obj]]) -> None:
    """Replace the file, letting other work run in between."""
    temporary = path.with_suffix(".tmp")
    with _private(temporary) as file:
        for start in range(0, len(lines), OBJECTS_PER_PAUSE):
            file.writelines(map(_line, lines[start : start + OBJECTS_PER_PAUSE]))
            await asyncio.sleep(0)
    temporary.replace(path)


def _line(pair: tuple[str, Obj]) -> str:
    kind, obj = pair
    return json.dumps([kind, obj] if kind else obj, separators=(",", ":")) + "\n"


def _private(path: Path) -> TextIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")
