"""A child process of the simulator in a temporary folder, which says in a file when it is ready; for tests."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_S = 30.0
POLL_S = 0.02
LOG, READY = "simulator.log", "ready.json"


class FleetFailed(RuntimeError):
    """The child ended or did not get ready; the message holds its stderr."""


class Child:
    """`python -m simulator` with a command that knows --ready-file; relative paths in it are in `folder`.
    FleetFailed when it is not ready within half a minute."""

    def __init__(self, command: Sequence[str], files: dict[str, str] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="simulator-")
        self.folder = Path(self._folder.name)
        for name, text in (files or {}).items():
            (self.folder / name).write_text(text)
        with (self.folder / LOG).open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "simulator", *command, "--ready-file", READY],
                cwd=self.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )  # fmt: skip
        self.facts = self._wait_ready()

    def log(self) -> str:
        """What the child has written to stderr."""
        return (self.folder / LOG).read_text(errors="replace")

    def stop(self) -> int:
        """End it and wait until it has gone; its exit code. May be called twice."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait(5)

    def forget(self) -> None:
        """Remove its folder; may be called twice."""
        self._folder.cleanup()

    def _wait_ready(self) -> dict[str, Any]:
        deadline, path = time.monotonic() + READY_WITHIN_S, self.folder / READY
        while time.monotonic() < deadline:
            if path.exists():
                return dict(json.loads(path.read_text()))
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(POLL_S)
                break
        self.process.kill()
        self.process.wait(5)
        text = self.log()
        self.forget()
        raise FleetFailed(f"the simulator did not start: {text}")


def asked(method: str, url: str, body: Any, headers: dict[str, str], timeout: float) -> tuple[int, Any]:
    """(status, JSON answer or text) of a request, errors included; OSError when there is no answer."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, _json(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, _json(error.read())


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode()
