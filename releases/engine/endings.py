"""What a Run leaves behind when it is done."""

from django.db.models import Exists, F

from clusters.models import Prod
from releases.core.states import STEP_DONE, StepState
from releases.models import Run, Step


def settle_prods(run: Run) -> None:
    """Every Prod that this completed Run has changed now counts as settled on what was asked of it; one
    of which a step was skipped was never proven, and stays settled on what it came from."""
    skipped = Step.objects.filter(run=run, state=StepState.SKIPPED, prod__isnull=False)
    changed = Step.objects.filter(run=run, kind="set_version", state=StepState.SUCCEEDED).exclude(
        prod__in=skipped.values("prod")
    )
    Prod.objects.filter(pk__in=changed.values("prod")).update(
        settled_version=F("version"), settled_overrides_revision=F("overrides_revision")
    )


def forget_floors(run: Run, prod_id: int | None = None) -> list[int]:
    """From here on autoscalers that this Run keeps raised (of this Prod: if it is not about to lower them) count as
    drift. Ids of their Prods."""
    rows = Prod.objects.filter(raised_by=run.pk)
    if prod_id is not None:
        to_lower = Step.objects.filter(run=run, prod=prod_id, kind="scale_back").exclude(state__in=STEP_DONE)
        rows = rows.filter(~Exists(to_lower), pk=prod_id)
    raised = list(rows.values_list("pk", flat=True))
    Prod.objects.filter(pk__in=raised, raised_by=run.pk).update(raised_by=None)
    return raised
