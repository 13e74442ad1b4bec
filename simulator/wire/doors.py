"""A port that users reach. It may be shut, or fall silent, and still nobody else gets its number."""

from __future__ import annotations

import asyncio
import logging
import socket

from simulator.wire.messages import Request, Response
from simulator.wire.server import Handler, Server, bound_socket

log = logging.getLogger(__name__)
OPEN, SHUT, SILENT = "open", "shut", "silent"
RETRY_S = 0.05
TRIES = 100
ALONE_TRIES = 20  # until what was connected is gone


class Door:
    """Serves `handler` on a bound socket while it is open; shut, connections are refused by the system."""

    def __init__(self, sock: socket.socket, handler: Handler, state: str = OPEN) -> None:
        self.port: int = sock.getsockname()[1]
        self.state = SHUT
        self._handler = handler
        self._sock: socket.socket | None = (
            sock  # while it is shut: bound, which keeps the number, not listening
        )
        self._server: Server | None = None
        self._spoken = asyncio.Event()
        self._closed = False
        if state == SHUT:
            sock.close()  # it may be listening
            self._sock = None
            self._settle(TRIES)
        else:
            self.turn(state)

    def turn(self, state: str) -> None:
        """Open it, shut it (what is connected is cut), or have it accept and never answer."""
        if self._closed or state == self.state:
            return
        self.state = state
        if state == SILENT:
            self._spoken.clear()
        else:
            self._spoken.set()
        self._settle(TRIES)

    def close(self) -> None:
        """Give the port back; may be called twice."""
        self._closed = True
        self._stop_serving()
        if self._sock:
            self._sock.close()
            self._sock = None

    def _settle(self, tries: int) -> None:
        """Bring the socket to the state that is wanted; the system may hold its number for a moment."""
        if self._closed:
            return
        try:
            if self.state == SHUT:
                self._stop_serving()
                self._sock = self._sock or _reserved(self.port, alone=tries > TRIES - ALONE_TRIES)
            elif self._server is None:
                self._serve(self._sock or bound_socket(self.port))
        except OSError as error:
            if tries:
                asyncio.get_running_loop().call_later(RETRY_S, self._settle, tries - 1)
            else:
                log.warning("simulator: port %s cannot be taken again: %s", self.port, error)

    def _serve(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.listen()  # now, not when the loop comes to it: only listening keeps others from the number
        self._sock, self._server = None, Server(self._answer)
        self._server.spawn(self._server.listen(sock))

    def _stop_serving(self) -> None:
        if self._server:
            self._server.close(reset=True)
            self._server = None

    async def _answer(self, request: Request) -> Response | None:
        while not self._spoken.is_set():
            await self._spoken.wait()
        return None if request.connection.closed else await self._handler(request)


def _reserved(port: int, alone: bool) -> socket.socket:
    """A socket that holds the number, alone: one bound with SO_REUSEADDR would not keep others out, yet only
    such a one can be had while ended connections still linger there."""
    if not alone:
        return bound_socket(port)
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
