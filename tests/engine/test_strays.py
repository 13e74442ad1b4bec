"""What a superseded attempt creates late is removed; anything else is left alone."""

from collections.abc import Iterator
from typing import Any

import pytest

from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import Kube, NotFound
from clusters.models import Prod, Version
from releases import actions
from releases.engine.strays import remove_stray
from releases.models import Step
from releases.preview import preview_release
from releases.steps.set_version import EPOCH
from simulator.testing import Fleet, start_fleet
from tests import build
from tests.engine.driver import finish

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Any]]:
    with start_fleet(["a", "b", "c"], pod_start=(0.02, 0.05)) as fleet:
        yield _reached(fleet)


def _reached(fleet: Fleet) -> dict[str, Any]:
    return {name: {"server": access.server, "token": access.token} for name, access in fleet.clusters.items()}


@pytest.fixture
def prod(servers: dict[str, Any]) -> Prod:
    """c-2, on v1.1.0 by a release that is done."""
    build.fleet(servers=servers)
    preview = preview_release("shop", "v1.1.0", {"soak_s": 0}, [])
    run = actions.start_release(
        build.person("release-manager"), "shop", "v1.1.0", {"soak_s": 0}, [], preview.plan.digest
    )
    finish(run)
    assert run.state == "succeeded"
    return Prod.objects.select_related("cluster").get(name="c-2")


def late(prod: Prod, epoch: str) -> Kube:
    """The cluster, where a Deployment `zeta` with this mark has appeared."""
    kube = connect_cluster(prod.cluster)
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": prod.namespace}})
    labels = {"app": "zeta"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "zeta", "image": "registry.example/zeta:v9"}]},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": "zeta", "namespace": prod.namespace, "annotations": {EPOCH: epoch} if epoch else {}}
    kube.apply(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}, force=True
    )
    return kube


def is_there(kube: Kube, prod: Prod) -> bool:
    try:
        kube.get("Deployment", prod.namespace, "zeta")
    except NotFound:
        return False
    return True


def test_what_an_older_step_created_late_is_removed(prod: Prod) -> None:
    kube = late(prod, "1.0.1")
    assert remove_stray(prod.pk, "Deployment", "zeta")
    assert not is_there(kube, prod)
    assert not remove_stray(prod.pk, "Deployment", "zeta")


@pytest.mark.parametrize("epoch", ["", "somebody's", "1.999999999.1"])
def test_what_is_not_ours_or_not_older_is_left(prod: Prod, epoch: str) -> None:
    kube = late(prod, epoch)
    assert not remove_stray(prod.pk, "Deployment", "zeta")
    assert is_there(kube, prod)


def test_nothing_is_removed_before_the_version_asked_for_was_applied(prod: Prod) -> None:
    """The objects of the Version before may be the ones that serve."""
    kube = late(prod, "1.0.1")
    steps = Step.objects.filter(prod=prod, kind="set_version")
    steps.update(state="errored")
    assert not remove_stray(prod.pk, "Deployment", "zeta")
    steps.update(state="succeeded")
    Prod.objects.filter(pk=prod.pk).update(version=Version.objects.get(name="v1.2.0"))
    assert not remove_stray(prod.pk, "Deployment", "zeta")
    assert is_there(kube, prod)
