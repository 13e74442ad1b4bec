"""The broker of compose, started for real with the configuration that is made for it."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from deploy.compose.make_secrets import main as make_secrets
from orchestrator.embedded.layout import free_ports
from orchestrator.embedded.valkey import program

from .composed import load_compose

PATIENCE_S = 10


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Its URL, from the secret that processes read, and its port."""
    make_secrets(tmp_path / "secrets")
    (port,) = free_ports(1)
    command = [program(), tmp_path / "secrets/valkey.conf", "--port", str(port), "--bind", "127.0.0.1"]
    running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    url = (tmp_path / "secrets/redis-url").read_text().replace("valkey:6379", f"127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not _answers(url):
            assert time.monotonic() < deadline, "the broker does not answer"
            assert running.poll() is None, "the broker ended"
        yield url, port
    finally:
        running.terminate()
        running.wait(10)


def _answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def test_the_broker_takes_its_password_and_no_other(broker: tuple[str, int]) -> None:
    url, port = broker
    with redis.Redis.from_url(url) as client:
        assert client.set("a", "b")
    with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.get("a")


def test_the_health_check_may_ping_and_nothing_else(broker: tuple[str, int]) -> None:
    words = load_compose()["services"]["valkey"]["healthcheck"]["test"][1].split()
    user, password = words[words.index("--user") + 1], words[words.index("--pass") + 1]
    with redis.Redis(port=broker[1], username=user, password=password) as probe:
        assert probe.ping()
        for forbidden in (["GET", "a"], ["CONFIG", "GET", "*"], ["ACL", "LIST"], ["SUBSCRIBE", "a"]):
            with pytest.raises(redis.exceptions.NoPermissionError):
                probe.execute_command(*forbidden)
