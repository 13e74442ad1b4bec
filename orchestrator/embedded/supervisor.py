"""Keeps a set of programs running: starts, waits until each is ready, starts again what died, stops all."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .children import Account, Children, signal_group
from .files import write_json
from .layout import Layout
from .trouble import Trouble

POLL_S: Final = 0.1
START_TIMEOUT_S: Final = 60
STARTS_AT_MOST: Final = 2
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 10.0
# A program that ran this long and then died is started again at once.
PROVEN_S: Final = 10.0
LARGEST_LOG_BYTES: Final = 50 * 1024 * 1024


class Stopped(Exception):
    """Somebody asked for the end while something was being waited for."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how to tell that it is ready. `tier`: lower tiers stop last."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    ready: Callable[[], bool] = lambda: True
    tier: int = 1
    stop_signal: int = signal.SIGTERM
    grace_s: float = 5.0
    account: Account | None = None
    cwd: Path | None = None


@dataclass(slots=True)
class Running:
    """A program's process, and when it may be started again once it has died (monotonic seconds)."""

    program: Program
    process: subprocess.Popen[bytes]
    started: float
    pause_s: float = FIRST_PAUSE_S
    restarts: int = 0
    again: float | None = field(default=None)


class Supervisor:
    """Runs in the main thread; SIGINT and SIGTERM make it stop."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._children = Children()
        self._running: dict[str, Running] = {}
        self._signals = 0
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._on_signal)

    def start(self, *programs: Program) -> None:
        """Start programs at the same time and return at once."""
        for program in programs:
            self._running[program.name] = self._started(program)
        self._publish()

    def await_ready(self, *programs: Program) -> None:
        """Return when all are ready. Raises Trouble for one that dies again and again, Stopped."""
        deadline = time.monotonic() + START_TIMEOUT_S
        waiting = list(programs)
        while waiting := [program for program in waiting if not program.ready()]:
            self.keep()
            for program in waiting:
                if self._running[program.name].restarts >= STARTS_AT_MOST:
                    raise self._trouble(program.name, "did not start")
            if time.monotonic() > deadline:
                raise self._trouble(waiting[0].name, f"was not ready after {START_TIMEOUT_S} s")
            self._pause(POLL_S / 2)

    def finish(self, program: Program) -> None:
        """Run a program to its end. Raises Trouble if it fails, Stopped."""
        running = self._started(program)
        try:
            while running.process.poll() is None:
                self.keep()
                self._pause(POLL_S / 2)
        except Stopped:
            self._children.stop(running.process, signal.SIGTERM, 2)
            raise
        self._children.ended(running.process)
        if running.process.returncode:
            raise self._trouble(program.name, "failed")

    def run(self) -> None:
        """Keep everything running until a signal."""
        try:
            while True:
                self.keep()
                self._pause(POLL_S)
        except Stopped:
            return

    def keep(self) -> None:
        """One look at every program: notice what died, start again what has waited long enough."""
        now = time.monotonic()
        for name, running in self._running.items():
            if running.again is None and running.process.poll() is not None:
                self._note_death(running, now)
            elif (
                running.again is not None and now >= running.again and not (self._layout.held / name).exists()
            ):
                self._start_again(running)
            self._trim(self._log(name))

    def stop(self) -> None:
        """End every program, higher tiers first, and leave none behind. May be called twice."""
        for tier in sorted({one.program.tier for one in self._running.values()}, reverse=True):
            members = [one for one in self._running.values() if one.program.tier == tier]
            for one in members:
                if one.process.poll() is None:
                    signal_group(one.process.pid, one.program.stop_signal)
            for one in members:
                self._await_end(one)
        self._running.clear()
        self._children.close()
        self._layout.processes.unlink(missing_ok=True)

    def _await_end(self, one: Running) -> None:
        deadline = time.monotonic() + one.program.grace_s
        while one.process.poll() is None and time.monotonic() < deadline and self._signals < 2:
            time.sleep(POLL_S / 10)
        self._children.stop(one.process, signal.SIGKILL, 5)

    def _started(self, program: Program) -> Running:
        with self._log(program.name).open("ab") as log:
            process = self._children.start(
                program.command, output=log, env=program.env, account=program.account, cwd=program.cwd
            )
        return Running(program, process, time.monotonic())

    def _note_death(self, running: Running, now: float) -> None:
        self._children.ended(running.process)
        proven = now - running.started > PROVEN_S
        running.pause_s = FIRST_PAUSE_S if proven else min(running.pause_s * 2, LONGEST_PAUSE_S)
        running.again = now + running.pause_s
        self._publish()

    def _start_again(self, running: Running) -> None:
        fresh = self._started(running.program)
        running.process, running.started, running.again = fresh.process, fresh.started, None
        running.restarts += 1
        self._publish()

    def _publish(self) -> None:
        """Tell others (tests, curious people) which process is which."""
        write_json(
            self._layout.processes,
            {
                name: {"pid": one.process.pid, "restarts": one.restarts, "running": one.again is None}
                for name, one in self._running.items()
            },
        )

    def _pause(self, seconds: float) -> None:
        if not self._signals:
            time.sleep(seconds)
        if self._signals:
            raise Stopped

    def _on_signal(self, _signum: int, _frame: object) -> None:
        self._signals += 1

    def _log(self, name: str) -> Path:
        return self._layout.logs / f"{name}.log"

    def _trouble(self, name: str, what: str) -> Trouble:
        log = self._log(name)
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        last = f" Its last words: {lines[-1].strip()}" if lines else ""
        return Trouble(f"{name} {what}: see {log}.{last}")

    def _trim(self, log: Path) -> None:
        """Programs append, so an emptied file just starts again."""
        if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
            log.write_bytes(b"")
