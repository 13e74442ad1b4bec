"""The programs of one stack: what to run with which settings, and how to tell that each is ready."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .files import read_json
from .layout import Layout
from .postgres import Postgres
from .supervisor import Program
from .valkey import Valkey

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DATABASE: Final = "drover"
WORKER_THREADS: Final = 16
EMERGENCY_THREADS: Final = 4
PYTHON: Final = [sys.executable, "-X", "frozen_modules=on"]


@dataclass(frozen=True, slots=True)
class Options:
    """What may differ between two stacks."""

    var: Path
    port: int
    workers: int = 2
    pod_start: str = "2-6"
    seed: int = 1
    fleet: Path = ROOT / "deploy/demo/fleet.yaml"
    # Not synced to the disk: for stacks whose data is thrown away.
    fast: bool = False


class Programs:
    """The stack of `options` in `layout`."""

    def __init__(self, options: Options, layout: Layout) -> None:
        self._options = options
        self._layout = layout
        self.postgres = Postgres(layout.postgres, fast=options.fast)
        self.valkey = Valkey(layout.valkey, layout.port("valkey"), layout.secret("valkey-password"))
        self.url = f"http://127.0.0.1:{options.port}"
        self.simulator_ready = layout.run / "simulator.json"
        self.users_ready = layout.run / "users.json"
        self.users_url = f"http://127.0.0.1:{layout.port('users')}"

    def stores(self) -> tuple[Program, ...]:
        """PostgreSQL and Valkey."""
        return (
            Program(
                "postgres",
                self.postgres.command(),
                {"PATH": os.defpath, "LC_ALL": "C"},
                ready=self.postgres.ready,
                tier=0,
                stop_signal=self.postgres.stop_signal,
                grace_s=10,
                account=self.postgres.account,
                cwd=Path("/"),
            ),
            Program(
                "valkey",
                self.valkey.command(),
                {"PATH": os.defpath},
                ready=self.valkey.ready,
                tier=0,
                stop_signal=self.valkey.stop_signal,
                grace_s=2,
            ),
        )

    def simulator(self, clusters: list[str]) -> Program:
        """The clusters."""
        return Program(
            "simulator",
            self._simulator(clusters),
            self.env("simulator"),
            ready=lambda: read_json(self.simulator_ready) is not None,
            tier=0,
            grace_s=2,
            cwd=ROOT,
        )

    def users(self) -> Program:
        """Those who are served. They come when there is a plan for them (`edges.let_users_in`)."""
        layout = self._layout
        command = [
            *(*PYTHON, "-m", "simulator", "users", "--plan", str(layout.users_plan)),
            *("--log", str(layout.requests), "--port", str(layout.port("users"))),
            *("--ready-file", str(self.users_ready)),
        ]
        return Program("users", command, os.environ, ready=self.users_ready.exists, grace_s=2, cwd=ROOT)

    def drover(self) -> tuple[Program, ...]:
        """Drover's own processes."""
        workers = [
            self._worker(f"worker-{place}", "default", WORKER_THREADS)
            for place in range(1, self._options.workers + 1)
        ]
        return (
            self._web(),
            *workers,
            self._worker("emergency", "emergency", EMERGENCY_THREADS),
            self._own("beat", "-m", "celery", "-A", "orchestrator", "beat", "--pidfile="),
            self._own("observer", "manage.py", "observer", pool=8),
        )

    def command(self, name: str, *arguments: str) -> Program:
        """A command of `manage.py` that comes to an end."""
        return self._own(name, "manage.py", *arguments, pool=0)

    def env(self, process: str, pool: int = 4) -> dict[str, str]:
        """The environment of one of Drover's processes."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "orchestrator.settings",
            "DROVER_DEMO": "on",
            "DROVER_SOAK_S": os.environ.get("DROVER_SOAK_S", "5"),
            "DROVER_STABILISATION_S": os.environ.get("DROVER_STABILISATION_S", "10"),
            "DROVER_RAMP_WATCH_S": os.environ.get("DROVER_RAMP_WATCH_S", "2"),
            "DROVER_STATE_DIR": str(self._layout.state),
            "DROVER_URL": self.url,
            "DROVER_USERS_URL": self.users_url,
            "DROVER_ALLOWED_HOSTS": "localhost",
            "DROVER_SECRET_KEY": self._layout.secret_key(),
            "DROVER_CREDENTIAL_KEYS": self._layout.credential_key(),
            "DROVER_DATABASE_URL": self.postgres.url(DATABASE),
            "DROVER_DATABASE_POOL": str(pool),
            "DROVER_REDIS_URL": self.valkey.url,
            "DROVER_PROCESS": process,
            "DROVER_READY_FILE": str(self._ready_file(process)),
            "PYTHONUNBUFFERED": "1",
        }

    def _web(self) -> Program:
        return self._own(
            "web",
            *("-m", "uvicorn", "orchestrator.asgi:application", "--host", "127.0.0.1"),
            *("--port", str(self._options.port), "--lifespan", "off", "--no-access-log"),
            *("--no-server-header", "--timeout-graceful-shutdown", "1"),
            pool=20,
            ready=lambda: answers(f"{self.url}/healthz"),
        )

    def _worker(self, name: str, queue: str, threads: int) -> Program:
        return self._own(
            name,
            *("-m", "celery", "-A", "orchestrator", "worker", "--pool", "threads"),
            *("--concurrency", str(threads), "--queues", queue, "--hostname", f"{name}@%h"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            pool=threads + 4,
            ready=self._ready_file(name).exists,
        )

    def _own(
        self, name: str, *arguments: str, pool: int = 4, ready: Callable[[], bool] = lambda: True
    ) -> Program:
        return Program(name, [*PYTHON, *arguments], self.env(name, pool), ready=ready, cwd=ROOT)

    def _simulator(self, clusters: list[str]) -> list[str]:
        layout = self._layout
        port = layout.port("simulator", count=1 + len(clusters))  # one for control, then the clusters'
        return [
            *(*PYTHON, "-m", "simulator", "serve", "--clusters", ",".join(clusters)),
            *("--port", str(port), "--base-port", str(port), "--state", str(layout.simulator / "state")),
            *("--kubeconfig", str(layout.kubeconfig), "--ready-file", str(self.simulator_ready)),
            *("--pod-start", self._options.pod_start, "--seed", str(self._options.seed)),
            *("--audit", str(layout.simulator / "audit.jsonl")),
        ]

    def _ready_file(self, name: str) -> Path:
        return self._layout.run / f"{name}.ready"


def answers(url: str) -> bool:
    """Whether the server at `url` gives an answer that is not a server error."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as answer:
            return bool(answer.status < 500)
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
