"""HAProxy's runtime API over a unix socket or TCP: one connection for each line of commands.

(HAProxy 2.6 Management Guide, 9.3: without `prompt` the connection ends with the answer, so its end is the end
of the answer; `;` joins commands; a line has to fit into a buffer of 16 KiB.)
"""

import re
import socket
import time
from collections.abc import Sequence

from clusters.kube.outgoing import STRICT, AddressRefused, Limits, checked_addresses
from journal.core.reasons import Reason, because

from .protocol import Rejected, Unreachable

CONNECT_S, ANSWER_S = 2.0, 5.0
LINE_MAX = 12_000
ANSWER_MAX = 64 * 1024 * 1024
CHUNK = 65_536
# No space, semicolon, newline, backslash or `<<`: a word is an argument, never a command.
WORD = re.compile(r"[A-Za-z0-9._:/,@#%-]+")


class Wire:
    """The runtime API at `address`: `unix:PATH` or `HOST:PORT`. Opens no connection by itself."""

    def __init__(self, address: str, *, limits: Limits = STRICT, answer_s: float = ANSWER_S) -> None:
        self.address, self._limits, self._answer_s = address, limits, answer_s

    def ask(self, commands: Sequence[Sequence[str]]) -> str:
        """The answers to commands that change nothing, in order. Raises Unreachable."""
        return "".join(self._exchange(line, write=False) for line in lines_of(commands))

    def tell(self, commands: Sequence[Sequence[str]]) -> list[str]:
        """Carries out commands in order, in as few lines as hold them; what HAProxy answered to each line, which
        is nothing but newlines where all went well. Raises Unreachable, after which any part may be done."""
        return [self._exchange(line, write=True) for line in lines_of(commands)]

    def _exchange(self, line: str, *, write: bool) -> str:
        try:
            connection = self._connected()
        except AddressRefused as e:
            raise Rejected(e.reason) from e
        except (OSError, ValueError) as e:
            raise Unreachable(self._silence(e), maybe_done=False) from e
        try:
            with connection:
                connection.sendall(line.encode() + b"\n")
                return self._received(connection)
        except (OSError, UnicodeError) as e:
            raise Unreachable(self._silence(e), maybe_done=write) from e

    def _connected(self) -> socket.socket:
        kind, _, path = self.address.partition(":")
        if kind == "unix":
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.settimeout(CONNECT_S)
                connection.connect(path)
            except OSError:
                connection.close()
                raise
            return connection
        host, _, port = self.address.rpartition(":")
        addresses = checked_addresses(host, int(port), self._limits)
        return socket.create_connection((addresses[0], int(port)), CONNECT_S)

    def _received(self, connection: socket.socket) -> str:
        """All that is sent until the end. One that sends a little for ever is no answer either."""
        parts, size, until = [], 0, time.monotonic() + self._answer_s
        while True:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            connection.settimeout(left)
            part = connection.recv(CHUNK)
            if not part:
                break
            parts.append(part)
            size += len(part)
            if size > ANSWER_MAX:
                raise OSError("the answer does not end")
        text = b"".join(parts).decode()
        if not text.endswith("\n"):
            raise OSError("the answer is cut off")
        return text

    def _silence(self, error: Exception) -> Reason:
        return because("router-no-answer", router=self.address, error=str(error) or type(error).__name__)


def line_of(commands: Sequence[Sequence[str]]) -> str:
    """Commands as one line.

    >>> line_of([["get", "map", "/m", "a.example"], ["show", "info"]])
    'get map /m a.example;show info'
    """
    return ";".join(" ".join(map(word, command)) for command in commands)


def lines_of(commands: Sequence[Sequence[str]]) -> list[str]:
    """Commands as lines that fit into HAProxy's buffer, in order."""
    lines: list[str] = []
    for command in commands:
        text = line_of([command])
        if lines and len(lines[-1]) + len(text) < LINE_MAX:
            lines[-1] += f";{text}"
        else:
            lines.append(text)
    return lines


def word(text: str) -> str:
    """`text` if it can be nothing but an argument; else raises Rejected."""
    if not WORD.fullmatch(text):
        raise Rejected(because("router-word-wrong", word=text))
    return text
