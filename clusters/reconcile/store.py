"""Storing what a comparison found, by compare-and-set, with an Event for each move."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from clusters.core.drift import Difference, differences_to_json
from clusters.models import Drift, Prod
from journal.core.reasons import Reason, because, reason_to_json
from journal.hints import publish
from journal.log import event, record

from .due import AGAIN, AGAIN_UNKNOWN, CONFIRM

State = Drift.State


def store_found(prod: Prod, found: tuple[Difference, ...], same: QuerySet[Prod], began: datetime) -> str:
    """The state stored; "" if `same`, the Prod as it was compared, is no more: then it is looked at again
    at once. The facts are as old as `began`."""
    with transaction.atomic():
        row = _locked(prod, began)
        if not same.exists():
            Drift.objects.filter(pk=row.pk).update(due_at=began)
            return ""
        if row.checked_at is not None and row.checked_at > began:
            return ""  # a later look has been stored already
        state = State.DRIFTED if found else State.IN_SYNC
        again = CONFIRM if found and row.state != state else AGAIN
        reason = drift_reason(found)
        fields = {"differences": differences_to_json(found), "checked_at": began}
        _store(prod, row, state, reason, again, began, fields)
        _tell_move(prod, _known(row), state, reason, began)
        return state


def store_unknown(prod: Prod, reason: Reason, now: datetime) -> str:
    """The state stored. The differences stay as they were last found: `checked_at` says when."""
    with transaction.atomic():
        _store(prod, _locked(prod, now), State.UNKNOWN, reason, AGAIN_UNKNOWN, now, {})
        return State.UNKNOWN


def void(prod_id: int, run_id: int, now: datetime) -> None:
    """A Run begins to change the Prod: what was found before says nothing about what will be."""
    why = because("drift-run-changes", run=run_id)
    Drift.objects.filter(prod=prod_id).update(state=State.UNKNOWN, reason=reason_to_json(why), since=now)


def drift_reason(found: tuple[Difference, ...]) -> Reason | None:
    """How much differs, in one Reason; None for nothing."""
    if not found:
        return None
    objects = len({(one.kind, one.name) for one in found})
    return because("drift-found", differences=len(found), objects=objects)


def _locked(prod: Prod, now: datetime) -> Drift:
    Drift.objects.get_or_create(prod=prod, defaults={"due_at": now + AGAIN})
    return Drift.objects.select_for_update().get(prod=prod)


def _store(
    prod: Prod,
    row: Drift,
    state: str,
    reason: Reason | None,
    again: timedelta,
    now: datetime,
    fields: dict[str, Any],
) -> None:
    """Write the row. A look that somebody has asked for since stays asked for. Open pages are told of
    what is new only: every Prod is compared every minute."""
    since = {} if row.state == state else {"since": now}
    told = {"state": state, "reason": reason_to_json(reason) if reason else {}}
    due_at = min(row.due_at, now + again)
    Drift.objects.filter(pk=row.pk).update(due_at=due_at, **told, **since, **fields)
    new = {**told, "differences": fields.get("differences", row.differences)}
    if any(getattr(row, name) != value for name, value in new.items()):
        publish("drift", prod=prod.name)


def _known(row: Drift) -> str:
    """The last state that was known; "" if none ever was."""
    if row.checked_at is None:
        return ""
    return State.DRIFTED if row.differences else State.IN_SYNC


def _tell_move(prod: Prod, old: str, new: str, reason: Reason | None, now: datetime) -> None:
    if old == new or (not old and new == State.IN_SYNC):
        return
    why = reason or because("drift-gone")
    record([event(now, "drift", prod=prod.name, cluster=prod.cluster.name, moved=(old, new), reason=why)])
