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
EXAMPLES = os.environ.get("DROVER_SCHEMATHESIS_EXAMPLES", "3")


@pytest.fixture
def fleet(transactional_db: None) -> str:
    """The example fleet with a router and a release under way; the text of an admin's token that no example names."""
    build.fleet(whole_groups=True)
    build.router()
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
THERE: dict[str, dict[str, Any]] = {
    "blueprints": {"name": "shop", "number": 1},
    "clusters": {"name": "a"},
    "prods": {"name": "a-1"},
    "routers": {"name": "edge", "instance": "edge"},
    "routes": {"name": "shop-r"},
    "tenants": {"name": "shop-r-0001"},
}
# Have their own tests: a reused key or an old tag would hide what the operation itself answers, a wait takes its time.
ASIDE = ("IdempotencyKey", "IfMatch")
WAIT = "wait"


def asked_of(server: str, token: str) -> dict[str, Any]:
    """The schema as the server gives it, without what would only be in the way."""
    headers = {**_bearer(token), "Accept": "application/vnd.oai.openapi+json"}
    answer = httpx.get(f"{server}/api/schema/", headers=headers, trust_env=False, timeout=60)
    schema: dict[str, Any] = answer.raise_for_status().json()
    for path, item in schema["paths"].items():
        known = next((known for part, known in THERE.items() if f"/{part}/" in path), {})
        for operation in item.values():
            operation.pop("security", None)  # each request has the token; who has none: tests/trust
            given = operation.get("parameters", [])
            given[:] = [
                one for one in given if not one.get("$ref", "").endswith(ASIDE) and one.get("name") != WAIT
            ]
            for one in given:
                if one.get("in") == "path" and one["name"] in known:
                    one["example"] = known[one["name"]]
    return schema


# What may take from the asker what it asks with: these are asked for themselves, last.
CLOSING = r"/tokens/\{id\}/revoke/|/people/\{username\}/(deactivate|role|password)/"


def test_schemathesis_finds_nothing(server: str, fleet: str, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(asked_of(server, fleet)))
    _ask(server, fleet, schema, ("--exclude-path-regex", CLOSING), 120)
    me = httpx.get(f"{server}/api/v1/me/", headers=_bearer(fleet), trust_env=False)
    assert me.status_code == 200, "most was answered with 401 and says nothing"
    _ask(server, fleet, schema, ("--include-path-regex", CLOSING), 30)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _ask(server: str, token: str, schema: Path, which: tuple[str, str], most_s: int) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(schema), "--url", server]
    # One worker: two threads that parse Python at once break CPython 3.11 (recursion depth mismatch).
    done = subprocess.run(
        [
            *command,
            *which,
            *("--header", f"Authorization: Bearer {token}", "--checks", ",".join(CHECKS)),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--max-time", str(most_s)),
            *("--seed", "1", "--generation-deterministic", "--continue-on-failure", "--no-color"),
            *("--request-timeout", "30", "--workers", "1", "--suppress-health-check", "all"),
        ],
        check=False,
        cwd=schema.parent,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
    )
    if folder := os.environ.get("DROVER_SCHEMATHESIS_REPORT"):
        with Path(folder).open("a") as report:
            report.write(done.stdout + done.stderr + (schema.parent / "web.log").read_text())
    assert done.returncode == 0, done.stdout[-20_000:]
    assert "No issues found" in done.stdout or "passed" in done.stdout
