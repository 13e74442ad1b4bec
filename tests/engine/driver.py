"""A Run driven by hand: acts are answered as a good cluster would, pods become ready at once."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from clusters.core.evidence import Applied, applied_to_json
from clusters.models import Prod, Version
from clusters.targets import overrides_of, render_prod
from journal.core.reasons import because
from releases.core.answers import Answer, Succeeded
from releases.engine import acts, passes
from releases.models import Run, Step
from releases.steps.context import Outcome
from tests.build import fresh, observe


def applied(step: Step) -> Outcome:
    """What a good cluster answers to set_version."""
    prod = Prod.objects.get(pk=step.prod_id)
    version = Version.objects.select_related("revision").get(pk=step.params["version_id"])
    rendered = render_prod(prod, version, overrides_of(prod, step.params["overrides_revision"]))
    evidence = tuple(
        Applied(one.kind, one.name, f"uid-{prod.name}-{one.name}", 2, one.digest)
        for one in rendered
        if one.digest
    )
    return Outcome(
        Succeeded(because("applied", objects=len(rendered))), {"applied": applied_to_json(evidence)}
    )


def answer(step: Step, outcome: Outcome | Answer | None = None) -> None:
    """Answer the step's running attempt."""
    step.refresh_from_db()
    attempt = acts.Attempt(step.pk, step.attempt, 8)
    if outcome is not None and not isinstance(outcome, Outcome):
        outcome = Outcome(outcome)
    acts._answer(step, attempt, outcome or applied(step))


def running_acts(run: Run) -> list[Step]:
    """The acts under way, by Prod."""
    steps = Step.objects.filter(run=run, state="running", kind="set_version").select_related("prod", "run")
    return list(steps.order_by("prod__name"))


def advance(run: Run) -> Run:
    """One call of advance; the Run as it is after it."""
    passes.advance(run.pk)
    run.refresh_from_db()
    return run


def in_flight(run: Run) -> list[str]:
    """The Prods under way: started, not done."""
    steps = Step.objects.filter(run=run, prod__isnull=False)
    started = set(steps.exclude(state="waiting").values_list("prod__name", flat=True))
    left = set(
        steps.exclude(state__in=["succeeded", "skipped", "aborted"]).values_list("prod__name", flat=True)
    )
    return sorted(started & left)


def finish(run: Run, most: int = 60, after: Callable[[], object] = lambda: None) -> list[list[str]]:
    """Drive the Run to its end, calling `after` after each round; what was in flight after each."""
    seen: list[list[str]] = []
    for _ in range(most):
        fresh()
        advance(run)
        if run.state in {"succeeded", "aborted", "failed"}:
            return seen
        seen.append(in_flight(run))
        for step in running_acts(run):
            answer(step)
            observe(step.prod.name, generation=2)
        _end_soaks(run)
        after()
    raise AssertionError(f"{run} does not end: {run.state} {run.reason}")


def _end_soaks(run: Run) -> None:
    past = timezone.now() - timedelta(hours=2)
    Step.objects.filter(run=run, state="running", kind="soak").update(started_at=past)
