"""Versions that treat their users badly or leak, and what Prometheus is told of it."""

import urllib.error
import urllib.request
from collections import Counter
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from simulator.dataplane.manners import Manner, manner_of_fault, manner_of_tag
from simulator.dataplane.meters import Meters, Source, page
from simulator.testing import Fleet
from tests.simulator.space import Space, deployment, service, until

SOURCE = Source("a", "prod-a-1", "a-1", "api", "v1")


def read(text: str) -> dict[str, float]:
    """The samples on a page for Prometheus, by name and what tells them apart."""
    return {
        " ".join(
            [sample.name, *(v for k, v in sample.labels.items() if k in ("version", "code", "le"))]
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def got(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def of_space(space: Space, text: str) -> dict[str, float]:
    lines = [
        line for line in text.splitlines() if line.startswith("#") or f'namespace="{space.name}"' in line
    ]
    return read("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("tag", "manner"),
    [
        ("v1", Manner()),
        ("v1-failing", Manner(rate=1.0)),
        ("v1-laggy", Manner(delay_s=0.5)),
        ("v1-laggy80-failing5", Manner(rate=0.05, delay_s=0.08)),
    ],
)
def test_a_tag_says_how_users_are_treated(tag: str, manner: Manner) -> None:
    assert manner_of_tag(tag) == manner


@pytest.mark.parametrize(
    ("params", "manner"),
    [
        ({"behaviour": "good"}, Manner()),
        ({"behaviour": "failing", "delay_ms": 20}, Manner(1.0, 500, 0.02)),
        ({"behaviour": "laggy", "rate": 0.3, "status": 503, "delay_ms": 900}, Manner(0.3, 503, 0.9)),
    ],
)
def test_a_fault_says_it_too(params: dict[str, Any], manner: Manner) -> None:
    assert manner_of_fault(params) == manner


def test_the_page_is_what_prometheus_reads() -> None:
    meters = Meters()
    for status, seconds in ((200, 0.004), (200, 0.3), (503, 20.0)):
        meters.count(SOURCE, status, seconds)
    response = page(meters.of(prod="a-1"))
    assert response.content_type.startswith("text/plain; version=0.0.4")
    families = {family.name: family.type for family in text_string_to_metric_families(response.body.decode())}
    assert families == {
        "http_requests": "counter",
        "http_request_errors": "counter",
        "http_request_duration_seconds": "histogram",
    }
    found = read(response.body.decode())
    assert (found["http_requests_total v1 200"], found["http_requests_total v1 503"]) == (2, 1)
    assert found["http_request_errors_total v1"] == 1
    buckets = [
        found[f"http_request_duration_seconds_bucket v1 {le}"] for le in ("0.005", "0.25", "0.5", "+Inf")
    ]
    assert buckets == [1, 1, 2, 3]
    assert found["http_request_duration_seconds_sum v1"] == pytest.approx(20.304)
    assert found["http_request_duration_seconds_count v1"] == 3
    assert page(meters.of(prod="b-1")).body == b""


def test_odd_names_do_not_break_the_page() -> None:
    meters = Meters()
    odd = 'v"1\\\n'
    meters.count(Source("a", "n", "p", "c", odd), 200, 0.1)
    families = text_string_to_metric_families(page(meters.of()).body.decode())
    assert {sample.labels["version"] for family in families for sample in family.samples} == {odd}


@pytest.fixture
def port(space: Space) -> int:
    space.create("services", service())
    space.create("deployments", deployment(replicas=1))
    until(space.rolled_out, "rolled out")
    return int(space.get("services", "api")["spec"]["ports"][0]["nodePort"])


def test_real_requests_are_counted_by_version_and_status(fleet: Fleet, space: Space, port: int) -> None:
    door = f"http://127.0.0.1:{port}"
    asked = Counter(got(f"{door}/")[0] for _ in range(5))
    got(f"{door}/healthz")
    fleet.fault("image", pattern="shop/api:v1.0.0", behaviour="failing", rate=0.5, status=503)
    asked += Counter(got(f"{door}/basket")[0] for _ in range(20))
    assert asked[503] > 0
    for found in (read(got(f"{door}/metrics")[1]), of_space(space, got(f"{fleet.control}/metrics")[1])):
        assert found["http_requests_total v1.0.0 200"] == asked[200]
        assert (
            found["http_requests_total v1.0.0 503"] == found["http_request_errors_total v1.0.0"] == asked[503]
        )
        assert found["http_request_duration_seconds_count v1.0.0"] == 25
    assert of_space(space, got(f"{fleet.control}/metrics?prod=a-1")[1])
    assert got(f"{fleet.control}/metrics?prod=nobody") == (200, "")
    assert {"targets": [f"127.0.0.1:{port}"], "labels": {"service": "api"}} in fleet.ask("GET", "/targets")


def test_a_laggy_version_takes_its_time_with_users_only(fleet: Fleet, space: Space, port: int) -> None:
    fleet.fault("image", pattern="shop/api:v1.0.0", behaviour="laggy", delay_ms=300)
    statuses = {got(f"http://127.0.0.1:{port}{path}")[0] for path in ("/", "/healthz")}
    assert statuses == {200}
    found = read(got(f"http://127.0.0.1:{port}/metrics")[1])
    assert found["http_request_duration_seconds_bucket v1.0.0 0.1"] == 0
    assert found["http_request_duration_seconds_bucket v1.0.0 10.0"] == 1
    assert found["http_request_errors_total v1.0.0"] == 0


def test_an_image_misbehaves_on_the_cluster_that_is_named(fleet: Fleet, space: Space, port: int) -> None:
    image = {"pattern": "shop/api:v1.0.0", "behaviour": "failing"}
    fleet.fault("image", **image, cluster="b")
    assert got(f"http://127.0.0.1:{port}/")[0] == 200
    fleet.fault("image", **image, cluster="a")
    assert got(f"http://127.0.0.1:{port}/")[0] == 500


def status_of(space: Space) -> Any:
    pods = space.list("pods")
    return (pods[0]["status"].get("containerStatuses") or [{}])[0] if pods else {}


def test_a_leaking_container_serves_until_it_is_killed_again_and_again(fleet: Fleet, space: Space) -> None:
    fault = fleet.fault("image", pattern="shop/api:v1.0.0", behaviour="leak", after_s=1.5)
    space.create("deployments", deployment(replicas=1))
    until(space.rolled_out, "ready at first")
    assert status_of(space)["lastState"] == {}

    def killed_once() -> bool:
        status = status_of(space)
        return bool(status["restartCount"] == 1 and "running" in status["state"])

    until(killed_once, "started again at once")
    ended = status_of(space)["lastState"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)
    until(lambda: "CrashLoopBackOff" in str(status_of(space)["state"]), "back-off")
    status = status_of(space)
    assert (status["restartCount"], status["lastState"]["terminated"]["reason"]) == (1, "OOMKilled")
    assert not status["ready"]
    fleet.clear_faults(fault)
    until(lambda: status_of(space)["ready"], "well again")
    assert status_of(space)["restartCount"] == 2


def test_a_tag_says_that_it_leaks_and_a_pod_that_is_not_to_be_restarted_has_failed(space: Space) -> None:
    container = {"name": "once", "image": "registry.example/shop/once:v1-leak"}
    body = {"metadata": {"name": "once"}, "spec": {"containers": [container], "restartPolicy": "Never"}}
    space.create("pods", body)
    until(lambda: space.get("pods", "once")["status"].get("phase") == "Failed", "failed")
    ended = space.get("pods", "once")["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)
