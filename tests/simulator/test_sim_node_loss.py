"""A lost node: what the cluster makes of it, what users notice, and how it comes back."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from simulator.controllers.node_conditions import may_evict, tolerated_s
from simulator.testing import Fleet
from tests.simulator.space import Space, condition_of, deployment, service, until, workload

UNREACHABLE = "node.kubernetes.io/unreachable"


@pytest.fixture(autouse=True)
def _quickly(fleet: Fleet) -> Iterator[None]:
    before = fleet.ask("GET", "/settings")
    fleet.settings(node_grace=0.3, node_toleration=0.6)
    yield
    fleet.clear_faults()
    until(lambda: all(ready(fleet, f"a-node-{number}") == "True" for number in (1, 2, 3)), "all nodes back")
    fleet.settings(**{name: before[name] for name in ("node_grace", "node_toleration")})


def node(fleet: Fleet, name: str) -> Any:
    return fleet.request("a", "GET", f"/api/v1/nodes/{name}")[1]


def ready(fleet: Fleet, name: str) -> str:
    return str(condition_of(node(fleet, name), "Ready")["status"])


def lose(fleet: Fleet, *numbers: int) -> None:
    for number in numbers:
        fleet.fault("node_lost", cluster="a", node=f"a-node-{number}")


def effects(fleet: Fleet, name: str) -> list[str]:
    return [
        taint["effect"]
        for taint in node(fleet, name)["spec"].get("taints", [])
        if taint["key"] == UNREACHABLE
    ]


def on(space: Space, name: str) -> list[Any]:
    return [pod for pod in space.list("pods") if pod["spec"].get("nodeName") == name]


def is_going(pod: Any) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def is_ready(pod: Any) -> bool:
    return bool(condition_of(pod, "Ready")["status"] == "True")


def built(space: Space, **spec: Any) -> None:
    space.apply("deployments", deployment(replicas=3, **spec))
    until(space.rolled_out, "rolled out")
    assert len(on(space, "a-node-1")) == 1


def test_its_kubelet_is_missed_and_its_pods_are_evicted_but_do_not_end(fleet: Fleet, space: Space) -> None:
    built(space)
    lose(fleet, 1)
    until(lambda: ready(fleet, "a-node-1") == "Unknown", "node unknown")
    said = condition_of(node(fleet, "a-node-1"), "Ready")
    assert (said["reason"], said["message"]) == ("NodeStatusUnknown", "Kubelet stopped posting node status.")
    assert effects(fleet, "a-node-1") == ["NoSchedule", "NoExecute"]
    pod = until(lambda: next(iter(on(space, "a-node-1")), None), "pod")
    assert (pod["status"]["phase"], is_ready(pod)) == ("Running", False)
    assert pod["status"]["containerStatuses"][0]["ready"], "nobody has heard otherwise"
    until(lambda: is_going(on(space, "a-node-1")[0]), "evicted")
    until(lambda: sum(map(is_ready, space.list("pods"))) == 3, "replaced elsewhere")
    gone = on(space, "a-node-1")
    assert [pod["metadata"]["uid"] for pod in gone] == [pod["metadata"]["uid"]]
    assert condition_of(gone[0], "DisruptionTarget")["reason"] == "DeletionByTaintManager"
    assert {pod["spec"]["nodeName"] for pod in space.list("pods") if is_ready(pod)} == {
        "a-node-2",
        "a-node-3",
    }


def test_when_it_is_back_what_was_to_end_ends_and_the_node_takes_pods_again(
    fleet: Fleet, space: Space
) -> None:
    built(space)
    lose(fleet, 1)
    until(lambda: any(map(is_going, on(space, "a-node-1"))), "evicted")
    old = {pod["metadata"]["uid"] for pod in on(space, "a-node-1")}
    fleet.clear_faults()
    until(lambda: ready(fleet, "a-node-1") == "True", "node back")
    until(lambda: not old & {pod["metadata"]["uid"] for pod in on(space, "a-node-1")}, "the old pod gone")
    assert "taints" not in node(fleet, "a-node-1")["spec"]
    space.patch("deployments", "api", {"spec": {"replicas": 6}})
    until(lambda: space.rolled_out() and on(space, "a-node-1"), "pods on the node")


def test_a_node_that_is_back_before_the_eviction_keeps_its_pods(fleet: Fleet, space: Space) -> None:
    fleet.settings(node_toleration=30)
    built(space)
    names = {pod["metadata"]["name"] for pod in space.list("pods")}
    lose(fleet, 1)
    until(lambda: not all(map(is_ready, space.list("pods"))), "a pod not ready")
    fleet.clear_faults()
    until(space.rolled_out, "all ready again")
    pods = space.list("pods")
    assert {pod["metadata"]["name"] for pod in pods} == names
    assert {pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods} == {0}


def test_pods_that_tolerate_it_stay_as_do_those_of_sets(fleet: Fleet, space: Space) -> None:
    template = deployment()["spec"]["template"]
    template["spec"]["tolerations"] = [{"operator": "Exists"}]
    built(space, template=template)
    space.create("daemonsets", workload("DaemonSet", "agent"))
    space.create("statefulsets", workload("StatefulSet", "store", replicas=3))
    until(lambda: space.get("daemonsets", "agent")["status"].get("numberReady") == 3, "daemons")
    until(lambda: space.get("statefulsets", "store")["status"].get("readyReplicas") == 3, "members")
    lose(fleet, 1)
    until(lambda: [p["metadata"]["name"] for p in on(space, "a-node-1") if is_going(p)], "one evicted")
    going = [pod["metadata"]["ownerReferences"][0]["kind"] for pod in on(space, "a-node-1") if is_going(pod)]
    assert going == ["StatefulSet"]
    told = space.get("daemonsets", "agent")["status"]
    assert (told["desiredNumberScheduled"], told["numberMisscheduled"]) == (2, 1)
    assert len([pod for pod in space.list("pods") if pod["metadata"]["name"].startswith("store-")]) == 3


def test_nobody_is_evicted_while_all_nodes_are_lost(fleet: Fleet, space: Space) -> None:
    built(space)
    lose(fleet, 1, 2, 3)
    names = [f"a-node-{number}" for number in (1, 2, 3)]
    until(lambda: {ready(fleet, name) for name in names} == {"Unknown"}, "all unknown")
    until(lambda: {tuple(effects(fleet, name)) for name in names} == {("NoSchedule",)}, "none to be evicted")
    assert not any(map(is_ready, space.list("pods")))


def test_requests_to_its_pods_are_not_answered_until_the_cluster_has_noticed(
    fleet: Fleet, space: Space
) -> None:
    fleet.settings(node_grace=300)
    space.create("services", service())
    built(space)
    port = space.get("services", "api")["spec"]["ports"][0]["nodePort"]
    lose(fleet, 1)
    answers = [asked(port) for _ in range(3)]
    assert sorted(answers) == [0, 200, 200]
    fleet.clear_faults()
    fleet.settings(node_grace=0.3)
    lose(fleet, 1)
    until(lambda: len([p for p in space.list("pods") if is_ready(p)]) == 2, "noticed")
    assert {asked(port) for _ in range(6)} == {200}


def asked(port: int) -> int:
    """The status of the answer, 0 when none comes within a moment."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
            return int(answer.status)
    except TimeoutError:
        return 0
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_through_the_api_server_its_pods_do_not_answer_in_the_words_of_a_dialler(
    fleet: Fleet, space: Space
) -> None:
    built(space)
    lose(fleet, 1)
    pod = on(space, "a-node-1")[0]
    status, answer = space.ask("GET", "pods", pod["metadata"]["name"], sub="proxy")
    assert (status, answer["reason"]) == (503, "ServiceUnavailable")
    assert (
        answer["message"] == f"error trying to reach service: dial tcp {pod['status']['podIP']}: i/o timeout"
    )


