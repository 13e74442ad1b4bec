"""docker-compose.yml against what the code offers. No Docker is needed, so none of it is started here."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.compose.make_secrets import main as make_secrets

from . import offers
from .composed import FOR_PEOPLE, asked_of_people, compose_problems, load_compose, processes, secret_files
from .running import complaints, run_check

Change = Callable[[dict[str, Any]], Any]


def test_the_file_asks_for_nothing_that_the_code_does_not_offer() -> None:
    assert list(compose_problems(load_compose())) == []


def _set(service: str, *path: Any, to: Any) -> Change:
    def change(compose: dict[str, Any]) -> None:
        node = compose["services"][service]
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = to

    return change


def _drop(service: str, *path: Any) -> Change:
    def change(compose: dict[str, Any]) -> None:
        node = compose["services"][service]
        for key in path[:-1]:
            node = node[key]
        del node[path[-1]]

    return change


BROKEN: dict[str, tuple[Change, str]] = {
    "a command that is not there": (_set("observer", "command", 2, to="observe"), "no command observe"),
    "an option that is not there": (_set("worker", "command", 4, to="--pol"), "No such option"),
    "a queue without messages": (_set("worker", "command", 9, to="defalt"), "sent to the queue defalt"),
    "a queue without a worker": (
        lambda file: file["services"].pop("worker-emergency"),
        "nobody serves the queue emergency",
    ),
    "another application": (_set("web", "command", 1, to="orchestrator.asgi:app"), "does not define"),
    "a probe that is not there": (_set("beat", "healthcheck", "test", 4, to="beet"), "invalid choice"),
    "a probe of another queue": (_set("worker", "healthcheck", "test", 6, to="emergency"), "no probe asks"),
    "a health check file that is not there": (
        _set("web", "healthcheck", "test", 2, to="healthz.py"),
        "unknown program: python healthz.py",
    ),
    "no health check": (_drop("worker", "healthcheck"), "no health check"),
    "a health check of nothing": (_set("valkey", "healthcheck", "test", 1, to="redis-cli ping"), "redis-cli"),
    "a variable that nobody reads": (_set("web", "environment", "DROVER_URI", to="x"), "reads DROVER_URI"),
    "a variable that is missing": (
        _drop("beat", "environment", "DROVER_REDIS_URL_FILE"),
        "beat: DROVER_REDIS_URL is not given",
    ),
    "a secret in the environment": (
        _set("web", "environment", "DROVER_SECRET_KEY", to="x"),
        "DROVER_SECRET_KEY is no file",
    ),
    "a secret that is not granted": (_set("web", "secrets", to=["secret-key"]), "redis-url is not granted"),
    "a secret that nobody uses": (
        lambda file: file["services"]["web"]["secrets"].append("valkey.conf"),
        "web: the secret valkey.conf is not used",
    ),
    "a secret without a file": (lambda file: file["secrets"].pop("redis-url"), "no secret redis-url"),
    "too few connections": (
        _set("worker", "environment", "DROVER_DATABASE_POOL", to="8"),
        "worker: 8 connections",
    ),
    "an image without a version": (_set("postgres", "image", to="postgres"), "its image has no version"),
    "the latest image": (_set("valkey", "image", to="valkey/valkey:latest"), "its image has no version"),
    "privileges": (_set("web", "privileged", to=True), "web: it is privileged"),
    "a writable root": (_drop("postgres", "read_only"), "not read-only"),
    "capabilities": (_set("worker", "cap_drop", to=["NET_RAW"]), "keeps capabilities"),
    "new privileges": (_drop("demo", "security_opt"), "may gain privileges"),
    "a port for everybody": (_set("web", "ports", to=["8000:8000"]), "beyond this machine"),
    "a port of a worker": (_set("worker", "ports", to=["127.0.0.1:1:1"]), "only web is published"),
    "a name for one only": (_set("worker", "container_name", to="worker"), "cannot be scaled"),
    "no waiting for the migration": (_drop("web", "depends_on", "migrate"), "wait for the migration"),
    "a migration without a database": (_drop("migrate", "depends_on"), "wait for PostgreSQL"),
    "waiting for nobody": (
        _set("web", "depends_on", "redis", to={"condition": "service_healthy"}),
        "waits for redis",
    ),
    "no observer": (lambda file: file["services"].pop("observer"), "there is no observer"),
    "a demo for everybody": (_drop("demo", "profiles"), "without being asked for"),
    "a demo in a network of its own": (_drop("demo", "network_mode"), "nobody reaches"),
    "a demo that forgets": (_set("demo", "environment", "DROVER_VAR", to="/tmp"), "data are lost"),
    "a demo asked elsewhere": (_set("demo", "environment", "DROVER_PORT", to="1"), "asks another port"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_found(name: str) -> None:
    change, words = BROKEN[name]
    compose = load_compose()
    change(compose)
    assert words in "\n".join(compose_problems(compose))


def test_people_set_only_what_the_manual_names() -> None:
    manual = (offers.ROOT / "docs/deploying.md").read_text()
    assert asked_of_people() == FOR_PEOPLE
    assert [name for name in sorted(FOR_PEOPLE) if f"`{name}`" not in manual] == []


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    make_secrets(tmp_path / "secrets")
    return tmp_path / "secrets"


def test_the_secrets_that_are_made_are_those_that_are_read(secrets: Path) -> None:
    read = {path.name for path in secret_files(load_compose()).values()}
    assert read <= {path.name for path in secrets.iterdir()}
    assert {path.parent.name for path in secret_files(load_compose()).values()} == {secrets.name}


def test_secrets_once_made_stay_and_are_hidden_from_others_and_from_git(secrets: Path) -> None:
    before = {path.name: path.read_text() for path in secrets.iterdir()}
    make_secrets(secrets)
    assert {path.name: path.read_text() for path in secrets.iterdir()} == before
    assert secrets.stat().st_mode & 0o777 == 0o700
    ignored = (offers.ROOT / "deploy/compose/.gitignore").read_text().split()
    assert ignored == ["secrets/"]


def test_the_command_that_makes_secrets_prints_none(tmp_path: Path) -> None:
    command = [sys.executable, "-I", str(offers.ROOT / "deploy/compose/make_secrets.py"), str(tmp_path / "s")]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    found = said.stdout + said.stderr
    assert [path.name for path in (tmp_path / "s").iterdir() if path.read_text() in found] == []


# One with a pool and one without: else the settings of all of them are the same.
@pytest.mark.parametrize("name", ["web", "migrate"])
def test_processes_start_with_these_settings_behind_a_proxy(name: str, secrets: Path) -> None:
    asked = {"DROVER_URL": "https://drover.example", "DROVER_BEHIND_PROXY": "on"}
    env = _placed({**processes(load_compose())[name].env, **asked}, secrets)
    code, said = run_check(env)
    assert (code, complaints(said)) == (0, [])


def test_processes_start_on_this_machine_without_a_proxy(secrets: Path) -> None:
    code, said = run_check(_placed(processes(load_compose())["web"].env, secrets))
    # Without TLS Django misses what TLS would give.
    assert (code, {one.partition(".")[0] for one in complaints(said)}) == (0, {"security"})


def test_plain_http_beyond_this_machine_is_refused(secrets: Path) -> None:
    env = processes(load_compose())["web"].env | {"DROVER_URL": "http://drover.example"}
    code, said = run_check(_placed(env, secrets))
    assert (code != 0, "drover.E003" in complaints(said)) == (True, True)


def test_settings_of_the_file_without_a_secret_are_refused(secrets: Path) -> None:
    (secrets / "secret-key").write_text("short")
    code, said = run_check(_placed(processes(load_compose())["web"].env, secrets))
    assert code != 0
    assert "DROVER_SECRET_KEY must have" in said


def _placed(env: Any, secrets: Path) -> dict[str, str]:
    return {name: str(value).replace("/run/secrets", str(secrets)) for name, value in env.items()}
