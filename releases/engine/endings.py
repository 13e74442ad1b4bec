"""What a Run leaves behind when it is done."""

from django.db.models import F

from clusters.models import Prod
from releases.core.states import StepState
from releases.models import Run, Step


def settle_prods(run: Run) -> None:
    """Every Prod that this completed Run has changed now counts as settled on what was asked of it."""
    changed = Step.objects.filter(run=run, kind="set_version", state=StepState.SUCCEEDED)
    Prod.objects.filter(pk__in=changed.values("prod")).update(
        settled_version=F("version"), settled_overrides_revision=F("overrides_revision")
    )
