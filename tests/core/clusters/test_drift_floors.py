"""Drift of how many pods an autoscaler keeps at least: what a Run has raised is none while it lasts."""

from copy import deepcopy
from typing import Any

import pytest

from clusters.core.drift import differences
from clusters.core.manifests import Manifest
from clusters.core.render import ProdTarget, Rendered, render
from tests.core.clusters.drifted import live, own
from tests.core.clusters.shop import IMAGES, manifests

FLOOR = {"f:spec": {"f:minReplicas": {}}}


def with_autoscaler(**bounds: int) -> tuple[Rendered, ...]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    spec = {"scaleTargetRef": target, "maxReplicas": 9, **bounds}
    hpa = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "api"}}
    return render([*manifests(), hpa | {"spec": spec}], IMAGES, ProdTarget("a-1", "prod-a-1", "v1"))


def found(
    wanted: dict[str, int], there: dict[str, Any], manager: str, *, raised: bool
) -> list[tuple[str, str, str]]:
    """(what, desired, live) where the Cluster has `there` in the spec, last written by `manager` ("": nobody)."""
    rendered = with_autoscaler(**wanted)
    objects: dict[str, Manifest] = deepcopy(live(rendered))
    hpa = objects["HorizontalPodAutoscaler/api"]
    hpa["spec"].update(there)
    if manager:
        own(hpa, manager, FLOOR)
    told = differences(rendered, objects.values(), raised=raised)
    assert all(one.path in ("minReplicas", "spec.minReplicas", "spec.maxReplicas") for one in told)
    return [(one.what.value, one.desired, one.live) for one in told]


@pytest.mark.parametrize(
    ("there", "raised", "told"),
    [
        pytest.param({"minReplicas": 6}, False, [("changed", "2", "6")], id="more, and no Run"),
        pytest.param({"minReplicas": 6}, True, [], id="more, by a Run"),
        pytest.param({"minReplicas": 2}, True, [], id="as the Blueprint says"),
        pytest.param({"minReplicas": 1}, True, [("changed", "2", "1")], id="fewer, whatever runs"),
        pytest.param({"maxReplicas": 20}, True, [("changed", "9", "20")], id="another field, whatever runs"),
    ],
)
def test_what_a_run_has_raised_is_no_drift_while_it_lasts(
    there: dict[str, int], raised: bool, told: list[tuple[str, str, str]]
) -> None:
    assert found({"minReplicas": 2}, there, "drover", raised=raised) == told


@pytest.mark.parametrize(
    ("there", "manager", "raised", "told"),
    [
        pytest.param({"minReplicas": 6}, "drover", False, [("changed", "1", "6")], id="ours, left behind"),
        pytest.param({"minReplicas": 6}, "drover", True, [], id="ours, by a Run"),
        pytest.param({"minReplicas": 1}, "", False, [], id="what Kubernetes fills in"),
        pytest.param({"minReplicas": 6}, "kubectl", False, [("added", "", "6")], id="somebody else's"),
    ],
)
def test_where_the_blueprint_says_nothing_what_we_left_behind_is_drift(
    there: dict[str, int], manager: str, raised: bool, told: list[tuple[str, str, str]]
) -> None:
    assert found({}, there, manager, raised=raised) == told
