"""The end of a Prod: out of service first, its namespace last, and nothing that is not ours."""

from collections.abc import Iterator
from typing import Any

import pytest

from clusters.kube.protocol import NotFound
from clusters.models import Observation, Prod
from journal.core.reasons import Refused
from journal.models import Event
from releases import actions
from releases.engine import acts
from releases.models import Claim, Run, Step
from releases.prod_previews import preview_change, preview_retire
from releases.steps import act
from simulator.testing import Fleet
from tests import build
from tests.engine.driver import advance
from tests.engine.real import clusters, drive, kube_of, open_acts
from traffic.models import Route, RouteMember, RouteOut

pytestmark = pytest.mark.django_db

WHY = "the test wants it"


@pytest.fixture(scope="module")
def simulated() -> Iterator[Any]:
    with clusters("a", "b", "c") as started:
        yield started


@pytest.fixture(autouse=True)
def fleet(db: None, simulated: Any) -> Fleet:
    build.fleet(servers=simulated[1])
    return simulated[0]


def retire(prod: str, confirm: str = "") -> Run:
    digest = preview_retire(prod).plan.digest
    return actions.start_retire(build.person("admin"), prod, confirm or prod, digest, WHY)


def built(name: str = "b-1") -> Prod:
    """The Prod as a change with real acts leaves it on its cluster."""
    overrides = {"labels": {"ring": "late"}}
    digest = preview_change(name, overrides).plan.digest
    run = actions.start_change(build.person("release-manager"), name, overrides, digest)
    Step.objects.filter(run=run, kind="soak").update(params={"soak_s": 0})
    assert drive(run).state == "succeeded", run.reason
    return Prod.objects.get(name=name)


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


def is_there(prod: Prod) -> bool:
    try:
        kube_of(prod.name).get("Namespace", "", prod.namespace)
    except NotFound:
        return False
    return True


def test_a_prod_goes_step_by_step_and_its_namespace_last(fleet: Fleet) -> None:
    prod = built()
    before = fleet.audit()[-1]["seq"]
    run = retire("b-1")
    assert drive(run).state == "succeeded", run.reason
    assert not is_there(prod)
    prod.refresh_from_db()
    assert prod.lifecycle == "retired"
    assert not Observation.objects.filter(prod=prod).exists() and not Claim.objects.exists()
    asked = [one for one in fleet.audit(before) if one["type"] == "request" and one["verb"] == "delete"]
    assert [one["name"] for one in asked if one["resource"] == "namespaces"] == ["prod-b-1"]
    assert asked[-1]["resource"] == "namespaces" and len(asked) > 4


def test_its_routes_go_to_the_others_and_their_weights_never_sum_to_nothing() -> None:
    built()
    before = dict(Route.objects.values_list("name", "epoch"))
    drive(retire("b-1"))
    assert not RouteMember.objects.filter(prod__name="b-1").exists() and not RouteOut.objects.exists()
    for route in Route.objects.all():
        weights = dict(route.members.values_list("prod__name", "weight"))
        assert sum(weights.values()) == 100
        assert (route.epoch > before[route.name]) == (weights == {"a-2": 100})


def test_it_is_out_of_service_before_anything_is_deleted() -> None:
    prod = built()
    run = drive(retire("b-1"), until="delete_objects")
    moves = list(
        Event.objects.filter(kind="prod", prod="b-1", run_id=run.pk).values_list("to_state", flat=True)
    )
    assert moves == ["out-of-service"]
    assert kube_of("b-1").get("Deployment", prod.namespace, "api")


def test_a_prod_that_alone_serves_somebody_is_refused_and_they_are_named() -> None:
    with pytest.raises(Refused) as refused:
        retire("a-1")
    assert codes(refused) == ["serves-alone"]
    assert dict(refused.value.reasons[0].params)["tenants"] > 0
    assert Prod.objects.get(name="a-1").lifecycle == "in-service" and not Run.objects.exists()


def test_a_prod_whose_partner_does_not_serve_is_refused() -> None:
    build.observe("a-2", ready=0)
    with pytest.raises(Refused) as refused:
        retire("b-1")
    assert "leaves-to-ill" in codes(refused)


def test_a_partner_that_falls_ill_meanwhile_holds_it_back() -> None:
    run = retire("b-1")
    build.observe("a-2", ready=0)
    advance(run)
    assert run.reason["code"] == "leaves-to-ill" and not open_acts(run)
    assert Prod.objects.get(name="b-1").lifecycle == "in-service"


