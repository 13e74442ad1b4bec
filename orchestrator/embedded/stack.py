"""A whole stack for a test: real processes in a temporary data folder, on free ports.

with Stack.started(pod_start="0.2-0.5") as stack:
    httpx.get(stack.url + "/healthz")
    stack.kill("worker-1")
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .children import signal_group
from .files import read_json
from .layout import Layout, free_ports
from .programs import ROOT

START_TIMEOUT_S: Final = 120
STOP_TIMEOUT_S: Final = 20
SOON_S: Final = 20


@dataclass(frozen=True, slots=True)
class ProcessNow:
    """One process of the stack. `running` is False between its death and its next start."""

    pid: int
    restarts: int
    running: bool


class Stack:
    """A handle on a demo that runs in processes of its own."""

    def __init__(self, var: Path, arguments: list[str], env: Mapping[str, str]) -> None:
        self.layout = Layout(var)
        (self.port,) = free_ports(1)
        self._command = [sys.executable, "-m", "orchestrator.embedded", "demo", *arguments]
        self._env = {**os.environ, "DROVER_VAR": str(var), "DROVER_PORT": str(self.port), **env}
        self._supervisor: subprocess.Popen[str] | None = None

    @classmethod
    @contextmanager
    def started(
        cls,
        *,
        pod_start: str = "0.2-0.6",
        workers: int = 2,
        seed: int = 1,
        fleet: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> "Iterator[Stack]":
        """A stack that is ready; afterwards it is stopped and its data folder is gone.

        With `DROVER_KEEP_STACKS` in the environment the folder stays, to read the logs.
        """
        folder = Path(tempfile.mkdtemp(prefix="drover-stack-"))
        arguments = ["--pod-start", pod_start, "--workers", str(workers), "--seed", str(seed), "--fast"]
        if fleet:
            arguments += ["--fleet", str(fleet)]
        stack = cls(folder / "var", arguments, env or {})
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()
            if "DROVER_KEEP_STACKS" not in os.environ:
                shutil.rmtree(folder, ignore_errors=True)

    def start(self) -> None:
        """Start it (again, with the same data) and return when it is ready."""
        self.launch()
        wait_until(lambda: self.layout.demo.exists() or self._ended(), START_TIMEOUT_S, "the stack is ready")

    def launch(self) -> None:
        """Start it and return at once."""
        self.layout.demo.unlink(missing_ok=True)
        self._supervisor = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def demo(self) -> dict[str, Any]:
        """What `demo.json` holds: `url`, `logins`, `token`, `simulator`, `kubeconfig`."""
        found: dict[str, Any] = read_json(self.layout.demo)
        return found

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def supervisor(self) -> int:
        """The process id of the supervisor."""
        if self._supervisor is None:
            raise RuntimeError("The stack was never started.")
        return self._supervisor.pid

    @property
    def audit(self) -> Path:
        """The simulator's audit log: one JSON object per line."""
        return self.layout.simulator / "audit.jsonl"

    @property
    def broker(self) -> str:
        """The URL of Valkey."""
        password = self.layout.secret("valkey-password")
        return f"redis://:{password}@127.0.0.1:{read_json(self.layout.var / 'ports.json')['valkey'][0]}/0"

    @property
    def processes(self) -> dict[str, ProcessNow]:
        """The processes by name: postgres, valkey, simulator, web, worker-1, …, emergency, beat, observer."""
        found = read_json(self.layout.processes) or {}
        return {name: ProcessNow(**facts) for name, facts in found.items()}

    def log(self, name: str) -> str:
        """What the process `name` has printed so far."""
        return (self.layout.logs / f"{name}.log").read_text(errors="replace")

    def kill(self, name: str, signum: int = signal.SIGKILL) -> int:
        """Send a signal to the group of a process and return its id. The supervisor starts it again."""
        pid = self.processes[name].pid
        signal_group(pid, signum)
        return pid

    def hold(self, name: str) -> None:
        """Kill a process and keep it down until `release`."""
        (self.layout.held / name).touch()
        self.kill(name)
        wait_until(lambda: not self.processes[name].running, SOON_S, f"{name} is down")

    def release(self, name: str) -> None:
        """Let a held process come back, and wait until its process is there."""
        (self.layout.held / name).unlink(missing_ok=True)
        wait_until(lambda: self.processes[name].running, SOON_S, f"{name} is back")

    def restart(self, name: str) -> None:
        """Kill a process and wait until its successor is there (not yet: ready)."""
        before = self.processes[name].restarts
        self.kill(name)
        wait_until(lambda: self.processes[name].restarts > before, SOON_S, f"{name} is started again")

    def manage(self, *arguments: str) -> str:
        """What a command of manage.py prints, run against this stack. Raises CalledProcessError."""
        command = [sys.executable, "-m", "orchestrator.embedded", "manage", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self._env, check=True, capture_output=True, text=True)
        return done.stdout

    def run_again(self) -> "subprocess.CompletedProcess[str]":
        """What becomes of a second start on the same data folder and port."""
        return subprocess.run(
            self._command, cwd=ROOT, env=self._env, check=False, capture_output=True, text=True, timeout=60
        )

    def stop(self, signum: int = signal.SIGTERM) -> int:
        """End it and return the exit code. May be called twice."""
        supervisor = self._supervisor
        if supervisor is None:
            return 0
        if supervisor.poll() is None:
            supervisor.send_signal(signum)
        try:
            supervisor.communicate(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            supervisor.kill()  # its watchdog ends the children
            supervisor.communicate()
            raise
        return supervisor.returncode

    def _ended(self) -> bool:
        supervisor = self._supervisor
        if supervisor and supervisor.poll() is not None:
            said = supervisor.stdout.read() if supervisor.stdout else ""
            raise RuntimeError(f"The stack did not start (exit code {supervisor.returncode}): {said}")
        return False


def wait_until(true: Any, timeout_s: float, what: str) -> None:
    """Return once `true()` is true. Raises TimeoutError that says what did not happen."""
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not within {timeout_s} s: {what}.")
        time.sleep(0.05)
