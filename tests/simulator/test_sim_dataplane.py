"""What users of the workloads get."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.simulator.space import Space, deployment, service, until


def served(port: int) -> tuple[int, Any, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/some/page", timeout=5) as answer:
            return answer.status, json.load(answer), answer.headers["X-Served-By"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error), ""


def public_port(space: Space) -> int:
    def ingress() -> Any:
        return space.get("services", "api")["status"]["loadBalancer"].get("ingress")

    found = until(ingress, "a load balancer address")[0]
    assert found["ip"] == "127.0.0.1"
    return int(found["ports"][0]["port"])


@pytest.fixture
def port(space: Space) -> int:
    space.create("services", service())
    space.create("deployments", deployment())
    until(space.rolled_out, "rolled out")
    return public_port(space)


def test_a_ready_pod_says_who_it_is(space: Space, port: int) -> None:
    status, body, served_by = served(port)
    assert status == 200
    assert {key: body[key] for key in ("cluster", "namespace", "prod", "component", "version")} == {
        "cluster": "a", "namespace": space.name, "prod": "a-1", "component": "api", "version": "v1.0.0",
    }  # fmt: skip
    assert served_by == body["pod"]


def test_requests_go_round_the_ready_pods(space: Space, port: int) -> None:
    assert {served(port)[1]["pod"] for _ in range(6)} == {
        pod["metadata"]["name"] for pod in space.list("pods")
    }


def test_nobody_answers_behind_a_port_name_that_no_container_has(space: Space, port: int) -> None:
    space.patch("services", "api", {"spec": {"ports": [{"port": 80, "targetPort": "nowhere"}]}})
    assert served(public_port(space))[0] == 503
    space.patch("services", "api", {"spec": {"ports": [{"port": 80, "targetPort": "http"}]}})
    assert served(public_port(space))[0] == 200
    assert port


def test_during_a_rollout_users_are_always_served(space: Space, port: int) -> None:
    space.apply("deployments", deployment(tag="v1.1.0"), force=True)
    versions = set()

    def rolled_out() -> bool:
        status, body, _ = served(port)
        assert status == 200
        versions.add(body["version"])
        return space.rolled_out(tag="v1.1.0")

    until(rolled_out, "rolled out")
    assert versions == {"v1.0.0", "v1.1.0"}


def test_without_a_ready_pod_the_answer_is_503(space: Space, port: int) -> None:
    space.patch("deployments", "api", {"spec": {"replicas": 0}})
    until(lambda: not space.list("pods"), "no pods")
    assert served(port)[0] == 503


def test_a_port_closes_with_its_service(space: Space, port: int) -> None:
    space.ask("DELETE", "services", "api")
    with pytest.raises(urllib.error.URLError, match="refused"):
        served(port)


@pytest.mark.parametrize("name", ["api:80", "api", "http:api:80"])
def test_a_cluster_ip_service_answers_through_the_api_server(space: Space, name: str) -> None:
    space.create("services", service(kind="ClusterIP"))
    status, _ = space.ask("GET", "services", f"{name}/proxy/healthz")
    assert status == 503
    space.create("deployments", deployment(replicas=1))
    until(space.rolled_out, "rolled out")
    status, body = space.ask("GET", "services", f"{name}/proxy/healthz")
    assert (status, body["component"], body["path"]) == (200, "api", "/healthz")


def test_endpoints_follow_the_readiness_of_pods(space: Space, port: int) -> None:
    def ready_addresses() -> list[str]:
        slices = space.list("endpointslices", "labelSelector=kubernetes.io/service-name%3Dapi")
        ends = [end for found in slices for end in found["endpoints"] or ()]
        return sorted(end["addresses"][0] for end in ends if end["conditions"]["ready"])

    until(lambda: len(ready_addresses()) == 3, "three ready endpoints")
    assert ready_addresses() == sorted(pod["status"]["podIP"] for pod in space.list("pods"))
    subsets = space.get("endpoints", "api")["subsets"]
    assert len(subsets[0]["addresses"]) == 3
    space.patch("deployments", "api", {"spec": {"replicas": 0}})
    until(lambda: not ready_addresses(), "no ready endpoints")
    assert port


def test_a_pod_that_is_relabelled_leaves_its_service(space: Space) -> None:
    labels = {"app": "alone"}
    containers = [{"name": "api", "image": "shop/api:v1"}]
    space.create("services", {**service(), "spec": {**service()["spec"], "selector": labels}})
    space.create(
        "pods", {"metadata": {"name": "alone", "labels": labels}, "spec": {"containers": containers}}
    )

    def addresses() -> list[str]:
        found = space.list("endpointslices", "labelSelector=kubernetes.io/service-name=api")
        return [
            address
            for one in found
            for endpoint in one["endpoints"] or ()
            for address in endpoint["addresses"]
        ]

    until(lambda: len(addresses()) == 1, "an address")
    space.patch("pods", "alone", {"metadata": {"labels": {"app": "nobodys"}}})
    until(lambda: not addresses(), "no address")
