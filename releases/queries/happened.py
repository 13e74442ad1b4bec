"""What happened: Events as lines, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from journal.core.reasons import reason_from_json
from journal.models import Event
from journal.sentences import sentence
from releases.core.states import RunState, StepState
from releases.event_words import event_words
from releases.marks import RUN_MARKS, STEP_MARKS, STEP_NAMES

MOST = 80


@dataclass(frozen=True, slots=True)
class Happening:
    """One Event: when, whom it is about, what, and why in words; `tone` as its new state has it."""

    id: int
    at: datetime
    about: str
    prod: str
    cluster: str
    what: str
    why: str
    by: str
    run: int | None
    tone: str


def read_happened(
    most: int = MOST, *, rows: "QuerySet[Event] | None" = None, order: str = "-id", **which: Any
) -> tuple[Happening, ...]:
    """The first `most` Events in `order` of `rows` (all) that `which` (fields of Event) selects. One query."""
    events = Event.objects.all() if rows is None else rows
    chosen = events.filter(**which).select_related("actor").order_by(order)[:most]
    return tuple(_happening(event) for event in chosen)


def _happening(event: Event) -> Happening:
    what, tone = _what(event)
    return Happening(
        id=event.pk,
        at=event.at,
        about=event.prod or event.cluster,
        prod=event.prod,
        cluster=event.cluster,
        what=what,
        why=sentence(reason_from_json(event.reason)),
        by=event.actor.get_username() if event.actor else "",
        run=event.run_id,
        tone=tone,
    )


def _what(event: Event) -> tuple[str, str]:
    """In words what became what, and the tone of it."""
    new = event.to_state
    if event.kind == "run" and new in RUN_MARKS:
        mark = RUN_MARKS[RunState(new)]
        return _("run: %(state)s") % {"state": mark.word}, mark.tone
    kind = event.kind.removeprefix("step.")
    if kind in STEP_NAMES and new in STEP_MARKS:
        mark = STEP_MARKS[StepState(new)]
        return f"{STEP_NAMES[kind]}: {mark.word}", mark.tone
    return event_words(event.kind, new), "idle"