@pytest.mark.parametrize(
    ("well", "lost", "evicts"),
    [(2, 1, True), (1, 2, True), (0, 1, False), (2, 3, False), (3, 3, True), (9, 1, True), (0, 3, False)],
)
def test_nobody_is_evicted_while_too_many_are_lost(well: int, lost: int, evicts: bool) -> None:
    assert may_evict(well, lost) is evicts


def toleration(**fields: Any) -> dict[str, Any]:
    return {"key": UNREACHABLE, "operator": "Exists", "effect": "NoExecute"} | fields


@pytest.mark.parametrize(
    ("tolerations", "seconds"),
    [
        ([], 10),
        ([toleration(tolerationSeconds=300)], 10),
        ([toleration(tolerationSeconds=3)], 3),
        ([toleration()], None),
        ([toleration(), toleration(tolerationSeconds=4)], 4),
        ([toleration(effect="NoSchedule")], 10),
    ],
)
def test_a_pod_stays_for_as_long_as_it_tolerates(tolerations: list[Any], seconds: float | None) -> None:
    assert tolerated_s({"spec": {"tolerations": tolerations}}, 10) == seconds


def test_a_node_that_is_not_there_cannot_be_lost(fleet: Fleet) -> None:
    with pytest.raises(RuntimeError, match="there is no such node; there are: a-node-1"):
        fleet.fault("node_lost", cluster="a", node="b-node-1")


def test_the_pods_of_a_node_that_is_deleted_are_collected(fleet: Fleet, space: Space) -> None:
    fleet.request("a", "POST", "/api/v1/nodes", {"metadata": {"name": "spare"}})
    space.create("pods", on_spare("free"))
    space.create("pods", on_spare("held", finalizers=["shop.example/held"]))
    fleet.request("a", "DELETE", "/api/v1/nodes/spare")
    until(lambda: space.ask("GET", "pods", "free")[0] == 404, "collected")
    held = until(lambda: next((pod for pod in space.list("pods") if is_going(pod)), None), "collected, too")
    assert (held["status"]["phase"], held["metadata"]["deletionGracePeriodSeconds"]) == ("Failed", 0)
    said = condition_of(held, "DisruptionTarget")
    assert (said["reason"], said["message"]) == ("DeletionByPodGC", "PodGC: node no longer exists")
    space.patch("pods", "held", {"metadata": {"finalizers": None}})
    until(lambda: not space.list("pods"), "gone")


def on_spare(name: str, **meta: Any) -> dict[str, Any]:
    container = {"name": "api", "image": "registry.example/shop/api:v1"}
    return {"metadata": {"name": name, **meta}, "spec": {"nodeName": "spare", "containers": [container]}}
