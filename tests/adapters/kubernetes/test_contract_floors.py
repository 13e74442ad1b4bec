"""The floor of an autoscaler as a rollback raises and lowers it: pods come, and nothing of it stays."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from clusters.core.autoscaling import AUTOSCALER
from clusters.core.render import ProdTarget, Rendered, render
from clusters.kube.client import Client
from clusters.reconcile.look import read_differences
from releases.core.answers import Succeeded
from releases.steps import scale_back, scale_up, set_version
from releases.steps.context import StepContext
from tests.adapters.kubernetes.watched import Site
from tests.core.clusters.shop import deployment

IMAGES = {"api": "registry.example/shop/api:v1"}
SYNC_S = 60.0  # an autoscaler of a real control plane looks every 15 s
COLD = {"load": 0, "coming": 500, "capacity": 1000}


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    with closing(site.client()) as client:
        yield client


def shop(name: str, bounds: dict[str, int]) -> tuple[Rendered, ...]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    autoscaler: dict[str, Any] = {
        "apiVersion": "autoscaling/v2",
        "kind": AUTOSCALER,
        "metadata": {"name": "api"},
        "spec": {"scaleTargetRef": target, "maxReplicas": 10, **bounds},
    }
    return render([deployment("api"), autoscaler], IMAGES, ProdTarget(name, f"prod-{name}", "v1"))


@pytest.mark.parametrize("bounds", [{"minReplicas": 2}, {}], ids=["it says", "it does not say"])
def test_a_raised_floor_brings_pods_and_leaves_nothing_behind(
    site: Site, client: Client, bounds: dict[str, int]
) -> None:
    name = site.prod
    context = StepContext(
        name, f"prod-{name}", "1.1.1", client, shop(name, bounds), (), False, False, lambda *_: None, COLD
    )
    assert isinstance(set_version.act(context).answer, Succeeded)
    before = client.get(AUTOSCALER, context.namespace, "api")["spec"]
    ours = replace(context, rendered=tuple(one for one in context.rendered if one.kind == AUTOSCALER))

    assert isinstance(scale_up.act(replace(ours, token="7.1.1")).answer, Succeeded)
    assert client.get(AUTOSCALER, context.namespace, "api")["spec"] == before | {"minReplicas": 5}
    assert drift(context, raised=True) == []
    assert drift(context, raised=False) == [("changed", "minReplicas")]
    deadline = time.monotonic() + SYNC_S
    while client.get("Deployment", context.namespace, "api")["spec"]["replicas"] != 5:
        assert time.monotonic() < deadline
        time.sleep(0.1)

    assert isinstance(scale_back.act(replace(ours, token="7.2.1")).answer, Succeeded)
    assert client.get(AUTOSCALER, context.namespace, "api")["spec"] == before
    assert drift(context, raised=False) == []


def drift(context: StepContext, *, raised: bool) -> list[tuple[str, str]]:
    found = read_differences(context.kube, context.prod, context.namespace, context.rendered, raised=raised)
    return [(one.what.value, one.path.rpartition(".")[2]) for one in found]
