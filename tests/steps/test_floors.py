"""scale_up and scale_back on a simulated cluster: pods come at once, and the Blueprint's number comes back exactly."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest
from clusters.core.render import ProdTarget, render
from clusters.kube.connect import connect
from clusters.kube.protocol import Kube
from journal.core.reasons import Reason
from releases.core.answers import Failed, Succeeded, TryAgain
from releases.steps import scale_back, scale_up, set_version
from releases.steps.context import Outcome, StepContext, Superseded
from simulator.testing import Fleet, start_fleet
from tests.core.clusters.shop import deployment

IMAGES = {name: f"registry.example/shop/{name}:v1" for name in ("api", "frontend")}
HPA = "HorizontalPodAutoscaler"
TWICE = {"load": 300, "coming": 300, "capacity": 1000}
PATIENCE_S = 10


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with start_fleet(["a"], pod_start=(0.02, 0.05)) as started:
        yield started


@pytest.fixture
def kube(fleet: Fleet) -> Kube:
    access = fleet.clusters["a"]
    return connect(1, Credentials(server=access.server, token=access.token))


def autoscaler(name: str = "api", **bounds: int) -> Manifest:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    spec = {"scaleTargetRef": target, **(bounds or {"minReplicas": 2, "maxReplicas": 9})}
    return {"apiVersion": "autoscaling/v2", "kind": HPA, "metadata": {"name": name}, "spec": spec}


def rendered(context: StepContext, *autoscalers: Manifest, version: str = "v1") -> StepContext:
    names = [one["metadata"]["name"] for one in autoscalers]
    manifests = [*(deployment(name) for name in names), *autoscalers]
    done = render(manifests, IMAGES, ProdTarget(context.prod, context.namespace, version))
    return replace(context, rendered=done)


def deployed(kube: Kube, name: str, *autoscalers: Manifest) -> StepContext:
    """The Prod as a release has left it: each workload has the 3 pods that it began with, and is known to be so."""
    bare = StepContext(name, f"prod-{name}", "1.1.1", kube, (), (), False, False, lambda *_: None)
    context = rendered(bare, *autoscalers)
    assert isinstance(set_version.act(context).answer, Succeeded)
    for one in autoscalers:
        until(
            context,
            one["metadata"]["name"],
            lambda found: found.get("status", {}).get("desiredReplicas") == 3,
        )
    only = tuple(one for one in context.rendered if one.kind == HPA)
    return replace(context, rendered=only, params=TWICE)


@pytest.fixture
def context(kube: Kube, request: pytest.FixtureRequest) -> StepContext:
    return deployed(kube, f"p-{abs(hash(request.node.name)) % 10**8}", autoscaler())


def until(context: StepContext, name: str, holds: Callable[[Manifest], Any]) -> Manifest:
    deadline = time.monotonic() + PATIENCE_S
    while not holds(found := context.kube.get(HPA, context.namespace, name)):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def floor(context: StepContext, name: str = "api") -> int:
    found: int = context.kube.get(HPA, context.namespace, name)["spec"]["minReplicas"]
    return found


def up(context: StepContext, token: str = "7.1.1", **params: int) -> Outcome:
    return scale_up.act(replace(context, token=token, params=context.params | params))


def back(context: StepContext, token: str = "7.2.1") -> Outcome:
    return scale_back.act(replace(context, token=token))


def said(outcome: Outcome) -> Reason:
    assert isinstance(outcome.answer, (Succeeded, Failed, TryAgain))
    return outcome.answer.reason


def kubectl_edit(fleet: Fleet, context: StepContext, spec: Any) -> None:
    path = f"/apis/autoscaling/v2/namespaces/{context.namespace}/horizontalpodautoscalers/api?fieldManager=kubectl"
    status, answer = fleet.request("a", "PATCH", path, {"spec": spec}, "application/merge-patch+json")
    assert status == 200, answer


def test_pods_come_for_twice_the_load_and_the_rest_stays_as_applied(context: StepContext) -> None:
    before = context.kube.get(HPA, context.namespace, "api")["spec"]
    outcome = up(context)
    assert isinstance(outcome.answer, Succeeded)
    assert dict(said(outcome).params) == {"floors": "api 2 → 6"}
    found = until(context, "api", lambda hpa: hpa["status"]["desiredReplicas"] == 6)
    assert found["spec"] == before | {"minReplicas": 6}
    assert context.kube.get("Deployment", context.namespace, "api")["spec"]["replicas"] == 6


def test_the_number_of_the_blueprint_comes_back(context: StepContext) -> None:
    up(context)
    outcome = back(context)
    assert dict(said(outcome).params) == {"floors": "api 6 → 2"} and floor(context) == 2
    assert said(back(context, "7.2.2")).code == "floors-as-they-were", "already so is success"


def test_a_blueprint_that_says_nothing_of_it_says_nothing_afterwards(
    kube: Kube, request: pytest.FixtureRequest
) -> None:
    context = deployed(kube, "silent", autoscaler(maxReplicas=9))
    up(context)
    assert floor(context) == 6
    back(context)
    assert floor(context) == 1
    entries = context.kube.get(HPA, context.namespace, "api")["metadata"]["managedFields"]
    ours = [entry["fieldsV1"]["f:spec"] for entry in entries if entry["manager"] == "drover"]
    assert ours and not any("f:minReplicas" in fields for fields in ours)


def test_another_attempt_does_not_count_the_pods_that_the_first_has_brought(context: StepContext) -> None:
    up(context, capacity=600)
    until(context, "api", lambda hpa: hpa["status"]["desiredReplicas"] == 6)
    assert said(up(context, "7.1.2", capacity=600)).code == "floors-enough"
    assert floor(context) == 6


def test_a_second_rollback_counts_them_and_the_first_leaves_its_pods_to_it(context: StepContext) -> None:
    up(context)
    outcome = up(context, "8.1.1", load=600, coming=200)
    assert dict(said(outcome).params) == {"floors": "api 6 → 8"}
    assert said(back(context)).code == "floors-as-they-were" and floor(context) == 8
    back(context, "8.2.1")
    assert floor(context) == 2


def test_a_deployment_in_between_brings_it_back_and_is_left_alone(context: StepContext) -> None:
    up(context)
    set_version.act(replace(context, token="9.1.1"))
    assert floor(context) == 2
    kubectl = context.kube.get(HPA, context.namespace, "api")["metadata"]["resourceVersion"]
    back(context)
    assert context.kube.get(HPA, context.namespace, "api")["metadata"]["resourceVersion"] == kubectl


def test_what_somebody_else_has_set_is_theirs_and_named(context: StepContext, fleet: Fleet) -> None:
    kubectl_edit(fleet, context, {"minReplicas": 4})
    outcome = up(context)
    assert isinstance(outcome.answer, Failed) and "minReplicas" in str(said(outcome).params)
    assert floor(context) == 4


def test_one_that_cannot_be_raised_does_not_keep_the_other_from_it(kube: Kube, fleet: Fleet) -> None:
    context = deployed(kube, "both", autoscaler("api"), autoscaler("frontend"))
    kubectl_edit(fleet, context, {"minReplicas": 4})
    assert isinstance(up(context).answer, Failed)
    assert (floor(context), floor(context, "frontend")) == (4, 6)


def test_one_that_is_gone_or_not_ours_is_named(context: StepContext, fleet: Fleet) -> None:
    stranger = replace(context, prod="somebody-else")
    assert said(up(stranger)).code == "object-not-ours" and floor(context) == 2
    context.kube.delete(HPA, context.namespace, "api")
    assert isinstance(up(context).answer, Failed)
    assert said(back(context)).code == "object-missing"


def test_a_prod_that_is_being_changed_is_left_to_who_changes_it(context: StepContext) -> None:
    newer = rendered(context, autoscaler(), version="v2").rendered
    outcome = up(replace(context, rendered=tuple(one for one in newer if one.kind == HPA)))
    assert said(outcome).code == "autoscaler-changing" and floor(context) == 2


def test_a_superseded_attempt_writes_nothing(context: StepContext) -> None:
    calls = iter([None])

    def renew(*_: int) -> None:
        if next(calls, "lost"):
            raise Superseded

    with pytest.raises(Superseded):
        up(replace(context, renew=renew))
    assert floor(context) == 2


def test_a_late_write_of_an_older_attempt_meets_another_version(context: StepContext) -> None:
    """It looks and has its lease; then all is over; then it writes."""
    calls = iter(["look", "write"])

    def renew(*_: int) -> None:
        match next(calls, ""):
            case "write":
                up(context, "7.1.2")
                back(context)
            case "":
                raise Superseded

    with pytest.raises(Superseded):
        up(replace(context, renew=renew))
    assert floor(context) == 2


def test_a_cluster_that_does_not_answer_is_asked_again(context: StepContext) -> None:
    away = connect(2, Credentials(server="http://127.0.0.1:9", token="none"))
    assert isinstance(up(replace(context, kube=away)).answer, TryAgain)
    assert isinstance(back(replace(context, kube=away)).answer, TryAgain)
