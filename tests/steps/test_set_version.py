"""set_version against a real API: applied, fenced, refused by name, repeatable."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml

from clusters.core.blueprint import parse_blueprint
from clusters.core.kubeconfig import Credentials
from clusters.core.render import ProdTarget, render
from clusters.kube.connect import connect
from clusters.kube.protocol import Kube, NotFound
from journal.core.reasons import Reason
from releases.core.answers import Failed, Succeeded, TryAgain
from releases.steps.context import StepContext, Superseded
from releases.steps.set_version import EPOCH, act
from simulator.testing import Fleet, start_fleet
from tests.build import DEMO

MANIFESTS = parse_blueprint((DEMO / "shop.yaml").read_text())


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with start_fleet(["a"], pod_start=(0.02, 0.05)) as started:
        yield started


@pytest.fixture
def kube(fleet: Fleet) -> Kube:
    access = fleet.clusters["a"]
    return connect(1, Credentials(server=access.server, token=access.token))


@pytest.fixture
def context(kube: Kube, request: pytest.FixtureRequest) -> StepContext:
    name = f"p-{abs(hash(request.node.name)) % 10**8}"
    return StepContext(
        prod=name,
        namespace=f"prod-{name}",
        token="1.1.1",
        kube=kube,
        rendered=rendered(name, "v1.0.0"),
        former=(),
        force=False,
        again=False,
        renew=lambda *_: None,
    )


def rendered(name: str, tag: str) -> tuple[Any, ...]:
    images = {part: f"registry.example/shop/{part}:{tag}" for part in ("api", "frontend")}
    return render(MANIFESTS, images, ProdTarget(name, f"prod-{name}", tag))


def api(context: StepContext) -> dict[str, Any]:
    return context.kube.get("Deployment", context.namespace, "api")


def image(context: StepContext) -> str:
    found: str = api(context)["spec"]["template"]["spec"]["containers"][0]["image"]
    return found


def reason(answer: object) -> Reason:
    assert isinstance(answer, (Succeeded, Failed, TryAgain))
    return answer.reason


def test_everything_is_applied_and_the_evidence_kept(context: StepContext) -> None:
    outcome = act(context)
    assert isinstance(outcome.answer, Succeeded)
    assert [item["name"] for item in outcome.result["applied"] if item["kind"] == "Deployment"] == [
        "api",
        "frontend",
    ]
    assert api(context)["metadata"]["annotations"][EPOCH] == "1.1.1"


def test_already_so_is_success_and_restarts_no_pod(context: StepContext) -> None:
    first = act(context)
    second = act(replace(context, token="1.1.2"))
    assert isinstance(second.answer, Succeeded)
    # The mark moves the generation of a Deployment; its pod template stays as it was.
    before, after = ([{**item, "generation": 0} for item in one.result["applied"]] for one in (first, second))
    assert before == after


def test_a_namespace_of_somebody_else_is_refused_and_left_alone(context: StepContext) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": context.namespace}}
    context.kube.apply(namespace)
    outcome = act(context)
    assert isinstance(outcome.answer, Failed)
    assert outcome.answer.reason.code == "object-not-ours"
    with pytest.raises(NotFound):
        api(context)


def test_a_field_of_another_manager_is_named_and_taken_only_by_force(
    context: StepContext, fleet: Fleet
) -> None:
    act(context)
    path = f"/apis/apps/v1/namespaces/{context.namespace}/deployments/api"
    foreign = {"spec": {"template": {"spec": {"containers": [{"name": "api", "image": "other:1"}]}}}}
    kind = "application/strategic-merge-patch+json"
    assert fleet.request("a", "PATCH", f"{path}?fieldManager=somebody", foreign, kind)[0] == 200
    outcome = act(replace(context, token="1.1.2"))
    assert isinstance(outcome.answer, Failed)
    assert "image" in str(outcome.answer.reason) and "somebody" in str(outcome.answer.reason)
    assert image(context) == "other:1"
    assert isinstance(act(replace(context, token="1.1.3", force=True)).answer, Succeeded)
    assert image(context).endswith("api:v1.0.0")


def test_who_is_superseded_writes_nothing_more(context: StepContext) -> None:
    act(context)

    def lost(*_: int) -> None:
        raise Superseded

    with pytest.raises(Superseded):
        act(replace(context, rendered=rendered(context.prod, "v2"), token="1.1.2", renew=lost))
    assert image(context).endswith("api:v1.0.0")


def test_a_write_that_comes_late_is_refused_by_the_cluster(context: StepContext) -> None:
    """Whoever took over has written between our look and our write, even if it wrote the same."""
    act(context)
    late = rendered(context.prod, "v2")
    took_over = once(lambda: act(replace(context, token="1.1.3")))
    refused: list[bool] = []

    def renew(*_: int) -> None:
        if refused:
            raise Superseded  # the lease is lost: the second look is the last
        if context.kube.get("Deployment", context.namespace, "api") and took_over():
            refused.append(True)

    with pytest.raises(Superseded):
        act(replace(context, rendered=late, token="1.1.2", renew=renew))
    assert image(context).endswith("api:v1.0.0")


def once(act_: Callable[[], object]) -> Callable[[], bool]:
    """Calls `act_` the third time that it is asked, and says so."""
    asked: list[int] = []

    def call() -> bool:
        asked.append(1)
        if len(asked) != 3:
            return False
        act_()
        return True

    return call


def test_what_left_the_blueprint_is_removed_if_it_is_ours(context: StepContext) -> None:
    act(context)
    kept = tuple(item for item in context.rendered if item.name != "frontend")
    act(replace(context, rendered=kept, former=(("Deployment", "frontend"), ("Service", "frontend"))))
    with pytest.raises(NotFound):
        context.kube.get("Deployment", context.namespace, "frontend")


def test_a_retry_replaces_pods_that_cannot_start(context: StepContext, fleet: Fleet) -> None:
    broken = replace(context, rendered=rendered(context.prod, "v3-missing"))
    act(broken)
    stuck = eventually(
        lambda: [
            pod["metadata"]["uid"]
            for pod in context.kube.list("Pod", context.namespace)
            for status in pod["status"].get("containerStatuses", ())
            if "Pull" in status["state"].get("waiting", {}).get("reason", "")
        ]
    )
    outcome = act(replace(broken, token="1.1.2", again=True))
    assert set(outcome.result["replaced"]) & set(stuck)


def eventually(look: Callable[[], Any]) -> Any:
    import time

    until = time.monotonic() + 10
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("not within 10 s")


def test_a_cluster_that_refuses_is_tried_again(context: StepContext, fleet: Fleet) -> None:
    fault = fleet.fault("refuse", cluster="a")
    try:
        outcome = act(context)
    finally:
        fleet.clear_faults(fault)
    assert isinstance(outcome.answer, TryAgain)


def test_the_demo_blueprint_is_what_the_tests_think(context: StepContext) -> None:
    kinds = [item["kind"] for item in yaml.safe_load_all((DEMO / "shop.yaml").read_text()) if item]
    assert kinds.count("Deployment") == 2
