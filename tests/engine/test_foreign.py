"""What belongs to somebody else: never adopted, and taken over only when a person says so."""

from collections.abc import Iterator
from typing import Any

import pytest

from clusters.core.prod_yaml import parse_prods
from clusters.models import Cluster, Prod
from clusters.namespaces import namespace_reason
from journal.models import Event
from releases import actions
from releases.models import Run, Step
from releases.prod_previews import preview_change
from simulator.testing import Fleet
from tests import build
from tests.engine.real import clusters, drive, kube_of

pytestmark = pytest.mark.django_db

C_3 = (build.DEMO / "prod.yaml").read_text()
WHY = "the test wants it"


@pytest.fixture(scope="module")
def simulated() -> Iterator[Any]:
    with clusters("a", "b", "c") as started:
        yield started


@pytest.fixture(autouse=True)
def fleet(db: None, simulated: Any) -> Fleet:
    build.fleet(servers=simulated[1])
    return simulated[0]


def change(overrides: dict[str, Any]) -> Run:
    digest = preview_change("b-1", overrides).plan.digest
    run = actions.start_change(build.person("release-manager"), "b-1", overrides, digest)
    Step.objects.filter(run=run, kind="soak").update(params={"soak_s": 0})
    return drive(run)


def foreign(prod: str, namespace: str) -> None:
    labels = {"owner": "somebody"}
    metadata = {"name": namespace, "labels": labels}
    kube_of(prod).apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})


def test_a_build_into_a_foreign_namespace_is_told_before_and_refused() -> None:
    foreign("c-1", "prod-c-3")
    reason = namespace_reason(Cluster.objects.get(name="c"), "prod-c-3", "c-3")
    assert reason and reason.code == "namespace-foreign"
    (run,) = actions.apply_specs(build.person("admin"), parse_prods(C_3))[1]
    drive(run)
    step = Step.objects.get(run=run, kind="set_version")
    assert (run.state, step.reason["code"]) == ("failed", "object-not-ours")
    assert Prod.objects.get(name="c-3").lifecycle == "building"
    assert kube_of("c-1").list("Deployment", "prod-c-3") == []


def test_a_change_in_a_foreign_namespace_is_told_before_and_refused() -> None:
    Prod.objects.filter(name="b-1").update(namespace="theirs")
    foreign("b-1", "theirs")
    reason = namespace_reason(Cluster.objects.get(name="b"), "theirs", "b-1")
    assert reason and reason.code == "namespace-foreign"
    run = change({"replicas": {"api": 5}})
    assert (run.state, run.reason["params"]["why"]) == ("failed", "object-not-ours")
    assert kube_of("b-1").list("Deployment", "theirs") == []
    assert Prod.objects.get(name="b-1").settled_overrides_revision == 1


def test_a_namespace_that_is_free_or_ours_is_no_reason() -> None:
    cluster = Cluster.objects.get(name="b")
    assert namespace_reason(cluster, "prod-nobody", "b-1") is None
    assert change({"labels": {"ring": "late"}}).state == "succeeded"
    assert namespace_reason(cluster, "prod-b-1", "b-1") is None


def test_a_silent_cluster_is_not_known_rather_than_free(fleet: Fleet) -> None:
    fault = fleet.fault("refuse", cluster="b")
    try:
        reason = namespace_reason(Cluster.objects.get(name="b"), "prod-b-1", "b-1")
    finally:
        fleet.clear_faults(fault)
    assert reason and reason.code == "namespace-not-looked-at"


def test_fields_of_another_manager_are_named_and_taken_over_on_request_only(fleet: Fleet) -> None:
    assert change({"labels": {"ring": "early"}}).state == "succeeded"
    path = "/apis/apps/v1/namespaces/prod-b-1/deployments/api?fieldManager=autoscaler"
    theirs = {"spec": {"replicas": 9}}
    assert fleet.request("b", "PATCH", path, theirs, "application/merge-patch+json")[0] == 200
    run = change({"replicas": {"api": 5}, "labels": {"ring": "early"}})
    step = Step.objects.get(run=run, kind="set_version")
    told = step.reason["params"]
    assert (run.state, step.reason["code"]) == ("failed", "object-contested")
    assert (told["kind"], told["name"], told["managers"]) == ("Deployment", "api", "autoscaler")
    assert "spec.replicas" in told["fields"]
    actions.retry(build.person("on-call"), run.pk, step.pk)
    assert drive(run).state == "failed"
    assert replicas() == 9
    actions.retry(build.person("release-manager"), run.pk, step.pk, WHY, take_over=True)
    assert drive(run).state == "succeeded", run.reason
    assert replicas() == 5
    said = Event.objects.get(run_id=run.pk, reason__code="take-over-by-person", kind="step.set_version")
    assert (said.actor.username, said.reason["params"]["managers"]) == ("release-manager", "autoscaler")


def replicas() -> int:
    found: int = kube_of("b-1").get("Deployment", "prod-b-1", "api")["spec"]["replicas"]
    return found
