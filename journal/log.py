"""Writing Events: every state change leaves one, in the same transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from .core.reasons import Reason, reason_to_json
from .hints import publish
from .models import Event

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
    for stored in Event.objects.bulk_create(list(events)):
        publish("event", event=stored.pk, run=stored.run_id, prod=stored.prod, cluster=stored.cluster)
