"""What a pass loads: no more than may matter, and enough to decide as if it were all."""

from dataclasses import replace

import pytest
from django.utils import timezone

from releases import actions
from releases.core.decide import decide
from releases.core.kinds import KINDS
from releases.core.progress import StepNow
from releases.core.states import RunState
from releases.engine import load
from releases.engine.load import run_now
from releases.fleet import facts_around
from releases.models import Run, Step
from releases.preview import preview_release
from tests import build
from tests.core.releases.fleets import telling
from tests.engine.driver import advance, finish
from traffic.models import RouteOut

pytestmark = pytest.mark.django_db


@pytest.fixture
def release() -> Run:
    build.fleet()
    digest = preview_release("shop", "v1.1.0", {}, []).plan.digest
    return actions.start_release(build.person("release-manager"), "shop", "v1.1.0", {}, [], digest)


def all_steps(run: Run) -> tuple[StepNow, ...]:
    """As a Run that stops loads them."""
    stopping = Run.objects.get(pk=run.pk)
    stopping.state = RunState.STOPPING
    return run_now(stopping, timezone.now()).steps


def check(run: Run) -> None:
    now = timezone.now()
    loaded, whole = run_now(run, now), all_steps(run)
    assert len(whole) == Step.objects.filter(run=run).count()
    assert loaded.steps == telling(whole)
    assert decide(loaded, now) == decide(replace(loaded, steps=whole), now)


def test_all_through_a_release_the_steps_that_tell_are_enough(release: Run) -> None:
    check(release)
    finish(release, after=lambda: check(release))
    assert release.state == "succeeded"
    check(release)


@pytest.mark.parametrize("state", ["skipped", "failed", "errored", "aborted", "running"])
def test_what_went_wrong_is_seen(release: Run, state: str) -> None:
    advance(release)
    steps = Step.objects.filter(run=release, prod__name="a-1").order_by("position")
    steps.filter(kind="set_version").update(state="succeeded", attempt=1)
    steps.filter(kind="wait_ready").update(state=state, attempt=1)
    check(release)
    seen = {(step.kind, step.state) for step in run_now(release, timezone.now()).steps if step.prod == "a-1"}
    assert ("wait_ready", state) in seen


def test_a_prod_that_was_tried_before_is_loaded_whole(release: Run) -> None:
    advance(release)
    Step.objects.filter(run=release, prod__name="a-1", kind="wait_ready").update(attempt=1)
    check(release)
    kinds = [step.kind for step in run_now(release, timezone.now()).steps if step.prod == "a-1"]
    assert kinds == list(
        Step.objects.filter(run=release, prod__name="a-1").order_by("position").values_list("kind", flat=True)
    )


def test_only_prods_whose_turn_it_may_be_are_judged(release: Run) -> None:
    advance(release)
    build.observe("b-2", ready=0)
    assert "b-2" not in run_now(release, timezone.now()).ill
    Step.objects.filter(run=release, wave__lt=4).update(state="succeeded", attempt=1)
    assert "b-2" in run_now(release, timezone.now()).ill


def test_nobody_goes_out_whose_routes_were_not_looked_at(
    release: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second line of defence: a pass that was told too little starts nothing that disturbs users."""
    monkeypatch.setattr(load, "facts_around", lambda run, names, now: facts_around(run, (), now))
    Step.objects.filter(run=release, prod=None).update(state="succeeded")
    Step.objects.filter(run=release, prod__name__in=["c-1", "c-2"]).update(state="succeeded", attempt=1)
    advance(release)
    disturbing = [name for name, kind in KINDS.items() if kind.disturbs]
    left = Step.objects.filter(run=release, kind__in=disturbing).exclude(prod__name__in=["c-1", "c-2"])
    assert set(left.values_list("state", flat=True)) == {"waiting"}
    assert {step.prod.name for step in left if step.reason.get("code") == "route-overlooked"} == {"a-2"}
    assert not RouteOut.objects.exists()
    monkeypatch.undo()
    finish(release)
    assert release.state == "succeeded"
