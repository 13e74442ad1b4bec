"""Rate limits: counted per caller, told in headers, never in the way of an emergency."""

import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from access.lockout import MOST_FAILURES
from access.tokens import create_token
from orchestrator.embedded.children import Children
from orchestrator.embedded.valkey import Valkey
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker(tmp_path: Path, settings: Any) -> Iterator[None]:
    """A Valkey of our own, and limits that are soon reached."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = Valkey(tmp_path, port, secrets.token_hex(16))
    server.prepare()
    children = Children()
    process = children.start(server.command(), output=subprocess.DEVNULL)
    settings.REDIS_URL = server.url
    settings.API_RATE, settings.API_RATE_UNKNOWN = 3, 2
    while not server.ready():
        time.sleep(0.02)
    yield
    children.stop(process, server.stop_signal, 5)
    children.close()


def ask(token: str, path: str = "me/", method: str = "GET") -> Any:
    client = Client()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.generic(method, f"/api/v1/{path}", "", "application/json", headers=headers)


def left(answer: Any) -> int:
    """`r` of the RateLimit header."""
    fields = dict(part.split("=") for part in answer.headers["RateLimit"].split(";")[1:])
    assert 1 <= int(fields["t"]) <= 60
    return int(fields["r"])


def token(role: str = "on-call", name: str = "test") -> str:
    return create_token(build.person(role), name, role)


def test_each_answer_says_how_many_are_left_and_then_when_to_come_back(broker: None) -> None:
    mine = token()
    answers = [ask(mine) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [left(answer) for answer in answers] == [2, 1, 0, 0]
    assert answers[0].headers["RateLimit-Policy"] == '"caller";q=3;w=60'
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 62
    assert answers[3].headers["Content-Type"] == "application/problem+json"


def test_each_token_has_its_own_share(broker: None) -> None:
    first, second = token(), token(name="second")
    for _ in range(4):
        ask(first)
    assert ask(first).status_code == 429
    assert ask(second).status_code == 200


EMERGENCY = ("pause", "abort", "rollback")


@pytest.mark.parametrize("action", EMERGENCY)
def test_an_emergency_action_is_never_limited(broker: None, action: str) -> None:
    mine = token()
    for _ in range(5):
        ask(mine)
    assert ask(mine).status_code == 429
    answer = ask(mine, f"runs/1/actions/{action}/", "POST")
    assert answer.status_code in {404, 409, 422}, answer.content
    assert "RateLimit" not in answer.headers


def test_who_says_not_who_they_are_is_limited_by_address_and_keeps_nobody_out(broker: None) -> None:
    assert [ask("").status_code for _ in range(3)] == [401, 401, 429]
    assert ask("drv_" + "x" * 49).status_code == 429
    assert ask(token()).status_code == 200


def test_while_the_broker_is_away_nobody_is_limited(settings: Any) -> None:
    settings.API_RATE = 1
    mine = token()
    answers = [ask(mine) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "RateLimit" not in answers[0].headers


def test_guessing_over_many_names_shuts_the_login_for_the_address() -> None:
    for number in range(MOST_FAILURES):
        AccessAttempt.objects.create(
            username=f"name-{number}", ip_address="127.0.0.1", failures_since_start=1
        )
    answer = Client().post("/login/", {"username": "somebody", "password": "a guess"})
    assert answer.status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(hours=1))
    assert Client().post("/login/", {"username": "somebody", "password": "a guess"}).status_code == 200
