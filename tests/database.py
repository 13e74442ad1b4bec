"""A PostgreSQL server for one test session, started beside the collection of the tests.

Tests that need no database never wait for it; the first one that does waits until it answers.
"""

import atexit
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from orchestrator.embedded.children import Children
from orchestrator.embedded.postgres import Postgres

PATIENCE_S = 60


class SessionDatabase:
    """One server in a temporary folder; `url` is known before it answers."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="drover-test-"))
        self._server = Postgres(self._folder / "pg", fast=True)
        self._children = Children()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Lock()
        self._thread = threading.Thread(target=self._start, name="postgres", daemon=True)
        self._thread.start()
        atexit.register(self.stop)
        self.url = self._server.url("postgres")

    def stop(self) -> None:
        atexit.unregister(self.stop)
        self._thread.join()
        if self._process:
            self._children.stop(self._process, self._server.stop_signal, 5)
        self._children.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._server.forget()

    def _start(self) -> None:
        self._server.prepare()
        with (self._folder / "log").open("wb") as log:
            self._process = self._children.start(
                self._server.command(), output=log, account=self._server.account, cwd=Path("/")
            )


def wait_for(url: str) -> None:
    """Return once the server at `url` answers. A worker of xdist knows no more of it than the URL."""
    import psycopg

    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise RuntimeError(f"No PostgreSQL for the tests after {PATIENCE_S} s") from error
            time.sleep(0.05)
