"""The state file is written every minute by one worker; that it cannot be written is shown, and stops nothing."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from clusters.models import Prod, Version
from journal.models import Event
from releases import actions, tasks
from releases.engine.export import came_from, export_due
from releases.models import Step
from releases.preview import preview_release
from tests import build
from traffic import vault
from traffic.engine.state_file import BEFORE, NEWEST, UNFINISHED, load_state
from traffic.models import RouterInstance, StateFile
from traffic.queries.routers import read_state_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(db: None, settings: Any, tmp_path: Path) -> Path:
    build.fleet()
    settings.STATE_DIR = str(tmp_path)
    return tmp_path


def a_minute_later() -> None:
    StateFile.objects.update(due_at=timezone.now())


def test_it_is_written_once_a_minute_and_the_last_two_are_kept(folder: Path) -> None:
    for number in range(3):
        assert export_due() and not export_due(), "nobody writes it twice in a minute"
        a_minute_later()
        assert {path.name for path in folder.iterdir()} == ({NEWEST, BEFORE} if number else {NEWEST})
    assert (folder / NEWEST).stat().st_mode & 0o777 == 0o600
    assert load_state(folder).written_at > load_state(folder / BEFORE).written_at
    line = read_state_file(timezone.now())
    assert (line.is_old, line.reason) == (False, None)
    assert StateFile.objects.get().size == (folder / NEWEST).stat().st_size


def test_without_a_folder_nothing_is_written(folder: Path, settings: Any) -> None:
    settings.STATE_DIR = ""
    assert not export_due() and not StateFile.objects.exists()
    assert read_state_file(timezone.now()).written_at is None


def test_a_failure_is_told_once_and_the_tick_goes_on(folder: Path, settings: Any) -> None:
    settings.STATE_DIR = str(folder / "nobody made it")
    for _ in range(2):
        tasks.tick()
        a_minute_later()
    reason = read_state_file(timezone.now()).reason
    assert reason is not None and reason.code == "state-file-not-written"
    settings.STATE_DIR = str(folder)
    tasks.tick()
    assert read_state_file(timezone.now()).reason is None
    told = Event.objects.filter(reason__code__startswith="state-file").order_by("pk")
    assert [one.reason["code"] for one in told] == ["state-file-not-written", "state-file-written"]


def test_it_is_called_old_when_it_is_not_written_any_more(folder: Path) -> None:
    export_due()
    assert read_state_file(timezone.now() + timedelta(minutes=4)).is_old


def test_what_a_killed_writer_left_is_cleared_up(folder: Path) -> None:
    left, others = folder / f"{UNFINISHED}left", folder / f"{UNFINISHED}of-another"
    for path in (left, others):
        path.write_text("half")
    os.utime(left, (0, time.time() - 3600))
    export_due()
    assert not left.exists() and others.exists(), "somebody may be writing it right now"


def test_no_secret_stands_in_it(folder: Path) -> None:
    export_due()
    content = (folder / NEWEST).read_bytes()
    assert b"none" in content  # a word of the facts is readable
    build.router("zone")
    keys = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "Very+Secret/Key" * 3}
    RouterInstance.objects.filter(name="zone").update(credentials=vault.encrypt(keys))
    a_minute_later()
    export_due()
    content = (folder / NEWEST).read_bytes()
    assert b'"zone"' in content and b"Very+Secret" not in content and b"AKIAIOSF" not in content


def released(*prods: str) -> None:
    """These Prods run v1.1.0 by a release that is not over."""
    digest = preview_release("shop", "v1.1.0", {}, []).plan.digest
    run = actions.start_release(build.person("admin"), "shop", "v1.1.0", {}, [], digest)
    Step.objects.filter(run=run, prod__name__in=prods, kind="set_version").update(attempt=1)
    Prod.objects.filter(name__in=prods).update(version=Version.objects.get(name="v1.1.0"))


def test_where_prods_came_from_is_known_during_a_release_and_after_it(folder: Path) -> None:
    released("a-1", "c-2")
    assert came_from() == {"a-1": "v1.0.0", "c-2": "v1.0.0"}
    Prod.objects.filter(name="a-1").update(settled_version=Version.objects.get(name="v1.1.0"))
    assert came_from() == {"a-1": "v1.0.0", "c-2": "v1.0.0"}
    export_due()
    assert load_state(folder).came_from == came_from()


def test_a_prod_that_is_back_came_from_nowhere(folder: Path) -> None:
    released("a-1")
    Prod.objects.filter(name="a-1").update(version=Version.objects.get(name="v1.0.0"))
    assert came_from() == {}
