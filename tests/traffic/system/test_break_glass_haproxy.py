"""`drover break-glass rollback` as a process of its own against Debian's HAProxy and a gateway of the simulator, which forward
requests of users meanwhile. It has the state file and two keys: no database, no broker."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from orchestrator.embedded.programs import ROOT
from tests.traffic.system.conftest import Stand
from tests.traffic.system.real_edges import EDGE, PROXY, failed, prods
from tests.wiring.test_break_glass import AWAY
from traffic.engine.state_file import write_state
from traffic.queries.state import read_state

pytestmark = pytest.mark.django_db

BAD, GOOD = "v1.1.0", "v1.0.0"
FLEET = [
    {"name": "a-1", "cluster": "a", "version": BAD},
    {"name": "b-1", "cluster": "b", "version": BAD},
    {"name": "c-1", "cluster": "c", "version": GOOD},
]
GROUPS = [
    {"group": "alone", "count": 5, "load": 1, "redundancy": "none", "prods": ["a-1"]},
    {"group": "pair", "count": 5, "load": 1, "redundancy": "two-domain", "prods": ["b-1", "c-1"]},
    {"group": "well", "count": 5, "load": 1, "redundancy": "none", "prods": ["c-1"]},
]
ALL = {"alone", "pair", "well"}
AHEAD = 1000  # as docs/break-glass.md promises
CAME_FROM = {"a-1": GOOD, "b-1": GOOD}


def rollback(folder: Path) -> "subprocess.CompletedProcess[str]":
    """The command line of a deployment."""
    env = {
        "PATH": os.environ["PATH"],
        **AWAY,
        "DROVER_DEMO": "on",  # clusters on the loopback address
        "DROVER_SECRET_KEY": settings.SECRET_KEY,
        "DROVER_CREDENTIAL_KEYS": ",".join(settings.CREDENTIAL_KEYS),
    }
    command = [str(ROOT / "deploy/drover"), "break-glass", "rollback", BAD, "--file", str(folder), "--yes"]
    return subprocess.run(command, env=env, cwd="/", check=False, capture_output=True, text=True, timeout=120)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def test_users_leave_a_bad_version_at_both_ways_in_and_no_request_fails(stand: Stand, state: Path) -> None:
    edges = stand(FLEET, GROUPS)
    write_state(state, read_state(CAME_FROM, timezone.now()))
    with edges.users() as users:
        before = users.log()
        assert {one["version"] for one in before if one["group"] != "well"} >= {BAD}
        done = rollback(state)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "All of it was read back as asked." in done.stdout
        for door in (EDGE, PROXY):
            assert {(one["prod"], one["version"]) for one in users.served_anew(ALL, door)} == {("c-1", GOOD)}
        everything = users.log()
    assert failed(everything) == {}
    assert prods(everything, "well") == {"c-1"}
    shown = edges.haproxy.router().read()
    assert {name: (dict(one.weights)["c-1"], one.epoch > AHEAD) for name, one in shown.items()} == {
        "alone": (100, True),
        "pair": (100, True),
        "well": (100, False),
    }


def test_what_a_deaf_proxy_did_not_hear_is_told_and_done_by_the_same_again(stand: Stand, state: Path) -> None:
    edges = stand(FLEET, GROUPS)
    write_state(state, read_state(CAME_FROM, timezone.now()))
    with edges.users() as users:
        with edges.deaf(PROXY):
            done = rollback(state)
            assert done.returncode == 1 and "2 not as asked" in done.stderr, done.stdout + done.stderr
            assert prods(users.served_anew(ALL, EDGE), "alone") == {"c-1"}
            assert prods(users.served_anew(ALL, PROXY), "alone") == {"a-1"}
        done = rollback(state)
        assert done.returncode == 0, done.stdout + done.stderr
        assert prods(users.served_anew(ALL, PROXY), "alone") == {"c-1"}
        assert failed(users.log()) == {}
    log = [json.loads(line) for line in (state / "break-glass.log").read_text().splitlines()]
    assert [line["what"] for line in log] == [f"rollback {BAD}", f"rollback {BAD}: done"] * 2
