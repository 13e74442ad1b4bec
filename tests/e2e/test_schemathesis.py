"""The schema against the server that it describes: schemathesis asks, and finds nothing.

A web process as in production, on the session's PostgreSQL, without a broker and without workers. Every run
asks the same questions.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import connection

from access.models import ApiToken
from access.tokens import issue_token
from orchestrator.embedded.programs import ROOT
from releases.actions import start_release
from releases.preview import preview_release
from tests import build

# Not among them: rejection of all that the schema does not name (a number is read as a text where text is asked
# for, as forms do it), and methods that are not offered: tests/trust tries these.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
BOOT_S = 60
MOST_S = "150"  # on a calm machine it takes a third of this
EXAMPLES = os.environ.get("DROVER_SCHEMATHESIS_EXAMPLES", "3")


@pytest.fixture
def fleet(transactional_db: None) -> str:
    """The example fleet with a release under way; the text of an admin's token that no example names."""
    build.fleet()
    plan = preview_release("shop", "v1.1.0", {}, []).plan
    start_release(build.person("release-manager"), "shop", "v1.1.0", {}, [], plan.digest)
    token, text = issue_token(build.person("admin"), "schemathesis", "admin")
    ApiToken.objects.filter(pk=token.pk).update(id=2**52)
    return text


@pytest.fixture
def server(fleet: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a web process."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    database = urlsplit(os.environ["DROVER_DATABASE_URL"])._replace(
        path=f"/{connection.settings_dict['NAME']}"
    )
    env = os.environ | {
        "DROVER_DATABASE_URL": database.geturl(),
        "DROVER_URL": f"http://127.0.0.1:{port}",
        "DROVER_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "uvicorn", "orchestrator.asgi:application", "--lifespan", "off"]
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port), "--no-access-log"],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=log,
        )
        try:
            _await(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _await(url: str) -> None:
    deadline = time.monotonic() + BOOT_S
    while True:
        try:
            httpx.get(url, trust_env=False).raise_for_status()
            return
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


# What is there, for paths whose names schemathesis cannot learn from a list.
THERE = {"blueprints": {"name": "shop", "number": 1}, "clusters": {"name": "a"}, "prods": {"name": "a-1"}}
# Have their own tests: a reused key or an old tag would hide what the operation itself answers.
ASIDE = ("IdempotencyKey", "IfMatch")


def asked_of(server: str, token: str) -> dict[str, Any]:
    """The schema as the server gives it, without what would only be in the way."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.oai.openapi+json"}
    answer = httpx.get(f"{server}/api/schema/", headers=headers, trust_env=False, timeout=60)
    schema: dict[str, Any] = answer.raise_for_status().json()
    for path, item in schema["paths"].items():
        known = next((known for part, known in THERE.items() if f"/{part}/" in path), {})
        for operation in item.values():
            operation.pop("security", None)  # each request has the token; who has none: tests/trust
            given = operation.get("parameters", [])
            given[:] = [one for one in given if not one.get("$ref", "").endswith(ASIDE)]
            for one in given:
                if one.get("in") == "path" and one["name"] in known:
                    one["example"] = known[one["name"]]
    return schema


def test_schemathesis_finds_nothing(server: str, fleet: str, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(asked_of(server, fleet)))
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(schema), "--url", server]
    done = subprocess.run(
        [
            *command,
            *("--header", f"Authorization: Bearer {fleet}", "--checks", ",".join(CHECKS)),
            *("--phases", "examples,coverage", "--max-examples", EXAMPLES, "--max-time", MOST_S),
            *("--seed", "1", "--generation-deterministic", "--continue-on-failure", "--no-color"),
            *("--request-timeout", "30", "--workers", "2", "--suppress-health-check", "all"),
        ],
        check=False,
        cwd=tmp_path,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
    )
    if folder := os.environ.get("DROVER_SCHEMATHESIS_REPORT"):
        Path(folder).write_text(done.stdout + done.stderr + (tmp_path / "web.log").read_text())
    assert done.returncode == 0, done.stdout[-20_000:]
    assert "No issues found" in done.stdout or "passed" in done.stdout
