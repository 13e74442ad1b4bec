"""Dockerfile and .dockerignore, read as text: no Docker is needed, so the image is not built here."""

import json
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

from . import offers
from .composed import load_compose
from .processes import unknown_variables

DOCKERFILE = (offers.ROOT / "Dockerfile").read_text()
IGNORE = (offers.ROOT / ".dockerignore").read_text()
# What may lie in the folder of a developer, and must not get into an image.
KEPT_OUT = (
    ".git/config",
    ".venv/bin/python",
    "var/secrets/secret-key",
    "deploy/compose/secrets/secret-key",
    "tests/conftest.py",
    "docs/api.md",
    "requirements-dev.lock",
    ".env",
    "orchestrator/__pycache__/env.cpython-311.pyc",
)
PACKAGES = tomllib.loads((offers.ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "root_packages"
]
# Folders that the programs read beside their packages.
READ = ("manage.py", "templates", "static", "deploy/demo", offers.HEALTHCHECK)


def steps(text: str) -> list[tuple[str, str]]:
    """The instructions with their arguments, continued lines joined."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines()]


def last_stage(text: str) -> list[tuple[str, str]]:
    found = steps(text)
    start = max(place for place, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def copied(text: str) -> list[str]:
    """The sources, in the folder of the project, that the image gets."""
    return [words.split()[0] for word, words in steps(text) if word == "COPY" and "--from" not in words]


def ignored(path: str, patterns: str) -> bool:
    """Whether Docker leaves out `path`: the last pattern that names it, or a folder above it, decides."""
    parts = path.split("/")
    names = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    out = False
    for line in patterns.split("\n"):
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        if any(fnmatch(name, pattern) or fnmatch(f"/{name}", pattern.replace("**", "*")) for name in names):
            out = not line.startswith("!")
    return out


def image_problems(text: str, patterns: str) -> Iterator[str]:
    """All that is wrong with the image that they describe."""
    words = [word for word, _ in steps(text)]
    yield from (
        f"the base image {one} has no version" for one in _bases(text) if not re.search(r":\d+\.\d+", one)
    )
    if "ADD" in words:
        yield "ADD may take anything from anywhere"
    yield from (f"{path} is not there" for path in copied(text) if not (offers.ROOT / path).exists())
    yield from (f"{path} is left out" for path in copied(text) if ignored(path, patterns))
    yield from (f"{path} is not copied" for path in (*PACKAGES, *READ) if path not in copied(text))
    yield from (f"{path} gets in" for path in KEPT_OUT if not ignored(path, patterns))
    yield from _package_problems(text)
    yield from _last_stage_problems(last_stage(text))


def _bases(text: str) -> list[str]:
    return [words.split()[0] for word, words in steps(text) if word == "FROM"]


def _package_problems(text: str) -> Iterator[str]:
    installs = [
        words for word, words in steps(text) if word == "RUN" and " install " in words and "pip" in words
    ]
    if not installs:
        yield "no packages are installed"
    for words in installs:
        if not {"--require-hashes", "--only-binary", "requirements.lock"} <= set(words.split()):
            yield "packages are not those of the lock"


def _last_stage_problems(stage: list[tuple[str, str]]) -> Iterator[str]:
    last = dict(stage)  # the last one of each counts
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", last.get("USER", "")):
        yield "it runs as root, or as a name that Kubernetes cannot check"
    for word in ("CMD", "HEALTHCHECK"):
        listed = re.search(r"\[.*\]", last.get(word, ""))
        problem = offers.command_problem(json.loads(listed[0])) if listed else "it is missing"
        if problem:
            yield f"{word}: {problem}"
    env = dict(pair.split("=", 1) for word, words in stage if word == "ENV" for pair in words.split())
    yield from (f"a value of {name} is in the image" for name in env if name.startswith("DROVER_"))


def test_the_image_has_what_it_needs_and_nothing_else() -> None:
    assert list(image_problems(DOCKERFILE, IGNORE)) == []


BROKEN = {
    "any Python": ("FROM python:3.11-slim\n", "FROM python\n", "the base image python has no version"),
    "a download": ("COPY manage.py ./", "ADD https://example.com/x ./", "ADD may take anything"),
    "a folder that is not there": ("COPY static static", "COPY statics static", "statics is not there"),
    "a package that is missing": ("COPY journal journal\n", "", "journal is not copied"),
    "no hashes": ("--require-hashes ", "", "not those of the lock"),
    "another list": ("--requirement requirements.lock", "--requirement requirements.in", "not those of the lock"),
    "source packages": ("--only-binary :all: ", "", "not those of the lock"),
    "root": ("USER 10001:10001", "USER root", "it runs as root"),
    "nobody": ("USER 10001:10001\n", "", "it runs as root"),
    "another health check": ("deploy/compose/healthcheck.py\"]", "healthz.py\"]", "HEALTHCHECK: unknown program"),
    "another program": ('"orchestrator.asgi:application"', '"orchestrator.asgi:app"', "CMD: ImportError"),
    "a secret": ("    HOME=/tmp", "    HOME=/tmp DROVER_SECRET_KEY=x", "DROVER_SECRET_KEY is in the image"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_in_the_dockerfile_is_found(name: str) -> None:
    before, after, words = BROKEN[name]
    assert before in DOCKERFILE
    assert words in "\n".join(image_problems(DOCKERFILE.replace(before, after), IGNORE))


LEAKS = {
    "everything": ("*\n", "", "var/secrets/secret-key gets in"),
    "all of deploy": ("!deploy/demo", "!deploy", "deploy/compose/secrets/secret-key gets in"),
    "bytecode": ("**/__pycache__\n**/*.pyc\n", "", "env.cpython-311.pyc gets in"),
    "no templates": ("!templates\n", "", "templates is left out"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKS)
def test_a_mistake_in_the_dockerignore_is_found(name: str) -> None:
    before, after, words = LEAKS[name]
    assert before in IGNORE
    found = list(image_problems(DOCKERFILE, IGNORE.replace(before, after)))
    assert words in "\n".join(found)


def test_the_image_and_compose_agree() -> None:
    services = load_compose()["services"].values()
    ours = [one for one in services if one.get("build")]
    assert {one["build"] for one in ours} == {"."}
    (command,) = [json.loads(words) for word, words in last_stage(DOCKERFILE) if word == "CMD"]
    assert command == load_compose()["services"]["web"]["command"]


def test_the_demo_keeps_its_data_where_its_user_may_write() -> None:
    demo = load_compose()["services"]["demo"]
    folder = demo["environment"]["DROVER_VAR"]
    made = [words for word, words in last_stage(DOCKERFILE) if word == "RUN" and folder in words]
    assert ["--owner drover" in words for words in made] == [True]
    assert unknown_variables(demo["environment"]) == offers.EMBEDDED
