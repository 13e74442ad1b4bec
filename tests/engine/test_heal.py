"""A heal is a Run like any other: planned, claimed, never together with a partner, refused with reasons."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from access.permissions import Denied
from clusters.core.drift import Difference, What, differences_to_json
from clusters.models import Cluster, Drift, Prod, Version
from journal.core.reasons import Refused, because
from releases import actions
from releases.core.answers import Failed
from releases.heal_preview import preview_heal
from releases.models import Claim, Hold, Run, Step
from releases.preview import action_blockers
from tests import build
from tests.engine.driver import advance, answer, finish, in_flight, running_acts
from traffic.models import Freeze

pytestmark = pytest.mark.django_db

AT = "2026-11-21T09:00:00Z"
IMAGE = Difference(
    "Deployment", "api", "containers[api].image", What.CHANGED, "v1", "hot", "kubectl-edit", AT
)
GONE = Difference("ConfigMap", "settings", "", What.MISSING)
SHELL = Difference("Deployment", "api", "containers[shell]", What.ADDED, "", "{}", "kubectl-edit", AT)
OLDER = Difference("ConfigMap", "older", "", What.SURPLUS, manager="drover")
THEIRS = Difference("ConfigMap", "notes", "", What.SURPLUS, manager="kubectl-create")


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    build.fleet()


def drifted(name: str = "a-1", *found: Difference, state: str = "drifted", ago_s: int = 60) -> Prod:
    """The Prod, whose drift was found `ago_s` ago and looked at again just now."""
    prod, now = Prod.objects.get(name=name), timezone.now()
    fields = {"since": now - timedelta(seconds=ago_s), "checked_at": now, "due_at": now}
    stored = differences_to_json(found or (IMAGE, GONE))
    Drift.objects.update_or_create(prod=prod, defaults={"state": state, "differences": stored, **fields})
    return prod


def heal(name: str = "a-1", role: str = "release-manager", *, take_over: bool = False) -> Run:
    digest = preview_heal(name, take_over=take_over).plan.digest
    return actions.heal_prod(build.person(role), name, digest, take_over=take_over)


def refusal(name: str = "a-1", **more: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        heal(name, **more)
    assert not Run.objects.filter(kind="heal").exists()
    return [reason.code for reason in refused.value.reasons]


def test_a_heal_applies_the_same_version_again_and_waits_until_it_is_ready() -> None:
    prod = drifted()
    run = heal(role="on-call")
    assert (run.kind, run.version) == ("heal", prod.version)
    kinds = Step.objects.filter(run=run).order_by("position").values_list("kind", flat=True)
    assert list(kinds) == ["set_version", "wait_ready"]
    assert Claim.objects.get(run=run).prod == prod
    finish(run)
    assert run.state == "succeeded"
    prod.refresh_from_db()
    assert (prod.settled_version, prod.overrides_revision) == (prod.version, 1)
    assert not Claim.objects.exists()


def test_what_a_person_read_is_what_runs() -> None:
    drifted()
    digest = preview_heal("a-1").plan.digest
    drifted("a-1", IMAGE)
    with pytest.raises(Refused) as refused:
        actions.heal_prod(build.person("on-call"), "a-1", digest)
    assert [reason.code for reason in refused.value.reasons] == ["plan-stale"]


def test_on_call_may_heal_but_not_take_over() -> None:
    drifted()
    for role, take_over in (("viewer", False), ("on-call", True)):
        with pytest.raises(Denied):
            heal(role=role, take_over=take_over)
    assert heal(take_over=True)


def test_taking_over_is_in_the_plan_and_stays_there_in_a_retry() -> None:
    drifted()
    assert preview_heal("a-1").plan.digest != preview_heal("a-1", take_over=True).plan.digest
    run = heal(take_over=True)
    advance(run)
    (step,) = running_acts(run)
    assert step.params["force"] is True
    answer(step, Failed(because("object-invalid", message="no")))
    advance(run)
    assert run.state == "failed"
    actions.retry(build.person("on-call"), run.pk, step.pk)
    finish(run)
    step.refresh_from_db()
    assert (run.state, step.params["force"]) == ("succeeded", True)


@pytest.mark.parametrize(
    ("found", "take_over", "removed"),
    [
        ((IMAGE, OLDER, THEIRS), False, "ConfigMap/older"),
        ((IMAGE, OLDER, THEIRS), True, "ConfigMap/older ConfigMap/notes"),
        ((IMAGE,), False, None),
    ],
    ids=["only what we wrote", "all of it when taken over", "nothing"],
)
def test_surplus_objects_that_go_stand_in_the_plan(
    found: tuple[Difference, ...], take_over: bool, removed: str | None
) -> None:
    drifted("a-1", *found)
    run = heal(take_over=take_over)
    assert Step.objects.get(run=run, kind="set_version").params.get("remove") == removed


def test_what_others_have_added_is_not_healed_without_taking_over() -> None:
    drifted("a-1", SHELL)
    assert refusal() == ["only-additions"]
    preview = preview_heal("a-1")
    assert (preview.ends, preview.stays) == ((), (SHELL,))
    assert heal(take_over=True)


@pytest.mark.parametrize(("state", "code"), [("unknown", "drift-unknown"), ("in-sync", "nothing-to-heal")])
def test_there_must_be_something_to_heal(state: str, code: str) -> None:
    drifted(state=state)
    assert refusal() == [code]


def test_a_prod_that_was_never_compared_is_unknown() -> None:
    assert refusal() == ["drift-unknown"]


def held(prod: Prod) -> None:
    Hold.objects.create(prod=prod, reason="looking", author=build.person("on-call"), at=timezone.now())


def stopped(prod: Prod) -> None:
    Freeze.objects.create(reason="fire", author=build.person("on-call"), at=timezone.now())


def silent(prod: Prod) -> None:
    Cluster.objects.filter(pk=prod.cluster_id).update(health="unreachable")


def claimed(prod: Prod) -> None:
    run = actions.start_build(None, [prod], prod.version)
    assert Claim.objects.filter(run=run, prod=prod).exists()


STOPS = [(held, "held"), (stopped, "line-stopped"), (silent, "cluster-unreachable"), (claimed, "claimed")]


@pytest.mark.parametrize(("stop", "code"), STOPS, ids=[code for _, code in STOPS])
def test_whatever_stands_against_it_refuses_it(stop: Any, code: str) -> None:
    stop(drifted())
    assert code in refusal()


def test_a_vetoed_version_may_be_healed_by_a_person() -> None:
    drifted()
    now = timezone.now()
    Version.objects.filter(name="v1.0.0").update(vetoed_at=now, veto_reason="leaks")
    assert heal()


def test_two_partners_are_never_out_together() -> None:
    drifted("a-2")
    drifted("b-1")
    first, second = heal("a-2"), heal("b-1")
    advance(first)
    advance(second)
    assert (in_flight(first), in_flight(second)) == (["a-2"], [])
    finish(first)
    finish(second)
    assert second.state == "succeeded"


def test_a_heal_is_not_rolled_back() -> None:
    drifted()
    run = heal()
    finish(run)
    blocked = action_blockers(run, "admin")["rollback"]
    assert [reason.code for reason in blocked] == ["no-rollback-of-heal"]
    with pytest.raises(Refused):
        actions.roll_back(build.person("on-call"), run.pk, "please go back")


def test_a_heal_that_failed_may_be_ended() -> None:
    drifted()
    run = heal()
    advance(run)
    answer(running_acts(run)[0], Failed(because("object-invalid", message="no")))
    advance(run)
    assert run.state == "failed"
    actions.abort(build.person("on-call"), run.pk, "not now")
    advance(run)
    assert run.state == "aborted"
    assert not Claim.objects.exists()
