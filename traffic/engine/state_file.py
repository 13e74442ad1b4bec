"""The state file on a disk: written whole or not at all, the last two kept, read back by break-glass."""

import os
import tempfile
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from journal.core.reasons import Reason, Refused, because, reason_to_json
from journal.log import event, record
from traffic.core.sealing import seal, unseal
from traffic.core.state import State, state_from_json, state_to_json
from traffic.models import StateFile

log = structlog.get_logger(__name__)

NEWEST, BEFORE = "drover-state", "drover-state.before"
UNFINISHED = ".drover-state-"
EVERY = timedelta(minutes=1)
LEFT_BEHIND_S = 600  # a writer that was killed is not coming back for its file
SIZE_MAX = 256 * 2**20


def is_due(now: datetime) -> bool:
    """Whether it is for the caller to write the file now; nobody else is told so for a minute."""
    StateFile.objects.get_or_create(pk=1, defaults={"due_at": now})
    return bool(StateFile.objects.filter(pk=1, due_at__lte=now).update(due_at=now + EVERY))


def write_state(folder: Path, state: State) -> int:
    """Replace the file in `folder`, and keep the one before; returns its size. Raises OSError."""
    content = seal(state_to_json(state), settings.SECRET_KEY)
    _clear_up(folder)
    descriptor, name = tempfile.mkstemp(prefix=UNFINISHED, dir=folder)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            (folder / NEWEST).replace(folder / BEFORE)
        Path(name).replace(folder / NEWEST)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    _sync(folder)
    return len(content)


def _clear_up(folder: Path) -> None:
    for left in folder.glob(f"{UNFINISHED}*"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > LEFT_BEHIND_S:
                left.unlink()


def _sync(folder: Path) -> None:
    """The names too are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load_state(path: Path) -> State:
    """The State in a file, or in the newest good file of a folder. Raises Refused, saying what is wrong."""
    if not path.is_dir():
        return _load(path)
    try:
        return _load(path / NEWEST)
    except Refused:
        if not (path / BEFORE).exists():
            raise
        return _load(path / BEFORE)


def _load(path: Path) -> State:
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_MAX)
    except OSError as error:
        raise Refused(
            because("state-file-unreadable", path=str(path), error=error.strerror or "?")
        ) from error
    return state_from_json(unseal(content, settings.SECRET_KEY))


def written(size: int) -> None:
    """It was written just now."""
    _tell(None, written_at=timezone.now(), size=size)


def not_written(trouble: Reason) -> None:
    """It could not be written. What is on the disk stays."""
    log.error("state-file-not-written", reason=reason_to_json(trouble))
    _tell(trouble)


def _tell(trouble: Reason | None, **facts: object) -> None:
    """How it goes, with an Event where that is otherwise than before."""
    now = timezone.now()
    reason = reason_to_json(trouble) if trouble else {}
    with transaction.atomic():
        row = StateFile.objects.select_for_update().get(pk=1)
        changed = bool(row.reason) != bool(reason)
        StateFile.objects.filter(pk=1).update(reason=reason, **facts, **({"since": now} if changed else {}))
        if changed:
            record([event(now, "router", reason=trouble or because("state-file-written"))])
