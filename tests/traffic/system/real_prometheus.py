"""Debian's Prometheus, scraping what a test names."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

from tests.adapters.routers.system.real_haproxy import free_port

WITHIN_S = 30.0
T = TypeVar("T")


def until(found: Callable[[], T], what: str) -> T:
    """The first answer that is true."""
    deadline = time.monotonic() + WITHIN_S
    while not (answer := found()):
        assert time.monotonic() < deadline, f"not within {WITHIN_S} s: {what}"
        time.sleep(0.1)
    return answer


class RealPrometheus:
    """Runs inside `with`. `jobs` are scrape configs, asked every second. `folder` holds all of its files."""

    def __init__(self, folder: Path, jobs: list[dict[str, Any]]) -> None:
        config = folder / "prometheus.json"  # JSON is YAML
        every = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        config.write_text(json.dumps({"global": every, "scrape_configs": jobs}))
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self._command = (
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        )
        self._log = folder / "log"

    def __enter__(self) -> Self:
        with self._log.open("w") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        until(self._is_ready, "Prometheus is ready")
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(WITHIN_S)

    def vector(self, query: str) -> list[Any]:
        """What it answers to an instant query."""
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{urlencode({'query': query})}") as answer:
            return list(json.load(answer)["data"]["result"])

    def targets(self) -> dict[str, str]:
        """Address of each scraped target -> its health."""
        with urllib.request.urlopen(f"{self.url}/api/v1/targets") as answer:
            active = json.load(answer)["data"]["activeTargets"]
        return {one["scrapeUrl"]: one["health"] for one in active}

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready") as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False
