"""Faults on command, the audit log and the control API."""

import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from simulator.fault_checks import ONE_SHOT, PARAMS
from simulator.faults import FaultBook
from simulator.testing import Fleet
from tests.simulator.space import Space, config_map, deployment, until


def in_background(call: Any, *args: Any, **more: Any) -> tuple[threading.Thread, list[Any]]:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(call(*args, **more)), daemon=True)
    thread.start()
    return thread, answers


def test_a_refusing_cluster_closes_connections_at_once_and_others_go_on(fleet: Fleet) -> None:
    fleet.fault("refuse", cluster="a")
    with pytest.raises(OSError, match=r"reset|refused|closed|without response"):
        fleet.request("a", "GET", "/readyz")
    assert fleet.request("b", "GET", "/readyz")[0] == 200
    fleet.clear_faults()
    assert fleet.request("a", "GET", "/readyz")[0] == 200


def test_a_hanging_cluster_accepts_and_never_answers(fleet: Fleet) -> None:
    fault = fleet.fault("hang", cluster="a")
    with pytest.raises((TimeoutError, urllib.error.URLError)):
        fleet.request("a", "GET", "/readyz", timeout=0.3)
    thread, answers = in_background(fleet.request, "a", "GET", "/readyz")
    fleet.clear_faults(fault)
    thread.join(5)
    assert answers == [(200, "ok")]


def test_a_write_whose_client_gave_up_during_a_hang_has_no_effect(fleet: Fleet, space: Space) -> None:
    fault = fleet.fault("hang", cluster="a")
    with pytest.raises((TimeoutError, urllib.error.URLError)):
        fleet.request("a", "POST", space.path("secrets"), {"metadata": {"name": "late"}}, timeout=0.3)
    fleet.clear_faults(fault)
    assert space.ask("GET", "secrets", "late")[0] == 404


def test_a_held_request_waits_before_its_effect_until_it_is_released(fleet: Fleet, space: Space) -> None:
    match = {"verb": "patch", "resource": "configmaps", "namespace": space.name, "name": "settings"}
    fault = fleet.fault("hold", cluster="a", match=match)
    thread, answers = in_background(space.apply, "configmaps", config_map(a="1"))
    until(lambda: fleet.faults()[0]["held"], "held")
    assert space.ask("GET", "configmaps", "settings")[0] == 404
    fleet.release(fault)
    thread.join(5)
    assert answers[0][0] == 201


def test_a_request_held_after_its_effect_has_happened(fleet: Fleet, space: Space) -> None:
    fault = fleet.fault("hold", cluster="a", when="after", match={"verb": "create", "resource": "configmaps"})
    thread, answers = in_background(space.ask, "POST", "configmaps", body=config_map(a="1"))
    until(lambda: space.ask("GET", "configmaps", "settings")[0] == 200, "stored")
    assert not answers
    fleet.release(fault)
    thread.join(5)
    assert answers[0][0] == 201


def test_a_hold_catches_as_many_requests_as_it_counts(fleet: Fleet, space: Space) -> None:
    fleet.fault("hold", cluster="a", count=1, match={"verb": "create", "namespace": space.name})
    thread, _ = in_background(space.ask, "POST", "secrets", body={"metadata": {"name": "first"}})
    until(lambda: fleet.faults()[0]["held"], "held")
    space.create("secrets", {"metadata": {"name": "second"}})
    fleet.clear_faults()
    thread.join(5)
    assert [item["metadata"]["name"] for item in space.list("secrets")] == ["first", "second"]


def test_a_superseded_writer_that_was_held_is_fenced_by_the_version_it_saw(
    fleet: Fleet, space: Space
) -> None:
    _, seen = space.apply("configmaps", config_map(epoch="1"))
    stale = {**config_map(epoch="old"), "metadata": {"name": "settings"}}
    stale["metadata"]["resourceVersion"] = seen["metadata"]["resourceVersion"]
    fault = fleet.fault("hold", cluster="a", match={"verb": "patch", "namespace": space.name})
    thread, answers = in_background(space.apply, "configmaps", stale, "drover", True)
    until(lambda: fleet.faults()[0]["held"], "held")
    assert space.apply("configmaps", config_map(epoch="2"), force=True)[0] == 200
    fleet.release(fault)
    thread.join(5)
    assert answers[0][0] == 409
    assert space.get("configmaps", "settings")["data"] == {"epoch": "2"}


def codes(fleet: Fleet, count: int) -> list[int]:
    return [fleet.request("a", "GET", "/api/v1/namespaces")[0] for _ in range(count)]


