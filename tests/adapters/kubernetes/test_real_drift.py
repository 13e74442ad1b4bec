"""Other hands on a real control plane: their edits are found, named, and healed or left, as was asked."""

from collections.abc import Iterator
from typing import Any

import pytest

from clusters.models import Cluster, Prod
from journal.models import Event
from releases import actions
from releases.models import Run
from releases.prod_previews import preview_change
from tests import build
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.control_plane import ControlPlane
from tests.adapters.kubernetes.story import (
    ONE_EACH,
    WHY,
    built,
    carry_out,
    drift_of,
    images,
    kube_of,
    one_tick,
    registered,
    step_of,
    watched,
)
from tests.adapters.kubernetes.watched import eventually

pytestmark = pytest.mark.django_db(transaction=True)

STRATEGIC = "application/strategic-merge-patch+json"
HOT = {
    "spec": {
        "template": {"spec": {"containers": [{"name": "api", "image": "registry.example/shop/api:hot"}]}}
    }
}


@pytest.fixture
def cluster(control_plane: ControlPlane, transactional_db: None) -> Iterator[Cluster]:
    cluster = registered("real", control_plane.credentials)
    build.shop(build.person("admin"))
    with watched(cluster):
        yield cluster


def edit(control_plane: ControlPlane, prod: Prod, patch: Any, manager: str) -> None:
    """Somebody else's change of the Deployment `api`."""
    path = f"/apis/apps/v1/namespaces/{prod.namespace}/deployments/api?fieldManager={manager}"
    Api(control_plane.credentials).ask("PATCH", path, patch, STRATEGIC)


def found_after_a_tick(prod: Prod) -> list[tuple[str, str, str]] | None:
    one_tick()
    return drift_of(prod)


def test_what_was_built_is_in_sync_with_all_that_the_server_adds(cluster: Cluster) -> None:
    prod = built("drift-none", cluster.name)
    eventually(lambda: found_after_a_tick(prod) == [])


def test_an_edit_by_hand_is_healed_without_a_person_where_that_is_on(
    control_plane: ControlPlane, cluster: Cluster
) -> None:
    prod = built("drift-healed", cluster.name)
    eventually(lambda: found_after_a_tick(prod) == [])
    actions.set_self_heal(build.person("release-manager"), prod.name, True, WHY)
    edit(control_plane, prod, HOT, "kubectl-edit")
    expected = [("changed", "containers[api].image", "kubectl-edit")]
    eventually(lambda: found_after_a_tick(prod) == expected)
    eventually(lambda: one_tick() or Run.objects.filter(kind="heal").exists())
    run = carry_out(Run.objects.get(kind="heal"))
    assert (run.state, run.author) == ("succeeded", None), run.reason
    assert images(prod)["api"] == {"v1.0.0"}
    eventually(lambda: found_after_a_tick(prod) == [])
    assert Run.objects.filter(kind="heal").count() == 1


def test_an_edit_by_hand_is_only_told_where_nobody_asked_to_heal(
    control_plane: ControlPlane, cluster: Cluster
) -> None:
    prod = built("drift-told", cluster.name)
    eventually(lambda: found_after_a_tick(prod) == [])
    edit(control_plane, prod, HOT, "kubectl-edit")
    expected = [("changed", "containers[api].image", "kubectl-edit")]
    eventually(lambda: found_after_a_tick(prod) == expected)
    eventually(lambda: images(prod)["api"] == {"hot"})
    one_tick()
    assert not Run.objects.filter(kind="heal").exists()


def test_a_contested_field_is_named_and_taken_over_on_request_only(
    control_plane: ControlPlane, cluster: Cluster
) -> None:
    prod = built("drift-contested", cluster.name)
    scale = f"/apis/apps/v1/namespaces/{prod.namespace}/deployments/api/scale?fieldManager=autoscaler"
    Api(control_plane.credentials).merge(scale, {"spec": {"replicas": 3}})  # as an autoscaler does
    overrides = {"replicas": ONE_EACH["replicas"] | {"api": 2}}
    digest = preview_change(prod.name, overrides, 0).plan.digest
    run = actions.start_change(build.person("release-manager"), prod.name, overrides, digest, soak_s=0)
    carry_out(run)
    step = step_of(run, "set_version")
    told = step.reason["params"]
    assert (run.state, step.reason["code"]) == ("failed", "object-contested")
    assert (told["kind"], told["name"], told["managers"]) == ("Deployment", "api", "autoscaler")
    assert "spec.replicas" in told["fields"]
    actions.retry(build.person("on-call"), run.pk, step.pk)
    assert carry_out(run).state == "failed"
    assert replicas(prod) == 3
    actions.retry(build.person("release-manager"), run.pk, step.pk, WHY, take_over=True)
    assert carry_out(run).state == "succeeded", run.reason
    assert replicas(prod) == 2
    said = Event.objects.get(run_id=run.pk, reason__code="take-over-by-person", kind="step.set_version")
    assert (said.actor.username, said.reason["params"]["managers"]) == ("release-manager", "autoscaler")


def replicas(prod: Prod) -> int:
    found: int = kube_of(prod).get("Deployment", prod.namespace, "api")["spec"]["replicas"]
    return found
