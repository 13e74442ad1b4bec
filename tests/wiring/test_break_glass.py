"""`drover break-glass` as a process of its own: no database, no broker, a real socket to the router."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.adapters.routers.haproxy_stand_in import StandIn
from tests.adapters.routers.haproxy_worlds import Door
from tests.core.traffic.world import facts, place, route
from tests.deploy.offers import ROOT
from traffic.core.facts import RouterNow, TrafficFacts
from traffic.core.state import InstanceState, State
from traffic.engine.state_file import NEWEST, write_state
from traffic.routers.haproxy import HaproxyRouter
from traffic.routers.haproxy_layout import Layout
from traffic.routers.haproxy_wire import Wire
from traffic.routers.protocol import Asked, Backend

LAYOUT = Layout(folder="/maps", routes=5, members=6)
PRODS = ("a-1", "a-2", "b-1", "c-1")
AWAY = {
    "DROVER_DATABASE_URL": "postgresql://drover@127.0.0.1:1/drover",
    "DROVER_REDIS_URL": "redis://127.0.0.1:1/0",
}


class Done(NamedTuple):
    """How the command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


Drover = Callable[..., Done]


def fleet() -> TrafficFacts:
    """Two Routes on a, one of which has a single writer."""
    places = [place(name, version="v2" if name[0] == "a" else "v1") for name in PRODS]
    one = route("shop", {"a-1": 100}, routers=("proxy",))
    other = route("books", {"a-2": 100}, routers=("proxy",), data_class="single-writer")
    shares = frozenset({"v1", "v2"})
    places = [replace(one, shares=shares) for one in places]
    return facts(places, [one, other], routers=(RouterNow("proxy", "tokyo"),))


def state(address: str, age: timedelta = timedelta()) -> State:
    return State(
        written_at=timezone.now() - age,
        facts=fleet(),
        epochs={"shop": 3, "books": 3},
        addresses={name: ("10.0.0.1", 8000 + number) for number, name in enumerate(PRODS)},
        came_from={"a-1": "v1", "a-2": "v1"},
        instances=(InstanceState("proxy", "haproxy", "tokyo", {"address": address, "folder": "/maps"}),),
    )


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """A HAProxy on which both Routes are published at epoch 3."""
    found = Door(tmp_path / "door", StandIn(LAYOUT).run)
    asked = [
        Asked(name, 3, (Backend(prod, 100, "10.0.0.1", 8000 + PRODS.index(prod)),), (f"{name}.example",))
        for name, prod in (("shop", "a-1"), ("books", "a-2"))
    ]
    router = HaproxyRouter(Wire(found.address), LAYOUT)
    for write in router.plan(asked, router.read()):
        router.apply(write)
    yield found
    found.close()


@pytest.fixture
def folder(tmp_path: Path, door: Door) -> Path:
    path = tmp_path / "state"
    path.mkdir()
    write_state(path, with_layout(state(door.address)))
    return path


def with_layout(made: State) -> State:
    (one,) = made.instances
    sizes = {"routes": LAYOUT.routes, "members": LAYOUT.members}
    return replace(made, instances=(replace(one, settings={**one.settings, **sizes}),))