@pytest.mark.parametrize(
    ("params", "least", "most"),
    [({"rate": 0}, 0, 0), ({"rate": 0.05}, 440, 560), ({"rate": 0.5}, 4850, 5150), ({}, 10_000, 10_000)],
    ids=str,
)
def test_errors_come_at_their_rate(params: dict[str, float], least: int, most: int) -> None:
    book = FaultBook(seed=1)
    book.add({"kind": "error", "cluster": "a", **params})
    assert least <= sum(book.error_for("a") is not None for _ in range(10_000)) <= most
    assert book.error_for("b") is None


def test_some_requests_fail_with_the_status_that_was_asked_for(fleet: Fleet) -> None:
    fleet.fault("error", cluster="a", rate=0.5, status=503)
    assert set(codes(fleet, 40)) == {200, 503}


def test_errors_end_when_they_are_cleared(fleet: Fleet) -> None:
    fault = fleet.fault("error", cluster="a")
    assert codes(fleet, 5) == [500] * 5
    fleet.clear_faults(fault)
    assert codes(fleet, 5) == [200] * 5


def test_too_many_requests_say_when_to_come_back_as_priority_and_fairness_does(fleet: Fleet) -> None:
    fleet.fault("error", cluster="a", status=429, retry_after_s=7)
    access = fleet.clusters["a"]
    headers = {"Authorization": f"Bearer {access.token}"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(
            urllib.request.Request(f"{access.server}/api/v1/namespaces", headers=headers), timeout=5
        )
    with refused.value as answer:
        assert (answer.code, answer.headers["Retry-After"]) == (429, "7")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.read() == b"Too many requests, please try again later.\n"


def test_an_error_from_etcd_has_its_words_and_no_reason(fleet: Fleet) -> None:
    fleet.fault("error", cluster="a", status=500)
    status, answer = fleet.request("a", "GET", "/api/v1/namespaces")
    assert (status, answer["message"], answer.get("reason")) == (500, "etcdserver: request timed out", None)


def test_a_slow_cluster_answers_late(fleet: Fleet) -> None:
    fleet.fault("slow", cluster="a", delay_s=0.3)
    begun = time.monotonic()
    assert fleet.request("a", "GET", "/readyz")[0] == 200
    assert time.monotonic() - begun >= 0.3


def test_a_slow_cluster_answers_at_once_when_that_is_cleared(fleet: Fleet) -> None:
    fault = fleet.fault("slow", cluster="a", delay_s=30)
    with pytest.raises(TimeoutError):
        fleet.request("a", "GET", "/readyz", timeout=0.1)
    fleet.clear_faults(fault)
    assert fleet.request("a", "GET", "/readyz", timeout=20)[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "nonsense"}, {"kind": "refuse", "cluster": "z"}, {"kind": "hold", "match": {"nonsense": "1"}},
        {"kind": "image", "pattern": "x", "behaviour": "y"}, {"kind": "error", "rate": 7},
        {"kind": "slow", "delay_s": "long"}, {"kind": "past", "how": "gently"}, {"kind": "node_lost"},
        {"kind": "past", "back_s": -1}, {"kind": "image", "pattern": "x", "behaviour": "laggy", "delay_ms": "nan"},
        {"kind": ["slow"]}, {"kind": "slow", "cluster": ["a"]}, {"kind": "hold", "match": [1]},
        {"kind": "hold", "match": {"user_agent": 1}}, {"kind": "random", "kinds": 5}, {"kind": "random", "kinds": [["slow"]]},
        {"kind": "random", "lasts_s": [[], 1]}, {"kind": "hold", "count": "1.5"}, {"kind": "slow", "delay_s": float("nan")},
    ],
    ids=str,
)  # fmt: skip
def test_a_fault_that_cannot_be_is_refused_with_a_sentence(fleet: Fleet, body: dict) -> None:
    with pytest.raises(RuntimeError, match="400"):
        fleet.ask("POST", "/faults", body)
    assert fleet.faults() == []


@pytest.mark.parametrize("kind", ONE_SHOT)
def test_clearing_what_happened_once_says_that_there_is_nothing_to_undo(fleet: Fleet, kind: str) -> None:
    fault = fleet.fault(kind, cluster="a")
    for _ in range(2):
        answer = fleet.ask("DELETE", f"/faults/{fault}")
        assert answer == {"cleared": 0, "message": f"{fault} happened once: there is nothing to undo"}
    with pytest.raises(RuntimeError, match=r"404 .*there is no fault f0"):
        fleet.ask("DELETE", "/faults/f0")


