"""Drift: what others add, objects that nobody asked for, and what is shown of values."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from clusters.core.drift import (
    MOST,
    What,
    added_pointers,
    differences,
    differences_from_json,
    differences_to_json,
)
from clusters.core.manifests import Manifest
from clusters.core.render import ProdTarget, render
from tests.core.clusters.drifted import RENDERED, inside, live, own, pod, told, with_api
from tests.core.clusters.shop import IMAGES, manifests

Change = Callable[[dict[str, Manifest]], object]
ADDED: dict[str, tuple[Change, Manifest, tuple[str, str]]] = {
    "an environment variable": (
        lambda there: pod(there)["containers"][0].update(env=[{"name": "DEBUG", "value": "1"}]),
        inside(
            {
                "f:containers": {
                    'k:{"name":"api"}': {
                        "f:env": {'k:{"name":"DEBUG"}': {".": {}, "f:name": {}, "f:value": {}}}
                    }
                }
            }
        ),
        ("containers[api].env[DEBUG]", '{"name":"DEBUG","value":"1"}'),
    ),
    "a container": (
        lambda there: pod(there)["containers"].append({"name": "shell", "image": "busybox"}),
        inside({"f:containers": {'k:{"name":"shell"}': {".": {}, "f:name": {}, "f:image": {}}}}),
        ("containers[shell]", '{"image":"busybox","name":"shell"}'),
    ),
    "a restart by kubectl": (
        lambda there: there["Deployment/api"]["spec"]["template"]["metadata"].setdefault("annotations", {}).update(
            {"kubectl.kubernetes.io/restartedAt": "now"}
        ),
        {
            "f:spec": {
                "f:template": {
                    "f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/restartedAt": {}}}
                }
            }
        },
        ("spec.template.metadata.annotations[kubectl.kubernetes.io/restartedAt]", "now"),
    ),
    "another strategy": (
        lambda there: there["Deployment/api"]["spec"].update(strategy={"type": "Recreate"}),
        {"f:spec": {"f:strategy": {"f:type": {}}}},
        ("spec.strategy.type", "Recreate"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ADDED)
def test_what_another_manager_adds_inside_our_objects_is_told(name: str) -> None:
    change, fields, (path, value) = ADDED[name]
    there = live()
    change(there)
    own(there["Deployment/api"], "kubectl-edit", fields)
    (one,) = differences(RENDERED, there.values())
    assert (one.what, one.path, one.live, one.manager) == (What.ADDED, path, value, "kubectl-edit")


@pytest.mark.parametrize("manager", ["kube-controller-manager", "drover"])
def test_what_kubernetes_or_we_write_is_not_added(manager: str) -> None:
    there = live()
    there["Deployment/api"]["spec"]["strategy"] = {"type": "Recreate"}
    own(there["Deployment/api"], manager, {"f:spec": {"f:strategy": {"f:type": {}}}})
    own(there["Deployment/api"], "someone", {"f:status": {"f:replicas": {}}}, subresource="status")
    assert told(there) == []


def test_an_object_of_ours_that_is_not_of_the_version_is_surplus() -> None:
    there = live()
    old = deepcopy(there["ConfigMap/settings"])
    old["metadata"]["name"] = "older"
    own(old, "kubectl-create", {"f:data": {}})
    (one,) = differences(RENDERED, [*there.values(), old])
    assert (one.what, one.name, one.manager) == (What.SURPLUS, "older", "kubectl-create")


def test_what_a_controller_made_is_no_surplus() -> None:
    owner = [{"kind": "CronJob", "name": "nightly", "controller": True}]
    metadata = {"name": "nightly-1", "ownerReferences": owner}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata}
    pod_ = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api-x"}}
    assert told({**live(), "job": job, "pod": pod_}) == []


SECRETS = ["DB_PASSWORD", "api-token", "AWS_SECRET_ACCESS_KEY"]


@pytest.mark.parametrize("name", SECRETS)
def test_what_sounds_like_a_secret_is_never_shown(name: str) -> None:
    rendered = with_api(env=[{"name": name, "value": "hunter2"}])
    there = live(rendered)
    pod(there)["containers"][0]["env"][0]["value"] = "hunter3"
    there["ConfigMap/settings"]["data"][name] = "hunter4"
    own(there["ConfigMap/settings"], "kubectl-edit", {"f:data": {f"f:{name}": {}}})
    pod(there)["containers"].append({"name": "x", "env": [{"name": name, "value": "hunter5"}]})
    own(there["Deployment/api"], "kubectl-edit", inside({"f:containers": {'k:{"name":"x"}': {}}}))
    found = differences(rendered, there.values())
    assert len(found) == 3
    assert "hunter" not in str(found)


def test_a_long_value_is_cut_where_it_differs() -> None:
    rendered = with_api(args=["a" * 500 + "left"])
    there = live(rendered)
    pod(there)["containers"][0]["args"] = ["a" * 500 + "right"]
    (one,) = differences(rendered, there.values())
    assert len(one.desired) < 200
    assert "left" in one.desired and "right" in one.live


def test_there_is_an_end_to_what_is_told() -> None:
    there = live()
    many = {f"f:key-{number}": {} for number in range(1000)}
    there["ConfigMap/settings"]["data"].update({name[2:]: "x" for name in many})
    own(there["ConfigMap/settings"], "kubectl-edit", {"f:data": many})
    assert len(differences(RENDERED, there.values())) == MOST


def test_two_ports_of_one_number_are_told_apart_by_protocol() -> None:
    mine = manifests()
    ports = [
        {"port": 53, "protocol": "UDP", "targetPort": 1},
        {"port": 53, "protocol": "TCP", "targetPort": 2},
    ]
    next(item for item in mine if item["kind"] == "Service")["spec"]["ports"] = ports
    rendered = render(mine, IMAGES, ProdTarget("a-1", "prod-a-1", "v1"))
    there = live(rendered)
    assert told(there, rendered) == []
    there["Service/api"]["spec"]["ports"][0]["targetPort"] = 9
    assert told(there, rendered)[0][2:] == ("spec.ports[53/UDP].targetPort", "1", "9")


def test_what_is_stored_is_read_again() -> None:
    there = live()
    there.pop("Service/api")
    pod(there)["containers"][0]["image"] = "other"
    found = differences(RENDERED, there.values())
    assert len(found) == 2
    assert differences_from_json(differences_to_json(found)) == found


def test_what_is_added_can_be_removed_in_the_order_told() -> None:
    there = live()
    containers = pod(there)["containers"]
    containers.insert(0, {"name": "first", "image": "x"})
    containers.append({"name": "last", "image": "x"})
    item = there["Deployment/api"]
    item["metadata"]["annotations"] = {"shop.example/team": "red"}
    both = {f'k:{{"name":"{name}"}}': {".": {}} for name in ("first", "last")}
    own(item, "kubectl-edit", inside({"f:containers": both}))
    own(item, "other", {"f:metadata": {"f:annotations": {"f:shop.example/team": {}}}})
    desired = next(one.manifest for one in RENDERED if (one.kind, one.name) == ("Deployment", "api"))
    assert added_pointers(desired, item) == (
        "/metadata/annotations/shop.example~1team",
        "/spec/template/spec/containers/3",
        "/spec/template/spec/containers/0",
    )
