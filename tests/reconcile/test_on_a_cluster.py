"""Against a simulated cluster: who edits by hand is named, a heal puts it right."""

from collections.abc import Iterator
from typing import Any

import pytest

from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import Kube
from clusters.models import Drift, Prod, Version
from clusters.reconcile import compare_prod
from releases import actions
from releases.engine import acts
from releases.heal_preview import preview_heal
from releases.models import Step
from releases.prod_previews import preview_change
from simulator.testing import Fleet, start_fleet
from tests import build
from tests.engine.driver import advance
from tests.engine.real import drive

pytestmark = pytest.mark.django_db

STRATEGIC, MERGE = "application/strategic-merge-patch+json", "application/merge-patch+json"
API = "/apis/apps/v1/namespaces/prod-c-2/deployments/api"
CONFIG = "/api/v1/namespaces/prod-c-2/configmaps"


@pytest.fixture(scope="module")
def simulated() -> Iterator[Fleet]:
    with start_fleet(["a", "b", "c"], pod_start=(0.02, 0.05)) as fleet:
        yield fleet


@pytest.fixture
def prod(simulated: Fleet) -> Iterator[Prod]:
    """c-2, whose objects a build has applied to its Cluster."""
    servers = {name: {"server": one.server, "token": one.token} for name, one in simulated.clusters.items()}
    build.fleet(servers=servers)
    row = Prod.objects.select_related("cluster").get(name="c-2")
    perform(actions.start_build(None, [row], Version.objects.get(name="v1.0.0")))
    yield row
    simulated.request("c", "DELETE", "/api/v1/namespaces/prod-c-2")
    gone(simulated)


def gone(simulated: Fleet) -> None:
    import time

    until = time.monotonic() + 20
    while simulated.request("c", "GET", "/api/v1/namespaces/prod-c-2")[0] != 404:
        assert time.monotonic() < until
        time.sleep(0.05)


def perform(run: Any) -> Step:
    """Carry out the act of `run`; its step afterwards."""
    build.fresh()
    advance(run)
    step = Step.objects.get(run=run, kind="set_version")
    acts.perform(step.pk, step.attempt)
    step.refresh_from_db()
    if step.state == "succeeded":
        Step.objects.filter(run=run, kind="wait_ready").update(state="succeeded")
        advance(run)
    return step


def edit(fleet: Fleet, path: str, patch: Any, manager: str = "kubectl-edit", kind: str = STRATEGIC) -> None:
    status, answer = fleet.request("c", "PATCH", f"{path}?fieldManager={manager}", patch, kind)
    assert status == 200, answer


def container(**fields: Any) -> Any:
    return {"spec": {"template": {"spec": {"containers": [{"name": "api", **fields}]}}}}


def compared(prod: Prod) -> list[tuple[str, str, str]]:
    """(what, path, manager) of what a comparison finds."""
    build.fresh()
    assert compare_prod(prod.pk)
    drift = Drift.objects.get(prod=prod)
    assert drift.state != "unknown", drift.reason
    return [(one["what"], one["path"], one["manager"]) for one in drift.differences]


def heal(prod: Prod, *, take_over: bool = False) -> Step:
    build.fresh()
    digest = preview_heal(prod.name, take_over=take_over).plan.digest
    person = build.person("release-manager")
    return perform(actions.heal_prod(person, prod.name, digest, take_over=take_over))


def test_what_was_applied_is_in_sync_with_all_that_the_server_adds(prod: Prod) -> None:
    assert compared(prod) == []


EDITS = {
    "an image": (API, container(image="registry.example/shop/api:hot"), "containers[api].image"),
    "replicas": (API, {"spec": {"replicas": 1}}, "spec.replicas"),
    "a label of ours": (API, {"metadata": {"labels": {"drover.dev/version": "x"}}}, "metadata.labels[drover.dev/version]"),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_named_and_healed_only_by_taking_over(prod: Prod, simulated: Fleet, name: str) -> None:
    path, patch, field = EDITS[name]
    edit(simulated, path, patch)
    assert compared(prod) == [("changed", field, "kubectl-edit")]
    failed = heal(prod)
    assert (failed.state, "kubectl-edit" in str(failed.reason)) == ("failed", True)
    advance(failed.run)
    actions.abort(build.person("on-call"), failed.run_id, "take it over instead")
    advance(failed.run)
    assert compared(prod) == [("changed", field, "kubectl-edit")]
    assert heal(prod, take_over=True).state == "succeeded"
    assert compared(prod) == []


def test_what_was_deleted_or_removed_is_healed_without_taking_over(prod: Prod, simulated: Fleet) -> None:
    simulated.request("c", "DELETE", "/api/v1/namespaces/prod-c-2/services/api")
    edit(simulated, API, {"metadata": {"labels": {"drover.dev/version": None}}}, kind=MERGE)
    assert compared(prod) == [
        ("missing", "", ""),
        ("changed", "metadata.labels[drover.dev/version]", ""),
    ]
    assert heal(prod).state == "succeeded"
    assert compared(prod) == []


def test_a_surplus_object_of_ours_is_removed(prod: Prod, simulated: Fleet) -> None:
    kube: Kube = connect_cluster(prod.cluster)
    metadata = {"name": "older", "namespace": prod.namespace, "labels": {"drover.dev/prod": prod.name}}
    kube.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}})
    assert compared(prod) == [("surplus", "", "drover")]
    assert heal(prod).state == "succeeded"
    assert simulated.request("c", "GET", f"{CONFIG}/older")[0] == 404
    assert compared(prod) == []


