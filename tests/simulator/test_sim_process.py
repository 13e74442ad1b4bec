"""The process: command line, ready file, kubeconfig, state, signals, ports."""

import json
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from simulator.testing import FleetFailed, start_fleet
from tests.simulator.space import Space, deployment, service, until


def serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", "serve", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def test_the_kubeconfig_is_private_and_has_a_context_per_cluster() -> None:
    with start_fleet(["a", "b-2"]) as fleet:
        config = yaml.safe_load(fleet.kubeconfig.read_text())
        assert stat.S_IMODE(fleet.kubeconfig.stat().st_mode) == 0o600
        assert [context["name"] for context in config["contexts"]] == ["a", "b-2"]
        servers = {entry["name"]: entry["cluster"]["server"] for entry in config["clusters"]}
        assert servers["a"].startswith(fleet.clusters["a"].server)
        tokens = {entry["name"]: entry["user"]["token"] for entry in config["users"]}
        assert tokens["b-2"] == fleet.clusters["b-2"].token


def test_a_token_of_one_cluster_opens_no_other() -> None:
    with start_fleet(["a", "b"]) as fleet:
        assert fleet.clusters["a"].token != fleet.clusters["b"].token


def test_objects_pods_and_doors_survive_a_restart(tmp_path: Path) -> None:
    with start_fleet(["a"], state=tmp_path) as fleet:
        fleet.request("a", "POST", "/api/v1/namespaces", {"metadata": {"name": "kept"}})
        space = Space(fleet, "kept")
        space.create("deployments", deployment())
        space.create("services", service())
        until(space.rolled_out, "rolled out")
        door, control = fleet.clusters["a"], fleet.control
        before = {pod["metadata"]["uid"] for pod in space.list("pods")}
        version = int(space.ask("GET", "pods")[1]["metadata"]["resourceVersion"])
    with start_fleet(["a"], state=tmp_path) as fleet:
        space = Space(fleet, "kept")
        assert (fleet.clusters["a"], fleet.control) == (door, control)
        assert space.rolled_out()
        assert {pod["metadata"]["uid"] for pod in space.list("pods")} == before
        assert int(space.ask("GET", "pods")[1]["metadata"]["resourceVersion"]) >= version
        space.apply("deployments", deployment(tag="v2"), force=True)
        until(lambda: space.rolled_out(tag="v2"), "rolls on after the restart")


def test_a_rollout_goes_on_after_a_kill(tmp_path: Path) -> None:
    fleet = start_fleet(["a"], state=tmp_path, pod_start=(1.0, 2.0))
    fleet.request("a", "POST", "/api/v1/namespaces", {"metadata": {"name": "kept"}})
    Space(fleet, "kept").create("deployments", deployment())
    saved = tmp_path / "cluster-a.jsonl"
    until(lambda: '"apps/deployments"' in saved.read_text(), "saved")
    fleet.process.kill()
    fleet.process.wait(5)
    fleet.stop()
    with start_fleet(["a"], state=tmp_path) as again:
        until(Space(again, "kept").rolled_out, "rolled out after all")


def test_a_broken_state_is_one_sentence_and_no_start(tmp_path: Path) -> None:
    (tmp_path / "cluster-a.jsonl").write_text("{broken")
    answer = serve("--clusters", "a", "--state", str(tmp_path))
    assert answer.returncode == 1
    assert "cannot be read" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_a_port_in_use_is_one_sentence_and_exit_code_1() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = serve("--clusters", "a", "--port", str(port))
        assert (answer.returncode, answer.stderr) == (
            1,
            f"simulator: control port {port} is already in use\n",
        )
        with pytest.raises(FleetFailed, match="already in use"):
            start_fleet(["a"], base_port=port - 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--clusters", "A"),
        ("--clusters", "a,a"),
        ("--clusters", "a", "--pod-start", "x"),
        ("--clusters", "a", "--nodes", "0"),
    ],
)
def test_senseless_options_are_one_sentence_and_exit_code_1(arguments: tuple[str, ...]) -> None:
    answer = serve(*arguments)
    assert (answer.returncode, len(answer.stderr.splitlines())) == (1, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_within_a_second_even_with_open_watches(number: signal.Signals) -> None:
    with start_fleet(["a"]) as fleet:
        access = fleet.clusters["a"]
        with socket.create_connection(
            ("127.0.0.1", int(access.server.rpartition(":")[2])), timeout=5
        ) as watch:
            head = f"GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {access.token}\r\n\r\n"
            watch.sendall(head.encode())
            assert watch.recv(100).startswith(b"HTTP/1.1 200")
            begun = time.monotonic()
            fleet.process.send_signal(number)
            assert fleet.process.wait(5) == 0
            assert time.monotonic() - begun < 1


def test_the_audit_file_holds_what_the_control_api_tells(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    with start_fleet(["a"], audit=path) as fleet:
        fleet.request("a", "POST", "/api/v1/namespaces", {"metadata": {"name": "x"}})
        assert [json.loads(line) for line in path.read_text().splitlines()] == fleet.audit()


def test_the_same_seed_gives_the_same_start_times() -> None:
    def start_order() -> list[float]:
        with start_fleet(["a"], seed=7, pod_start=(0.2, 0.6)) as fleet:
            fleet.request("a", "POST", "/api/v1/namespaces", {"metadata": {"name": "x"}})
            space = Space(fleet, "x")
            space.create("deployments", deployment(replicas=1))
            until(space.rolled_out, "rolled out")
            times = {e["event"]: e["t"] for e in fleet.audit() if e["type"] == "pod"}
            return [times["ready"] - times["created"]]

    first, second = start_order(), start_order()
    assert first == pytest.approx(second, abs=0.15)
