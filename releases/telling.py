"""Which of the thousands of Steps of a Run have to be read to know where each of its Prods stands."""

from django.db.models import Count, F, Min, Q, QuerySet, Window

from releases.core.states import STEP_DONE, StepState
from releases.models import Step

_DONE = Q(state__in=[state.value for state in STEP_DONE])
_UNTOUCHED = Q(state=StepState.WAITING, attempt=0)


def telling(rows: QuerySet[Step]) -> QuerySet[Step]:
    """Of `rows`, whole Runs: where a Prod (or the gates) of a wave has not begun or is done, the first Step, and all
    that were skipped; of the others, all."""
    column = {"partition_by": [F("run"), F("wave"), F("prod")]}
    told = rows.annotate(
        first=Window(Min("position"), **column),
        left=Window(Count("pk", filter=~_DONE), **column),
        begun=Window(Count("pk", filter=~_UNTOUCHED), **column),
    )
    going = Q(left__gt=0, begun__gt=0)
    return told.filter(Q(position=F("first")) | going | Q(state=StepState.SKIPPED))
