"""Disruption budgets, evictions, autoscalers."""

from typing import Any

import pytest

from tests.simulator.space import Space, condition_of, deployment, until


def budget(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "api"},
            "spec": {"selector": {"matchLabels": {"app": "api"}}, **spec}}  # fmt: skip


def autoscaler(least: int = 1, most: int = 5, percent: int = 80, kind: str = "Deployment") -> dict[str, Any]:
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {
        "type": "Utilization", "averageUtilization": percent}}}  # fmt: skip
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "api"},
            "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": "api"},
                     "minReplicas": least, "maxReplicas": most, "metrics": [metric]}}  # fmt: skip


def numbers(space: Space) -> tuple[int, int, int, int]:
    """(expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed)."""
    status = space.get("poddisruptionbudgets", "api")["status"]
    return tuple(
        status[key] for key in ("expectedPods", "currentHealthy", "desiredHealthy", "disruptionsAllowed")
    )  # type: ignore[return-value]


def evict(space: Space, pod: str) -> tuple[int, Any]:
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": space.name}}
    return space.ask("POST", "pods", pod, body, sub="eviction")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"minAvailable": 2}, (3, 3, 2, 1)),
        ({"minAvailable": "50%"}, (3, 3, 2, 1)),
        ({"maxUnavailable": 1}, (3, 3, 2, 1)),
        ({"maxUnavailable": "34%"}, (3, 3, 1, 2)),
        ({"minAvailable": 3}, (3, 3, 3, 0)),
    ],
    ids=str,
)
def test_a_budget_counts(space: Space, spec: dict[str, Any], expected: tuple[int, ...]) -> None:
    space.create("deployments", deployment())
    space.create("poddisruptionbudgets", budget(**spec))
    until(space.rolled_out, "rolled out")
    until(lambda: numbers(space) == expected, f"counts {expected}")
    found = space.get("poddisruptionbudgets", "api")
    assert found["status"]["observedGeneration"] == found["metadata"]["generation"] == 1
    word = "SufficientPods" if expected[3] else "InsufficientPods"
    assert condition_of(found, "DisruptionAllowed")["reason"] == word


def test_only_one_bound_may_be_given(space: Space) -> None:
    body = budget(minAvailable=1, maxUnavailable=1)
    assert space.ask("POST", "poddisruptionbudgets", body=body)[0] == 422


def test_an_eviction_beyond_the_budget_is_429_until_pods_are_back(space: Space) -> None:
    space.create("deployments", deployment())
    space.create("poddisruptionbudgets", budget(minAvailable=2))
    until(lambda: numbers(space)[3] == 1, "one may go")
    first, second, _ = [pod["metadata"]["name"] for pod in space.list("pods")]
    assert evict(space, first)[0] == 201
    status, answer = evict(space, second)
    assert (status, answer["message"]) == (
        429,
        "Cannot evict pod as it would violate the pod's disruption budget.",
    )
    assert answer["details"]["causes"][0]["reason"] == "DisruptionBudget"
    until(lambda: space.ask("GET", "pods", first)[0] == 404, "evicted")
    until(lambda: numbers(space)[3] == 1, "replaced")
    assert evict(space, second)[0] == 201


def test_an_eviction_without_a_budget_is_a_deletion(space: Space) -> None:
    space.create("deployments", deployment(replicas=1))
    until(space.rolled_out, "rolled out")
    name = space.list("pods")[0]["metadata"]["name"]
    assert evict(space, name)[0] == 201
    until(lambda: space.ask("GET", "pods", name)[0] == 404, "gone")
    assert evict(space, "nope")[0] == 404


def test_a_dry_run_of_an_eviction_spends_nothing(space: Space) -> None:
    space.create("deployments", deployment())
    space.create("poddisruptionbudgets", budget(minAvailable=2))
    until(lambda: numbers(space)[3] == 1, "one may go")
    name = space.list("pods")[0]["metadata"]["name"]
    assert (
        space.ask("POST", "pods", name, {"metadata": {"name": name}}, sub="eviction", query="dryRun=All")[0]
        == 201
    )
    assert numbers(space)[3] == 1
    assert "deletionTimestamp" not in space.get("pods", name)["metadata"]


def test_an_autoscaler_follows_the_load(space: Space) -> None:
    space.create("deployments", deployment(replicas=2))
    space.create("horizontalpodautoscalers", autoscaler())
    space.fleet.load("a", space.name, "api", 320)
    until(lambda: space.get("deployments", "api")["spec"]["replicas"] == 4, "scaled up")
    until(
        lambda: space.get("horizontalpodautoscalers", "api")["status"]["currentReplicas"] == 4,
        "status follows",
    )
    found = space.get("horizontalpodautoscalers", "api")
    assert found["status"]["currentMetrics"][0]["resource"]["current"]["averageUtilization"] == 80
    space.fleet.load("a", space.name, "api", 10)
    until(lambda: space.get("deployments", "api")["spec"]["replicas"] == 1, "scaled down")


def test_an_autoscaler_without_a_load_keeps_to_its_bounds(space: Space) -> None:
    space.create("deployments", deployment(replicas=1))
    space.create("horizontalpodautoscalers", autoscaler(least=2))
    until(lambda: space.get("deployments", "api")["spec"]["replicas"] == 2, "at least two")
    space.patch("deployments", "api", {"spec": {"replicas": 9}})
    until(lambda: space.get("deployments", "api")["spec"]["replicas"] == 5, "at most five")


def test_who_applies_replicas_against_an_autoscaler_is_in_conflict(space: Space) -> None:
    space.apply("deployments", deployment(replicas=1))
    space.create("horizontalpodautoscalers", autoscaler(least=2))
    until(lambda: space.get("deployments", "api")["spec"]["replicas"] == 2, "scaled")
    status, answer = space.apply("deployments", deployment(replicas=1))
    assert status == 409
    assert '"kube-controller-manager" with subresource "scale"' in answer["message"]
    assert ".spec.replicas" in answer["message"]


def test_an_autoscaler_without_its_target_says_so(space: Space) -> None:
    space.create("horizontalpodautoscalers", autoscaler())
    until(
        lambda: (
            condition_of(space.get("horizontalpodautoscalers", "api"), "AbleToScale")["status"] == "False"
        ),
        "said",
    )


@pytest.mark.parametrize("bounds", [(1, 0), (3, 2)])
def test_bounds_that_make_no_sense_are_refused(space: Space, bounds: tuple[int, int]) -> None:
    assert space.ask("POST", "horizontalpodautoscalers", body=autoscaler(*bounds))[0] == 422
