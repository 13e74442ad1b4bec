"""Where things are inside the data folder, what is made once and kept there, and whether it can be used."""

import fcntl
import os
import secrets
import shutil
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from cryptography.fernet import Fernet

from .files import read_json, write_json, write_private
from .trouble import Trouble

LEAST_FREE_BYTES: Final = 300 * 1024 * 1024
FreeBytes = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """What is free on the disk of `folder` for people who are not root."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True, slots=True)
class Layout:
    """The data folder of one stack (`DROVER_VAR`)."""

    var: Path

    @property
    def postgres(self) -> Path:
        return self.var / "postgres"

    @property
    def valkey(self) -> Path:
        return self.var / "valkey"

    @property
    def simulator(self) -> Path:
        return self.var / "simulator"

    @property
    def requests(self) -> Path:
        """What the simulated users asked and got: one JSON object per line."""
        return self.var / "users" / "requests.jsonl"

    @property
    def state(self) -> Path:
        """Where Drover writes the state file for break-glass."""
        return self.var / "state"

    @property
    def users_plan(self) -> Path:
        """What the simulated users are to do; nobody comes before it is written."""
        return self.run / "users-plan.json"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def run(self) -> Path:
        """Files that mean something only while the stack runs."""
        return self.var / "run"

    @property
    def held(self) -> Path:
        """A file NAME in here keeps the process NAME from being started again."""
        return self.run / "held"

    @property
    def processes(self) -> Path:
        return self.run / "processes.json"

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    @property
    def demo(self) -> Path:
        return self.var / "demo.json"

    @property
    def kubeconfig(self) -> Path:
        return self.var / "kubeconfig"

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> str:
        """The secret `name`, made at its first use and kept."""
        path = self.secrets / name
        if not path.exists():
            write_private(path, make())
        return path.read_text().strip()

    def secret_key(self) -> str:
        return self.secret("secret-key", lambda: secrets.token_urlsafe(64))

    def credential_key(self) -> str:
        return self.secret("credential-key", lambda: Fernet.generate_key().decode())

    def port(self, name: str, count: int = 1) -> int:
        """The first of `count` ports in a row for `name`, chosen at their first use and kept."""
        path = self.var / "ports.json"
        ports: dict[str, list[int]] = read_json(path) or {}
        if len(ports.get(name, ())) != count:
            ports.pop(name, None)
            ports[name] = free_ports(count, taken={port for some in ports.values() for port in some})
            write_json(path, ports)
        return ports[name][0]

    def forget_taken_ports(self) -> None:
        """Choose anew where somebody else has taken a port since. Only while nothing of ours runs."""
        path = self.var / "ports.json"
        ports: dict[str, list[int]] = read_json(path) or {}
        write_json(path, {name: some for name, some in ports.items() if all(map(is_free, some))})


def open_layout(var: Path, read_free: FreeBytes = free_bytes) -> tuple[Layout, IO[str]]:
    """The usable data folder `var` and the lock on it, which is held until the file is closed.

    Raises Trouble when it is not a folder, not writable, in use, or on a full disk.
    """
    layout = Layout(var.absolute())
    try:
        for folder in (
            layout.var,
            layout.logs,
            layout.run,
            layout.held,
            layout.secrets,
            layout.simulator,
            layout.state,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        layout.secrets.chmod(0o700)
        _write_probe(layout.var)
        _check_room(layout.var, read_free)
        lock = _locked(layout.var / "lock")
    except (FileExistsError, NotADirectoryError) as error:
        raise Trouble(
            f"{error.filename} is a file where a folder is needed: move it away or set DROVER_VAR."
        ) from error
    except OSError as error:
        raise Trouble(
            f"Cannot write to {layout.var}: {error.strerror}. Set DROVER_VAR to a folder of yours."
        ) from error
    return layout, lock


def is_free(port: int) -> bool:
    """Whether a server could listen on the port of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int, taken: Collection[int] = ()) -> list[int]:
    """Free ports in a row, below the range from which systems take ports for outgoing connections."""
    while True:
        first = 20000 + secrets.randbelow(12000)
        ports = list(range(first, first + count))
        if not set(ports) & set(taken) and all(map(is_free, ports)):
            return ports


def _check_room(folder: Path, read_free: FreeBytes) -> None:
    if read_free(folder) < LEAST_FREE_BYTES:
        least = LEAST_FREE_BYTES // 2**20
        raise Trouble(
            f"The disk of {folder} is full: less than {least} MB free. Make room or set DROVER_VAR."
        )


def _locked(path: Path) -> IO[str]:
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise Trouble(
            f"Drover already runs on {path.parent} (process {owner}): stop it, or set DROVER_VAR to another folder."
        ) from error
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _write_probe(folder: Path) -> None:
    probe = folder / f".probe-{os.getpid()}"
    probe.write_bytes(b"x" * 4096)
    probe.unlink()
