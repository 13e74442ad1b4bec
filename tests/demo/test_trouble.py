"""What keeps the demo from starting is said in one sentence, with a non-zero exit, and nothing runs."""

import os
import socket
import subprocess
import sys

import pytest

from orchestrator.embedded.layout import LEAST_FREE_BYTES, open_layout
from orchestrator.embedded.postgres import Postgres
from orchestrator.embedded.trouble import Trouble


def demo(**env):
    return subprocess.run(
        [sys.executable, "-m", "orchestrator.embedded", "demo"],
        env=os.environ | {name: str(value) for name, value in env.items()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_refused(answer, *words):
    assert answer.returncode == 1, answer.stdout
    (sentence,) = answer.stderr.splitlines()
    assert [word for word in words if word not in sentence] == []


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_in_use(tmp_path, taken_port):
    answer = demo(DROVER_VAR=tmp_path / "var", DROVER_PORT=taken_port)
    assert_refused(answer, f"Port {taken_port} is in use", "DROVER_PORT")


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none(tmp_path, port):
    assert_refused(demo(DROVER_VAR=tmp_path / "var", DROVER_PORT=port), "DROVER_PORT")


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "var").touch()
    assert_refused(demo(DROVER_VAR=tmp_path / "var"), "is a file", "DROVER_VAR")


def test_a_file_in_place_of_a_folder_inside(tmp_path):
    (tmp_path / "log").touch()
    assert_refused(demo(DROVER_VAR=tmp_path), str(tmp_path / "log"), "is a file")


def test_a_folder_that_cannot_be_made():
    assert_refused(demo(DROVER_VAR="/proc/drover"), "Cannot write to /proc/drover", "DROVER_VAR")


def test_a_broken_database_folder(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/PG_VERSION").write_text("18\n")
    assert_refused(demo(DROVER_VAR=tmp_path), "not a PostgreSQL data folder", "move it away")


def test_a_database_folder_of_another_version(tmp_path):
    (tmp_path / "postgres/global").mkdir(parents=True)
    (tmp_path / "postgres/global/pg_control").touch()
    (tmp_path / "postgres/PG_VERSION").write_text("16\n")
    assert_refused(demo(DROVER_VAR=tmp_path), "belongs to PostgreSQL 16")


def test_a_damaged_database(tmp_path):
    Postgres(tmp_path / "postgres").prepare()
    control = tmp_path / "postgres/global/pg_control"
    control.write_bytes(b"\0" * control.stat().st_size)
    assert_refused(demo(DROVER_VAR=tmp_path), "postgres did not start", "postgres.log")


def test_a_full_disk(tmp_path):
    with pytest.raises(Trouble, match="is full: less than 300 MB free"):
        open_layout(tmp_path / "var", lambda folder: LEAST_FREE_BYTES - 1)


def test_a_folder_that_is_in_use(tmp_path):
    _, lock = open_layout(tmp_path / "var")
    with lock, pytest.raises(Trouble, match=f"already runs on .* \\(process {os.getpid()}\\)"):
        open_layout(tmp_path / "var")
    _, lock = open_layout(tmp_path / "var")
    lock.close()


def test_a_long_path_is_no_trouble(tmp_path):
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    server = Postgres(deep / "postgres")
    server.prepare()
    assert (deep / "postgres/PG_VERSION").is_file()
    assert len(str(server.socket_folder)) < 100