@pytest.mark.parametrize("typed", ["b-2", "B-1", " b-1", "b-1\n"])
def test_the_name_must_be_typed(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        retire("b-1", typed)
    assert codes(refused) == ["retire-not-confirmed"]


def test_a_foreign_namespace_is_never_deleted_and_a_skip_retires_without_it() -> None:
    kube = kube_of("b-1")
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod-b-1"}})
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop", "namespace": "prod-b-1"}}
    kube.apply(theirs)
    run = drive(retire("b-1"))
    step = Step.objects.get(run=run, kind="delete_namespace")
    assert (run.state, step.reason["code"]) == ("failed", "namespace-not-ours")
    assert kube.get("ConfigMap", "prod-b-1", "shop")
    actions.skip(build.person("release-manager"), run.pk, step.pk, WHY)
    assert drive(run).state == "succeeded"
    assert Prod.objects.get(name="b-1").lifecycle == "retired"
    assert kube.get("Namespace", "", "prod-b-1")
    kube.delete("Namespace", "", "prod-b-1")


def test_what_was_never_built_is_retired_too() -> None:
    Prod.objects.filter(name="b-1").update(namespace="prod-never-built")
    assert drive(retire("b-1")).state == "succeeded"


@pytest.mark.parametrize("kind", ["delete_objects", "delete_namespace"])
def test_a_crash_between_act_and_answer_is_made_up_for(kind: str) -> None:
    prod = built()
    run = drive(retire("b-1"), until=kind)
    (step,) = open_acts(run)
    attempt = acts.Attempt(step.pk, step.attempt, 8)
    assert acts._pick(attempt)
    act(step.kind, acts._context(step, attempt))  # and the process dies here
    step.refresh_from_db()
    assert step.state == "running"
    assert drive(run).state == "succeeded", run.reason
    assert not is_there(prod)
    step.refresh_from_db()
    assert step.attempt > 1


def test_an_answer_of_a_superseded_attempt_changes_nothing() -> None:
    built()
    run = drive(retire("b-1"), until="delete_namespace")
    (step,) = open_acts(run)
    Step.objects.filter(pk=step.pk).update(attempt=step.attempt + 1)
    acts.perform(step.pk, step.attempt)
    step.refresh_from_db()
    assert (step.state, step.picked_at) == ("running", None)


def test_waiting_for_the_namespace_counts_as_no_failure_and_tells_no_event(fleet: Fleet) -> None:
    prod = built()
    kube = kube_of("b-1")
    stays = {"name": "stays", "namespace": prod.namespace, "finalizers": ["example.com/stays"]}
    kube.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": stays})
    run = drive(retire("b-1"), until="delete_namespace")
    for _ in range(8):
        for step in open_acts(run):
            acts.perform(step.pk, step.attempt)
        Step.objects.filter(run=run, state="running").update(due_at=run.since)
        advance(run)
    step = Step.objects.get(run=run, kind="delete_namespace")
    assert (step.state, step.reason["code"]) == ("running", "namespace-going")
    assert step.attempt > 4
    assert not Event.objects.filter(step_id=step.pk, reason__code="tried-again").exists()
    Step.objects.filter(pk=step.pk).update(started_at="2025-01-01T00:00:00Z")
    assert drive(run).state == "failed"
    step.refresh_from_db()
    assert step.reason["code"] == "namespace-stuck"
    assert "example.com/stays" in str(step.reason) or "does not say" in str(step.reason)
    path = f"/api/v1/namespaces/{prod.namespace}/configmaps/stays"
    fleet.request("b", "PATCH", path, {"metadata": {"finalizers": []}}, "application/merge-patch+json")
    actions.retry(build.person("on-call"), run.pk, step.pk, WHY)
    assert drive(run).state == "succeeded"


def test_before_anything_is_deleted_it_can_be_taken_back() -> None:
    built()
    run = drive(retire("b-1"), until="delete_objects")
    Step.objects.filter(run=run, kind="delete_objects").update(state="waiting", attempt=0)
    back = actions.roll_back(build.person("on-call"), run.pk, WHY)
    assert drive(back).state == "succeeded", back.reason
    assert Prod.objects.get(name="b-1").lifecycle == "in-service"


def test_once_deleting_has_begun_it_cannot_and_the_refusal_says_why() -> None:
    run = drive(retire("b-1"), until="delete_objects")
    with pytest.raises(Refused) as refused:
        actions.roll_back(build.person("on-call"), run.pk, WHY)
    assert codes(refused) == ["retire-not-rolled-back"]


def test_who_lost_the_right_deletes_nothing_more() -> None:
    prod = built()
    run = drive(retire("b-1"), until="delete_objects")
    build.person("admin").__class__.objects.filter(username="admin").update(role="viewer")
    drive(run)
    assert (run.state, run.reason["params"]["why"]) == ("failed", "author-may-not")
    assert kube_of("b-1").get("Deployment", prod.namespace, "api")


def test_the_name_and_the_namespace_of_a_retired_prod_stay_with_its_history() -> None:
    drive(retire("b-1"))
    with pytest.raises(Refused) as refused:
        build.prod("b-1", "b")
    assert codes(refused) == ["prod-retired"]
    with pytest.raises(Refused) as refused:
        build.prod("b-9", "b", namespace="prod-b-1")
    assert codes(refused) == ["namespace-taken"]
    with pytest.raises(Refused) as refused:
        preview_retire("b-1")
    assert codes(refused) == ["prod-is-retired"]
