"""One pass over one Run: lock, load, decide, write intents, when to wake. No I/O but the database."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from journal.log import record
from journal.retrying import retried
from releases.core.decide import decide
from releases.core.states import RUN_ENDED, RunState
from releases.models import Run, Wake

from .intents import carry_out
from .load import run_now
from .routes import release_idle_routes

__all__ = ["advance", "release_idle_routes"]

# A pass that changed something is followed by another; a Run of many Prods needs a handful.
MOST_PASSES = 100


def advance(run_id: int) -> None:
    """Pass over the Run until nothing more can be done now. May be called by many at once: one works,
    the others return, and no wake is lost, because the worker looks at the count again after its commit.
    """
    for _ in range(MOST_PASSES):
        if not one_pass(run_id, timezone.now()):
            return


@retried
def one_pass(run_id: int, now: datetime) -> bool:
    """Whether another pass is wanted. Nothing is done by facts that others have changed until users could be moved."""
    with transaction.atomic():
        wanted = Wake.objects.filter(run_id=run_id).values_list("wanted", flat=True).first()
        rows = Run.objects.select_related("blueprint").defer("plan")
        run = rows.select_for_update(skip_locked=True, of=("self",)).filter(pk=run_id).first()
        if run is None or RunState(run.state) in RUN_ENDED:
            return False
        facts = run_now(run, now)
        decision = decide(facts, now)
        events = carry_out(run, facts, decision.intents, now)
        if events is None:
            return True
        record(events)
        Wake.objects.filter(run_id=run_id).update(seen=wanted, due_at=decision.wake_at)
    if decision.intents:
        return True
    return Wake.objects.filter(run_id=run_id, wanted__gt=wanted).exists()
