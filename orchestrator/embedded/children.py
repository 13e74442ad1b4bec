"""Starting and ending child processes so that none is left behind, whatever becomes of us."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import watchdog


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group that a program runs as."""

    uid: int
    gid: int


class Children:
    """The children of this process, each the leader of its own session and process group."""

    def __init__(self) -> None:
        end, ours = os.pipe()
        # Not a fork: the owner may have threads. -I -S: no site-packages, it starts in milliseconds.
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(watchdog.__file__))], stdin=end, start_new_session=True
        )
        os.close(end)
        self._pipe = os.fdopen(ours, "wb")

    def start(
        self,
        command: Sequence[str],
        *,
        output: IO[bytes] | int,
        env: Mapping[str, str] | None = None,
        account: Account | None = None,
        cwd: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """The started child; what it prints goes to `output`."""
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        self._tell("+", child.pid)
        return child

    def ended(self, child: subprocess.Popen[bytes]) -> None:
        """Forget a child that has ended, and end what it may have left in its group."""
        signal_group(child.pid, signal.SIGKILL)
        self._tell("-", child.pid)

    def stop(self, child: subprocess.Popen[bytes], signum: int, grace_s: float) -> None:
        """End a child: `signum`, and SIGKILL to its group after `grace_s`."""
        if child.poll() is None:
            signal_group(child.pid, signum)
        try:
            child.wait(grace_s)
        except subprocess.TimeoutExpired:
            signal_group(child.pid, signal.SIGKILL)
            child.wait()
        self.ended(child)

    def close(self) -> None:
        """Let the watchdog go; it ends whatever was not stopped."""
        self._pipe.close()
        self._watchdog.wait()

    def _tell(self, change: str, pid: int) -> None:
        os.write(self._pipe.fileno(), f"{change}{pid}\n".encode())


def signal_group(group: int, signum: int) -> bool:
    """Send `signum` to a process group; False if it is gone."""
    try:
        os.killpg(group, signum)
    except ProcessLookupError:
        return False
    return True


def alive(pid: int) -> bool:
    """Whether the process exists (a zombie that nobody has waited for counts)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def wait_until_gone(pid: int, timeout_s: float) -> bool:
    """Whether the process was gone within `timeout_s`. It need not be a child of ours."""
    deadline = time.monotonic() + timeout_s
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