@pytest.mark.parametrize("kind", PARAMS)
def test_a_parameter_that_a_fault_does_not_know_is_refused_by_name(fleet: Fleet, kind: str) -> None:
    needs = {"image": {"pattern": "x", "behaviour": "crash"}, "node_lost": {"node": "*"}}.get(kind, {})
    with pytest.raises(RuntimeError, match=f"400 .*{kind} knows no delay, while; only cluster") as refused:
        fleet.fault(kind, delay=9, **{"while": 1}, **needs)
    assert all(name in str(refused.value) for name in PARAMS[kind])
    assert fleet.faults() == []


def test_faults_can_be_set_and_cleared_from_the_command_line(fleet: Fleet) -> None:
    def simulator(*arguments: str) -> int:
        command = [sys.executable, "-m", "simulator", *arguments]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert simulator("fault", fleet.control, "hold", "cluster=a", "match.verb=patch", "count=2") == 0
    shown = fleet.faults()[0]
    assert (shown["kind"], shown["match"], shown["left"]) == ("hold", {"verb": "patch"}, 2)
    assert simulator("clear", fleet.control) == 0
    assert fleet.faults() == []
    assert simulator("fault", fleet.control, "nonsense") == 1


def test_settings_change_while_the_fleet_runs(fleet: Fleet) -> None:
    before = fleet.ask("GET", "/settings")["pod_start"]
    assert fleet.settings(pod_start=[1, 2])["pod_start"] == [1.0, 2.0]
    fleet.settings(pod_start=before)
    with pytest.raises(RuntimeError, match="there is no setting"):
        fleet.settings(nonsense=1)


def test_the_audit_log_tells_who_changed_which_image(fleet: Fleet, space: Space) -> None:
    space.apply("deployments", deployment(tag="v1"))
    space.apply("deployments", deployment(tag="v2"))
    entries = [
        e for e in fleet.audit() if e.get("resource") == "deployments" and e["namespace"] == space.name
    ]
    assert [e["verb"] for e in entries] == ["patch", "patch"]
    assert entries[0]["image_before"] == {}
    assert entries[1]["image_before"] == {"api": "registry.example/shop/api:v1"}
    assert entries[1]["image_after"] == {"api": "registry.example/shop/api:v2"}
    assert (entries[1]["field_manager"], entries[1]["code"], entries[1]["dry_run"]) == ("drover", 200, False)


def test_the_audit_log_tells_of_refused_writes_and_dry_runs(fleet: Fleet, space: Space) -> None:
    space.create("configmaps", config_map())
    space.ask("POST", "configmaps", body=config_map())
    space.ask("DELETE", "configmaps", "settings", query="dryRun=All")
    entries = [e for e in fleet.audit() if e.get("namespace") == space.name and e["type"] == "request"]
    assert [(e["verb"], e["code"], e["dry_run"]) for e in entries] == [
        ("create", 201, False), ("create", 409, False), ("delete", 200, True),
    ]  # fmt: skip


def test_the_audit_log_is_ordered_and_can_be_read_in_pieces(fleet: Fleet, space: Space) -> None:
    for number in range(4):
        space.create("secrets", {"metadata": {"name": f"s{number}"}})
    entries = fleet.audit()
    assert [e["seq"] for e in entries] == sorted({e["seq"] for e in entries})
    assert [e["t"] for e in entries] == sorted(e["t"] for e in entries)
    page = fleet.ask("GET", f"/audit?since={entries[-3]['seq']}&limit=1")
    assert [e["seq"] for e in page["entries"]] == [entries[-2]["seq"]]
    assert page["next"] == entries[-2]["seq"]


def test_pod_entries_carry_prod_component_and_digest(fleet: Fleet, space: Space) -> None:
    body = deployment(replicas=1)
    body["spec"]["template"]["metadata"]["annotations"] = {"drover.dev/digest": "sha256:abc"}
    space.apply("deployments", body)
    until(space.rolled_out, "rolled out")
    entry = [e for e in fleet.audit() if e["type"] == "pod" and e["namespace"] == space.name][-1]
    assert (entry["prod"], entry["component"], entry["event"], entry["ready"]) == (
        "a-1",
        "api",
        "ready",
        True,
    )
    assert (entry["digest"], entry["image"]) == ("sha256:abc", "registry.example/shop/api:v1.0.0")