ADDITIONS = {
    "an environment variable": (
        container(env=[{"name": "DEBUG", "value": "1"}]),
        "containers[api].env[DEBUG]",
    ),
    "a container": (
        {"spec": {"template": {"spec": {"containers": [{"name": "shell", "image": "busybox"}]}}}},
        "containers[shell]",
    ),
    "an annotation": ({"metadata": {"annotations": {"team": "red"}}}, "metadata.annotations.team"),
    "a restart": (
        {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}},
        "spec.template.metadata.annotations[kubectl.kubernetes.io/restartedAt]",
    ),
}


@pytest.mark.parametrize("name", ADDITIONS)
def test_what_others_add_is_told_and_removed_by_taking_over(prod: Prod, simulated: Fleet, name: str) -> None:
    patch, field = ADDITIONS[name]
    edit(simulated, API, patch)
    assert compared(prod) == [("added", field, "kubectl-edit")]
    assert heal(prod, take_over=True).state == "succeeded"
    assert compared(prod) == []


def test_what_others_add_stays_in_a_heal_that_takes_nothing_over(prod: Prod, simulated: Fleet) -> None:
    patch, field = ADDITIONS["a container"]
    edit(simulated, API, patch)
    simulated.request("c", "DELETE", "/api/v1/namespaces/prod-c-2/services/api")
    assert len(compared(prod)) == 2
    assert heal(prod).state == "succeeded"
    assert compared(prod) == [("added", field, "kubectl-edit")]


def test_a_cluster_that_refuses_to_answer_is_unknown(prod: Prod, simulated: Fleet) -> None:
    assert compared(prod) == []
    fault = simulated.fault("refuse", cluster="c")
    try:
        build.fresh()
        assert compare_prod(prod.pk) == "unknown"
    finally:
        simulated.clear_faults(fault)


def test_a_cluster_that_is_back_with_old_state_has_drifted_and_is_healed(
    prod: Prod, simulated: Fleet
) -> None:
    backup = simulated.backup("c")
    overrides = {"replicas": {"api": 4}}
    digest = preview_change(prod.name, overrides, 0).plan.digest
    manager = build.person("release-manager")
    assert drive(actions.start_change(manager, prod.name, overrides, digest, soak_s=0)).state == "succeeded"
    assert compared(prod) == []
    simulated.restore("c", backup)
    assert ("changed", "spec.replicas", "drover") in compared(prod)
    assert heal(prod).state == "succeeded"
    assert compared(prod) == []


def test_what_a_restored_cluster_has_lost_is_missing_and_made_anew(prod: Prod, simulated: Fleet) -> None:
    assert simulated.request("c", "DELETE", API)[0] == 200
    assert ("missing", "", "") in compared(prod)
    backup = simulated.backup("c")
    assert heal(prod).state == "succeeded"
    assert compared(prod) == []
    simulated.restore("c", backup)
    assert ("missing", "", "") in compared(prod)
    assert heal(prod).state == "succeeded"
    assert compared(prod) == []


def test_a_heal_that_reads_the_past_overwrites_nothing(prod: Prod, simulated: Fleet) -> None:
    edit(simulated, API, {"spec": {"replicas": 1}})
    assert compared(prod) == [("changed", "spec.replicas", "kubectl-edit")]
    fault = simulated.fault("past", cluster="c")
    edit(simulated, API, {"metadata": {"annotations": {"note": "made meanwhile"}}}, kind=MERGE)
    assert heal(prod, take_over=True).state == "running", "a conflict: it looks again later"
    assert simulated.request("c", "GET", API)[1]["spec"]["replicas"] == 1
    simulated.clear_faults(fault)
    assert simulated.request("c", "GET", API)[1]["spec"]["replicas"] == 1
