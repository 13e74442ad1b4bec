"""A change of one Prod: a new overrides revision by a Run, watched, undone."""

from typing import Any

import pytest

from clusters.models import Overrides, Prod
from journal.core.reasons import FieldErrors, Refused
from journal.models import Event
from releases import actions
from releases.models import Claim, Hold, Run, Step
from releases.prod_previews import preview_change, scaled
from tests import build
from tests.engine.driver import advance, finish, running_acts
from traffic.models import RouteOut

pytestmark = pytest.mark.django_db

MORE = {"replicas": {"api": 5}}
WHY = "the test wants it"


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    build.fleet()


def change(overrides: dict[str, Any] | None = None, prod: str = "b-1") -> Run:
    preview = preview_change(prod, overrides or MORE)
    return actions.start_change(
        build.person("release-manager"), prod, overrides or MORE, preview.plan.digest, WHY
    )


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


def test_a_preview_says_what_differs_and_stores_nothing() -> None:
    preview = preview_change("b-1", MORE)
    assert [(one.path, one.before, one.after) for one in preview.differences] == [("spec.replicas", "3", "5")]
    assert [step.kind for step in preview.plan.waves[0].prods[0].steps][:2] == ["set_version", "wait_ready"]
    assert Overrides.objects.filter(prod__name="b-1").count() == 1 and not Run.objects.exists()


def test_the_revision_is_asked_for_when_its_step_starts_and_settled_at_the_end() -> None:
    run = change()
    prod = Prod.objects.get(name="b-1")
    assert (prod.overrides_revision, prod.settled_overrides_revision) == (1, 1)
    advance(run)
    prod.refresh_from_db()
    assert (prod.overrides_revision, prod.settled_overrides_revision) == (2, 1)
    finish(run)
    prod.refresh_from_db()
    assert run.state == "succeeded"
    assert (prod.overrides_revision, prod.settled_overrides_revision) == (2, 2)
    assert Overrides.objects.get(prod=prod, number=2).content["replicas"] == {"api": 5}
    assert not Claim.objects.exists() and not RouteOut.objects.exists()


def test_its_routes_are_out_while_it_is_changed() -> None:
    advance(change())
    assert {out.prod.name for out in RouteOut.objects.all()} == {"b-1"}


def test_a_rollback_goes_back_to_the_former_revision_and_vetoes_nothing() -> None:
    run = change()
    finish(run)
    build.observe("b-1", generation=2)
    back = actions.roll_back(build.person("on-call"), run.pk, WHY)
    finish(back)
    prod = Prod.objects.select_related("version").get(name="b-1")
    assert back.state == "succeeded"
    assert (prod.overrides_revision, prod.version.name) == (1, "v1.0.0")
    assert prod.version.vetoed_at is None


def test_a_plan_that_is_no_longer_the_one_that_was_read_is_refused() -> None:
    digest = preview_change("b-1", MORE).plan.digest
    with pytest.raises(Refused) as refused:
        actions.start_change(build.person("release-manager"), "b-1", {"replicas": {"api": 50}}, digest)
    assert codes(refused) == ["plan-stale"]
    finish(change())
    with pytest.raises(Refused) as refused:
        actions.start_change(build.person("release-manager"), "b-1", MORE, digest)
    assert codes(refused) == ["plan-stale"]
    assert Overrides.objects.filter(prod__name="b-1").count() == 2


def test_a_change_to_what_is_so_already_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        change({"replicas": {}})
    assert codes(refused) == ["nothing-changes"]


@pytest.mark.parametrize("state", ["building", "out-of-service"])
def test_a_prod_that_is_not_in_service_may_be_given_what_it_has_and_comes_back(state: str) -> None:
    Prod.objects.filter(name="b-1").update(lifecycle=state)
    finish(change({"replicas": {}}))
    assert Prod.objects.get(name="b-1").lifecycle == "in-service"
    moves = Event.objects.filter(kind="prod", prod="b-1").values_list("from_state", "to_state")
    assert (state, "in-service") in list(moves)


def test_a_second_change_waits_for_the_end_of_the_first() -> None:
    change()
    with pytest.raises(Refused) as refused:
        change({"replicas": {"api": 6}})
    assert codes(refused) == ["claimed"]
    assert Overrides.objects.filter(prod__name="b-1").count() == 2


