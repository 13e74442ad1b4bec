"""`manage.py alive`: who is called dead, and who is left alone."""

import os
import socket
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from clusters.models import Cluster
from releases import actions
from releases.core.states import RunKind
from releases.models import Run, Wake
from releases.preview import preview_release
from tests import build

from .running import run_manage

pytestmark = pytest.mark.django_db
HERE = f"{socket.gethostname()}:1#ab"


def alive(*arguments: str) -> bool:
    try:
        call_command("alive", *arguments, stdout=StringIO())
    except CommandError:
        return False
    return True


@pytest.fixture(autouse=True)
def connection_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command hangs up at its end, and the test would lose its transaction."""
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.delenv("DROVER_READY_FILE", raising=False)


@pytest.fixture
def run() -> Run:
    """A release that was due just now."""
    build.fleet()
    plan = preview_release("shop", "v1.1.0", {}, []).plan
    return actions.start_release(build.person("admin"), "shop", "v1.1.0", {}, [], plan.digest)


def due_since(seconds: int) -> None:
    Wake.objects.update(due_at=timezone.now() - timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("kind", "seconds", "arguments", "expected"),
    [
        (RunKind.RELEASE, 0, ["worker"], True),
        (RunKind.RELEASE, 50, ["worker"], True),
        (RunKind.RELEASE, 70, ["worker"], False),
        (RunKind.RELEASE, 70, ["worker", "--queue", "default"], False),
        (RunKind.RELEASE, 70, ["worker", "--queue", "emergency"], True),
        (RunKind.ROLLBACK, 70, ["worker", "--queue", "emergency"], False),
        (RunKind.ROLLBACK, 70, ["worker", "--queue", "default"], True),
        (RunKind.RELEASE, 70, ["beat"], False),
        (RunKind.ROLLBACK, 70, ["beat"], False),
        (RunKind.RELEASE, 0, ["beat"], True),
        (RunKind.RELEASE, 70, ["worker", "--late", "90"], True),
        (RunKind.RELEASE, 70, ["observer"], True),
    ],
)
def test_work_that_waits_shows_who_does_not_work(
    run: Run, kind: RunKind, seconds: int, arguments: list[str], expected: bool
) -> None:
    Run.objects.update(kind=kind)
    due_since(seconds)
    watched(HERE, 10)
    assert alive(*arguments) is expected


def test_an_ended_run_waits_for_nobody(run: Run) -> None:
    due_since(600)
    Run.objects.update(state="aborted", finished_at=timezone.now())
    assert alive("worker")


@pytest.mark.parametrize(("age_s", "expected"), [(5, True), (70, False)])
def test_who_has_worked_lately_is_alive_however_much_waits(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_s: int, expected: bool
) -> None:
    due_since(600)
    ready = tmp_path / "ready"
    ready.touch()
    os.utime(ready, (time.time() - age_s,) * 2)
    monkeypatch.setenv("DROVER_READY_FILE", str(ready))
    assert alive("worker") is expected


def watched(observer: str, left_s: int) -> None:
    """All Clusters are held by `observer`, for `left_s` seconds from now."""
    Cluster.objects.update(observer=observer, lease_until=timezone.now() + timedelta(seconds=left_s))


@pytest.mark.parametrize(
    ("observer", "left_s", "expected"),
    [
        (HERE, 8, True),
        ("elsewhere:1#cd", 8, True),
        ("", -50, True),
        ("", -70, False),
        (HERE, -70, False),
    ],
    ids=["ours", "another's", "free for a moment", "nobody's", "ours, not renewed"],
)
def test_a_cluster_that_nobody_watches_shows_an_observer_that_does_not(
    observer: str, left_s: int, expected: bool
) -> None:
    build.cluster("a", "dc1")
    watched(observer, left_s)
    assert alive("observer") is expected


def test_an_observer_that_has_its_hands_full_is_alive() -> None:
    build.cluster("a", "dc1")
    build.cluster("b", "dc2")
    watched("", -600)
    Cluster.objects.filter(name="a").update(observer=HERE, lease_until=timezone.now() + timedelta(seconds=8))
    assert alive("observer")


def test_a_retired_cluster_needs_no_observer() -> None:
    build.cluster("a", "dc1")
    watched("", -600)
    Cluster.objects.update(intent=Cluster.Intent.RETIRED)
    assert alive("observer")


@pytest.mark.parametrize("pool", ["0", "20"])
def test_a_database_that_does_not_answer_is_not_the_fault_of_a_process(pool: str) -> None:
    env = {name: value for name, value in os.environ.items() if name.startswith("DROVER_")}
    away = {"DROVER_DATABASE_URL": "postgresql://127.0.0.1:1/x", "DROVER_DATABASE_POOL": pool}
    assert run_manage(env | away, "alive", "worker") == (0, "The database does not answer: nothing is known.")
