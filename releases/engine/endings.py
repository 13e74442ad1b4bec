"""What a Run leaves behind when it is done."""

from django.db.models import F

from clusters.models import Prod
from releases.core.states import StepState
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


def forget_floors(run: Run) -> list[int]:
    """From here on autoscalers that this Run has raised and not lowered count as drift. Ids of their Prods."""
    raised = list(Prod.objects.filter(raised_by=run.pk).values_list("pk", flat=True))
    Prod.objects.filter(pk__in=raised, raised_by=run.pk).update(raised_by=None)
    return raised