def test_a_held_prod_is_not_changed() -> None:
    actions.set_hold(build.person("on-call"), "b-1", WHY)
    with pytest.raises(Refused) as refused:
        change()
    assert codes(refused) == ["held"]
    actions.lift_hold_of(build.person("release-manager"), "b-1", WHY)
    assert change().state == "running"


def test_a_prod_is_held_once() -> None:
    actions.set_hold(build.person("on-call"), "b-1", WHY)
    with pytest.raises(Refused) as refused:
        actions.set_hold(build.person("admin"), "b-1", "another reason")
    assert codes(refused) == ["prod-held-already"]
    assert Hold.objects.get().reason == WHY


def test_a_vetoed_version_does_not_stop_a_person_from_scaling() -> None:
    Prod.objects.get(name="b-1").version.__class__.objects.filter(name="v1.0.0").update(
        vetoed_at="2025-01-01T00:00:00Z", veto_reason="bad"
    )
    finish(change())


def test_a_change_on_a_cluster_that_is_down_waits_and_says_so() -> None:
    Prod.objects.get(name="b-1").cluster.__class__.objects.filter(name="b").update(health="unreachable")
    run = change()
    advance(run)
    assert run.reason["code"] == "cluster-unreachable" and not running_acts(run)


def test_scale_changes_one_component_and_keeps_the_rest() -> None:
    first = {"replicas": {"frontend": 4}, "labels": {"ring": "late"}}
    finish(change(first))
    assert scaled("b-1", "api", 7) == {**first, "replicas": {"frontend": 4, "api": 7}, "patches": []}
    with pytest.raises(Refused) as refused:
        scaled("b-1", "database", 7)
    assert codes(refused) == ["component-not-scaled"]


WRONG = {
    "no object": ([], "overrides"),
    "unknown field": ({"colour": "red"}, "overrides.colour"),
    "replicas as text": ({"replicas": {"api": "5"}}, "overrides.replicas.api"),
    "replicas below nothing": ({"replicas": {"api": -1}}, "overrides.replicas.api"),
    "too many replicas": ({"replicas": {"api": 10**6}}, "overrides.replicas.api"),
    "label that is none": ({"labels": {"a": "b c"}}, "overrides.labels.a"),
    "patch without a name": ({"patches": [{"kind": "Deployment", "metadata": {}}]}, "overrides.patches[0]"),
    "patch of status": (
        {"patches": [{"kind": "Deployment", "metadata": {"name": "api"}, "status": {}}]},
        "overrides.patches[0]",
    ),
    "text that cannot be stored": ({"labels": {"a": "\0"}}, "overrides.labels.a"),
}


@pytest.mark.parametrize(("overrides", "path"), WRONG.values(), ids=WRONG.keys())
def test_overrides_that_cannot_be_are_named_by_field(overrides: Any, path: str) -> None:
    with pytest.raises(FieldErrors) as wrong:
        preview_change("b-1", overrides)
    assert any(field.startswith(path) for field, _ in wrong.value.errors), wrong.value.errors


def test_overrides_that_fit_nothing_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        preview_change("b-1", {"replicas": {"database": 2}})
    assert codes(refused) == ["replicas-without-component"]


def test_a_take_over_needs_a_conflict_and_is_told_in_an_event() -> None:
    run = change()
    advance(run)
    (step,) = running_acts(run)
    told = {"kind": "Deployment", "name": "api", "fields": ".spec.replicas", "managers": "kubectl"}
    Step.objects.filter(pk=step.pk).update(
        state="failed", reason={"code": "object-contested", "params": told}, finished_at=run.since
    )
    advance(run)
    actions.retry(build.person("release-manager"), run.pk, step.pk, WHY, take_over=True)
    step.refresh_from_db()
    assert step.params["take_over"] is True
    said = Event.objects.filter(run_id=run.pk, reason__code="take-over-by-person").first()
    assert said and said.reason["params"]["managers"] == "kubectl"
    Step.objects.filter(pk=step.pk).update(state="failed", reason={}, finished_at=run.since)
    with pytest.raises(Refused) as refused:
        actions.retry(build.person("release-manager"), run.pk, step.pk, take_over=True)
    assert codes(refused) == ["nothing-to-take-over"]
    actions.retry(build.person("on-call"), run.pk, step.pk)
    step.refresh_from_db()
    assert step.params["take_over"] is False
