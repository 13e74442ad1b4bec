"""Which pods stand in the way of what was applied, and that a broken StatefulSet can go back."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from clusters.core.evidence import Applied
from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest
from clusters.core.observed import ObservedPod
from clusters.core.render import ProdTarget, render
from clusters.kube.connect import connect
from releases.steps.context import StepContext
from releases.steps.set_version import act
from releases.steps.stuck_pods import stuck_pods
from simulator.testing import Fleet, start_fleet
from tests.core.clusters.shop import deployment

NEW = (Applied("Deployment", "api", "u", 2, "new-api"), Applied("StatefulSet", "db", "u", 2, "new-db"))


def pod(component: str, digest: str, **facts: Any) -> ObservedPod:
    failing: dict[str, Any] = {"waiting": "CrashLoopBackOff", "restarts": 3, "uid": f"{component}-{digest}"}
    return replace(
        ObservedPod(f"{component}-1", component, digest, False, False, "Running"), **failing | facts
    )


@pytest.mark.parametrize(
    ("found", "again", "goes"),
    [
        (pod("db", "old-db"), False, True),
        (pod("db", "old-db"), True, True),
        (pod("db", "old-db", waiting="", restarts=1), False, True),
        (pod("db", "old-db", waiting="", restarts=0), False, True),
        (pod("db", "old-db", ready=True), False, False),
        (pod("db", "old-db", terminating=True), False, False),
        (pod("db", "new-db"), False, False),
        (pod("db", "new-db"), True, True),
        (pod("api", "old-api"), False, False),
        (pod("api", "old-api"), True, False),
        (pod("api", "new-api"), True, True),
    ],
    ids=[
        "a set's old broken pod goes", "also when tried again", "between two crashes too",
        "and one that never gets ready", "a ready one stays",
        "one that goes is left alone", "a new one is given its time", "but not when tried again",
        "a Deployment removes its own", "also when tried again: its own go", "a new one of a Deployment",
    ],
)  # fmt: skip
def test_what_stands_in_the_way(found: ObservedPod, again: bool, goes: bool) -> None:
    assert bool(stuck_pods([found], NEW, again=again)) is goes


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with start_fleet(["a"], pod_start=(0.02, 0.05)) as started:
        yield started


@pytest.fixture
def context(fleet: Fleet) -> StepContext:
    access = fleet.clusters["a"]
    kube = connect(1, Credentials(server=access.server, token=access.token))
    return StepContext("p-set", "prod-p-set", "1.1.1", kube, (), (), False, False, lambda *_: None)


def stateful(context: StepContext, tag: str, token: str) -> StepContext:
    """The context with a StatefulSet `db` at this tag."""
    manifest: Manifest = deployment("db")
    manifest["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": 8080}}
    manifest = {**manifest, "kind": "StatefulSet", "spec": {**manifest["spec"], "serviceName": "db"}}
    rendered = render([manifest], {"db": f"shop/db:{tag}"}, ProdTarget(context.prod, context.namespace, tag))
    return replace(context, rendered=rendered, token=token)


def eventually(look: Callable[[], Any]) -> Any:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("not within 20 s")


def test_a_stateful_set_with_a_broken_pod_goes_back(context: StepContext) -> None:
    def pods() -> list[Manifest]:
        return context.kube.list("Pod", context.namespace)

    def restarts(one: Manifest) -> int:
        return max((int(c["restartCount"]) for c in one["status"].get("containerStatuses", ())), default=0)

    def all_ready() -> bool:
        status = context.kube.get("StatefulSet", context.namespace, "db").get("status", {})
        return status.get("readyReplicas") == status.get("updatedReplicas") == 3

    act(stateful(context, "v1", "1.1.1"))
    eventually(all_ready)
    act(stateful(context, "v2-crash", "2.1.1"))
    (broken,) = eventually(lambda: [one for one in pods() if restarts(one) > 1])
    outcome = act(stateful(context, "v1", "3.1.1"))
    assert outcome.result["replaced"] == [broken["metadata"]["uid"]]
    eventually(all_ready)
    assert {one["spec"]["containers"][0]["image"] for one in pods()} == {"shop/db:v1"}