@pytest.fixture
def drover(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Drover:
    """The command in this process, where a test without a mark may not touch the database."""

    def run(*arguments: str, typed: str = "", file: Path = folder) -> Done:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        out = io.StringIO()
        try:
            call_command("break_glass", *arguments, "--file", str(file), stdout=out)
        except CommandError as error:
            return Done(1, out.getvalue(), str(error))
        return Done(0, out.getvalue(), "")

    return run


def serving(door: Door) -> dict[str, dict[str, int]]:
    """Route -> Prod -> weight, of those that serve somebody, as the router says."""
    shown = HaproxyRouter(Wire(door.address), LAYOUT).read()
    return {name: {prod: weight for prod, weight in one.weights if weight} for name, one in shown.items()}


UNTOUCHED = {"shop": {"a-1": 100}, "books": {"a-2": 100}}


def test_users_are_moved_with_the_database_and_the_broker_away(door: Door, folder: Path) -> None:
    command = [sys.executable, "manage.py", "break_glass", "evacuate", "a", "--file", str(folder)]
    done = subprocess.run(
        [*command, "--yes", "--fenced", "books"],
        env=os.environ | AWAY, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(prod[0] in "bc" for prods in serving(door).values() for prod in prods)
    assert "All of it was read back as asked." in done.stdout
    log = [json.loads(line) for line in (folder / "break-glass.log").read_text().splitlines()]
    assert [line["what"] for line in log] == ["evacuate a", "evacuate a: done"]
    assert {line["route"]: line["trouble"] for line in log[1]["lines"]} == {"shop": None, "books": None}
    assert (folder / "break-glass.log").stat().st_mode & 0o777 == 0o600


def test_a_version_is_left_for_the_prods_that_run_another(drover: Drover, door: Door) -> None:
    done = drover("rollback", "v2", "--yes", "--fenced", "books")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(prod[0] in "bc" for prods in serving(door).values() for prod in prods)


def test_a_dry_run_writes_nothing(drover: Drover, door: Door, folder: Path) -> None:
    done = drover("evacuate", "a", "--dry-run")
    assert done.returncode == 0 and "this was a dry run" in done.stdout
    assert serving(door) == UNTOUCHED and not (folder / "break-glass.log").exists()


def test_one_writer_is_moved_only_where_a_person_vouches(drover: Drover, door: Door) -> None:
    done = drover("evacuate", "a", "--yes")
    assert done.returncode == 1 and "books is left out" in done.stdout
    assert serving(door)["books"] == {"a-2": 100} and serving(door)["shop"] != {"a-1": 100}


@pytest.mark.parametrize(
    ("typed", "moved"),
    [("books\na\n", True), ("books\nb\n", False), ("", False)],
    ids=["both words", "another word", "nothing"],
)
def test_what_is_to_be_done_is_typed(drover: Drover, door: Door, typed: str, moved: bool) -> None:
    done = drover("evacuate", "a", typed=typed)
    assert (done.returncode == 0) is moved, done.stdout + done.stderr
    assert (serving(door) != UNTOUCHED) is moved


def test_users_leave_only_the_prod_that_is_named(drover: Drover, door: Door) -> None:
    done = drover("evacuate", "a", "--prod", "a-1", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert serving(door)["books"] == {"a-2": 100} and "a-1" not in serving(door)["shop"]


def test_where_nobody_was_known_to_serve_a_person_may_say_so(
    drover: Drover, door: Door, folder: Path
) -> None:
    blind = replace(
        fleet(), places=tuple(replace(one, serving=False, ready_percent=0) for one in fleet().places)
    )
    write_state(folder, replace(with_layout(state(door.address)), facts=blind))
    done = drover("evacuate", "a", "--yes")
    assert "shop (100 tenants) IS LOST" in done.stdout and serving(door) == UNTOUCHED
    assert done.returncode == 1 and "2 Routes are lost" in done.stderr
    assert drover("evacuate", "a", "--yes", "--assume-serving", "--fenced", "books").returncode == 0
    assert all(prod[0] in "bc" for prods in serving(door).values() for prod in prods)


def test_of_a_cluster_that_is_alive_who_finds_no_place_stays(
    drover: Drover, folder: Path, door: Door
) -> None:
    full = replace(
        fleet(), places=tuple(replace(one, capacity=100) for one in fleet().places if one.cluster == "a")
    )
    write_state(folder, replace(with_layout(state(door.address)), facts=full))
    assert "IS LOST" in drover("evacuate", "a", "--dry-run").stdout
    alive = drover("evacuate", "a", "--alive", "--dry-run").stdout
    assert "stays" in alive and "IS LOST" not in alive


def test_a_router_that_does_not_answer_is_told(drover: Drover, door: Door, folder: Path) -> None:
    (one,) = with_layout(state(door.address)).instances
    dead = replace(one, name="other", settings={**one.settings, "address": f"unix:{folder}/nobody"})
    both = fleet()
    both = replace(both, routes=tuple(replace(r, routers=("other", "proxy")) for r in both.routes))
    write_state(folder, replace(state(door.address), facts=both, instances=(one, dead)))
    done = drover("evacuate", "a", "--yes", "--fenced", "books")
    assert done.returncode == 1 and "2 not as asked" in done.stderr
    assert all(prod[0] in "bc" for prods in serving(door).values() for prod in prods)


def test_a_file_is_as_old_as_it_says(drover: Drover, door: Door, folder: Path) -> None:
    write_state(folder, with_layout(state(door.address, timedelta(hours=3))))
    done = drover("evacuate", "a", "--yes")
    assert done.returncode == 1 and "3 h 0 min ago" in done.stdout and "--old" in done.stderr
    assert serving(door) == UNTOUCHED
    assert drover("evacuate", "a", "--yes", "--old", "--fenced", "books").returncode == 0


def test_a_file_of_somebody_else_moves_nobody(
    drover: Drover, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SECRET_KEY", "another key")
    done = drover("evacuate", "a", "--yes")
    assert done.returncode == 1 and "another DROVER_SECRET_KEY" in done.stderr
    assert serving(door) == UNTOUCHED


def test_the_file_before_is_taken_where_the_newest_is_broken(
    drover: Drover, door: Door, folder: Path
) -> None:
    write_state(folder, with_layout(state(door.address)))
    (folder / NEWEST).write_bytes((folder / NEWEST).read_bytes()[:-5])
    assert drover("show").returncode == 0
    done = drover("show", file=folder / NEWEST)
    assert done.returncode == 1 and "its end is missing" in done.stderr


def test_what_is_not_there_is_told_with_what_is(drover: Drover) -> None:
    for arguments, said in {
        ("evacuate", "z"): "There is no cluster z. There are: a, b, c",
        ("evacuate", "a", "--prod", "b-1"): "There is no Prod there b-1",
        ("rollback", "v9"): "There is no version that is run v9",
    }.items():
        done = drover(*arguments, "--yes")
        assert done.returncode == 1 and said in done.stderr


def test_show_says_who_would_survive_what(drover: Drover) -> None:
    done = drover("show")
    assert done.returncode == 0 and "4 Prods, 4 of them known to serve well; 2 Routes" in done.stdout


def test_the_command_line_of_a_deployment_needs_only_keys_and_file(folder: Path) -> None:
    keys = {
        "PATH": os.environ["PATH"],
        "DROVER_SECRET_KEY": settings.SECRET_KEY,
        "DROVER_CREDENTIAL_KEYS": ",".join(settings.CREDENTIAL_KEYS),
    }
    command = [str(ROOT / "deploy/drover"), "break-glass", "show", "--file", str(folder)]
    done = subprocess.run(
        command, env=keys, cwd="/", capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
