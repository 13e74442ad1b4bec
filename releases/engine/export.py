"""Writing the state file for break-glass, as a part of the tick."""

from pathlib import Path

from django.conf import settings
from django.db.models import F, Max
from django.utils import timezone

from clusters.models import Prod
from journal.core.reasons import because
from releases.core.plan_json import plan_from_json
from releases.core.states import RunKind
from releases.fleet import taken_back
from releases.models import Run, Step
from traffic.engine.state_file import is_due, not_written, write_state, written
from traffic.queries.state import read_state


def export_due() -> bool:
    """Write the file if it is time; whether it was. That it cannot be written stops nothing, and is shown."""
    if not settings.STATE_DIR or not is_due(now := timezone.now()):
        return False
    try:
        size = write_state(Path(settings.STATE_DIR), read_state(came_from(), now, taken_back()))
    except OSError as error:
        not_written(because("state-file-not-written", error=error.strerror or type(error).__name__))
        return False
    written(size)
    return True


def came_from() -> dict[str, str]:
    """Prod -> the Version that it ran before the one asked for now, of those that have had another. While a Run is
    under way that is the one it is settled on, afterwards the one that its last release of that Version found.
    Three queries."""
    rows = Prod.objects.exclude(lifecycle=Prod.Lifecycle.RETIRED)
    unsettled = rows.exclude(settled_version=F("version")).filter(settled_version__isnull=False)
    done = Step.objects.filter(kind="set_version", attempt__gt=0, run__kind=RunKind.RELEASE)
    last = (
        done.filter(run__version=F("prod__version")).order_by().values("prod__name").annotate(last=Max("run"))
    )
    runs = {row["prod__name"]: row["last"] for row in last}
    plans = Run.objects.filter(pk__in=set(runs.values())).values_list("pk", "plan")
    before = {
        prod.name: prod.came_from.version
        for pk, plan in plans
        for wave in plan_from_json(plan).waves
        for prod in wave.prods
        if runs.get(prod.name) == pk and prod.came_from.version
    }
    return before | dict(unsettled.values_list("name", "settled_version__name"))
