"""The web process as the deployment starts it, asked as the deployment asks it."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from deploy.compose.healthcheck import main as healthcheck
from orchestrator.embedded.layout import free_ports

from . import composed, manifests, offers
from .processes import Process
from .running import alone

PATIENCE_S = 30


def status(port: int, path: str, host: str) -> int:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", path, headers={"Host": host})
        with asked.getresponse() as answer:
            return answer.status
    except OSError:
        return 0
    finally:
        asked.close()


@contextmanager
def served(process: Process, env: Mapping[str, str]) -> Iterator[int]:
    """The port of the process, which runs its own command but listens on the loopback address."""
    (port,) = free_ports(1)
    replaced = {"0.0.0.0": "127.0.0.1", "8000": str(port)}
    arguments = [replaced.get(word, word) for word in process.command]
    command = [sys.executable, "-m", *arguments]
    running = subprocess.Popen(command, cwd=offers.ROOT, env=alone(env), stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not status(port, "/healthz", "localhost"):
            assert time.monotonic() < deadline, "the web process does not answer"
            assert running.poll() is None, "the web process ended"
        yield port
    finally:
        running.terminate()
        running.wait(10)


@pytest.fixture
def env(tmp_path: Path, db: None) -> dict[str, str]:
    """The settings of the manifests, with the database of the tests."""
    given = urlsplit(os.environ["DROVER_DATABASE_URL"])
    secrets = {
        "secret-key": os.environ["DROVER_SECRET_KEY"],
        "credential-keys": os.environ["DROVER_CREDENTIAL_KEYS"],
        "database-url": given._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "redis-url": os.environ["DROVER_REDIS_URL"],
    }
    for name, value in secrets.items():
        (tmp_path / name).write_text(value)
    found = manifests.processes(manifests.load_base())["web"].env
    return {name: value.replace("/etc/drover", str(tmp_path)) for name, value in found.items()}


def probes() -> dict[str, tuple[str, str]]:
    """Path and Host header of each probe of web."""
    container = manifests.pod(manifests.workloads(manifests.load_base())["web"])["containers"][0]
    asked = {kind: container[kind]["httpGet"] for kind in manifests.NEEDED}
    return {kind: (one["path"], one["httpHeaders"][0]["value"]) for kind, one in asked.items()}


def test_every_probe_is_answered(env: dict[str, str]) -> None:
    process = manifests.processes(manifests.load_base())["web"]
    with served(process, env) as port:
        # What the probes know is sent without TLS; people are sent to it.
        assert {kind: status(port, *one) for kind, one in probes().items()} == dict.fromkeys(
            manifests.NEEDED, 200
        )
        assert status(port, "/login/", "localhost") == 301
        # As the kubelet would ask by itself: this is why the probes say a Host.
        assert status(port, "/healthz", "10.1.2.3:8000") == 400
        checked = composed.load_compose()["services"]["web"]["healthcheck"]["test"]
        assert [healthcheck(path, str(port)) for path in (checked[-1], "/healthz")] == [0, 0]
        assert healthcheck("/login/", str(port)) == 1
    assert healthcheck("/healthz", str(port)) == 1


def test_a_web_process_without_a_database_is_alive_and_not_ready(env: dict[str, str]) -> None:
    away = {"DROVER_DATABASE_URL": "postgresql://127.0.0.1:1/x", "DROVER_DATABASE_POOL": "0"}
    with served(manifests.processes(manifests.load_base())["web"], env | away) as port:
        found = {kind: status(port, *one) for kind, one in probes().items()}
    assert found == {"startupProbe": 200, "readinessProbe": 503, "livenessProbe": 200}
