"""A listening socket and its connections."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from simulator.wire.connection import Connection
from simulator.wire.messages import Request, Response

Handler = Callable[[Request], Awaitable[Response | None]]


def never() -> bool:
    """The gate of a server that always takes connections."""
    return False


class Server:
    """Serves `handler` on one socket; a handler that answers None has taken over the connection."""

    def __init__(self, handler: Handler, refusing: Callable[[], bool] = never) -> None:
        self.handler = handler
        self.refusing = refusing
        self.connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._listener: asyncio.Server | None = None
        self._closed = False

    async def listen(self, sock: socket.socket) -> None:
        """Accept connections on a bound socket until `close`."""
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: Connection(self), sock=sock, backlog=512)
        self._listener = listener
        if self._closed:
            listener.close()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the background and keep it from being collected."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cut_all(self, reset: bool = False) -> None:
        """Drop every open connection."""
        for connection in tuple(self.connections):
            connection.cut(reset)

    def close(self, reset: bool = False) -> None:
        """Stop listening and drop every connection; may be called twice."""
        self._closed = True
        if self._listener:
            self._listener.close()
        self.cut_all(reset)


def bound_socket(port: int) -> socket.socket:
    """A loopback TCP socket bound to the port, 0 for any free one; OSError when it is taken."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
