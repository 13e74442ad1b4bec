"""Writing Events: every state change leaves one, in the same transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from .core.reasons import Reason, reason_to_json
from .hints import publish_all
from .models import Event
from .rows import insert_rows

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


def event(
    at: datetime,
    kind: str,
    *,
    actor: "AbstractUser | None" = None,
    run_id: int | None = None,
    step_id: int | None = None,
    prod: str = "",
    cluster: str = "",
    moved: tuple[str, str] = ("", ""),
    reason: Reason | None = None,
) -> Event:
    """An unsaved Event; `moved` is (from state, to state)."""
    return Event(
        at=at,
        actor=actor,
        kind=kind,
        run_id=run_id,
        step_id=step_id,
        prod=prod,
        cluster=cluster,
        from_state=moved[0],
        to_state=moved[1],
        reason=reason_to_json(reason) if reason else {},
    )


def record(events: Iterable[Event]) -> None:
    """Store `events` in their order and, once committed, hint them to open pages.

    Call it inside the transaction that makes the change.
    """
    stored = list(events)
    insert_rows(stored)
    publish_all(
        "event",
        [{"event": one.pk, "run": one.run_id, "prod": one.prod, "cluster": one.cluster} for one in stored],
    )
