"""The other side of HTTP/1.1: connections that are kept, one request on each at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import httptools

Address = tuple[str, int]
REFUSED, SILENT, BROKEN = "refused", "timeout", "broken"
IDLE_AT_MOST = 64  # kept connections to one address
LARGEST_ANSWER_BYTES = 16 * 2**20


class Unanswered(Exception):
    """No whole answer came. `why`: refused (no connection), timeout, or broken (it ended in the middle)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(slots=True)
class Answer:
    """A whole answer; header names are lower case, in the order in which they came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header, empty without one."""
        return next((value for key, value in self.headers if key == name), "")


def request_bytes(method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> bytes:
    """A request on the wire; the length of the body is added."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Line(asyncio.Protocol):
    """One connection to a server."""

    def __init__(self) -> None:
        self.usable = False  # connected, idle, and the server wants to keep it
        self.begun = False  # something of the present answer has come
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._done: asyncio.Future[Answer] | None = None
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()
        self._ends_with_connection = False

    async def ask(self, message: bytes, within_s: float) -> Answer:
        """The answer to a request; Unanswered. Not while another one is asked."""
        loop = asyncio.get_running_loop()
        if self._transport is None:
            raise Unanswered(BROKEN)
        self._done, self.begun, self.usable = loop.create_future(), False, False
        timer = loop.call_later(within_s, self._fail, SILENT)
        try:
            self._transport.write(message)
            return await self._done
        finally:
            timer.cancel()
            if not self.usable:
                self.drop()

    def drop(self) -> None:
        """Cut the connection."""
        self.usable = False
        if self._transport:
            self._transport.abort()

    # asyncio calls these
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.usable = True

    def data_received(self, data: bytes) -> None:
        self.begun = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(BROKEN)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self.usable = None, False
        if exc is None and self._ends_with_connection:
            self._finish(keep=False)
        self._fail(BROKEN)

    # httptools calls these
    def on_message_begin(self) -> None:
        self._headers, self._body = [], bytearray()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        status, names = self._parser.get_status_code(), {name for name, _ in self._headers}
        self._ends_with_connection = (
            status not in (204, 304) and status >= 200 and not names & {"content-length", "transfer-encoding"}
        )

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > LARGEST_ANSWER_BYTES:
            self._fail(BROKEN)
            self.drop()

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() >= 200:
            self._finish(keep=self._parser.should_keep_alive())

    def _finish(self, keep: bool) -> None:
        self._ends_with_connection = False
        if self._done and not self._done.done():
            self.usable = keep
            self._done.set_result(Answer(self._parser.get_status_code(), self._headers, bytes(self._body)))

    def _fail(self, why: str) -> None:
        if self._done and not self._done.done():
            self._done.set_exception(Unanswered(why))


class Pool:
    """Asks servers over kept connections."""

    def __init__(self, idle_at_most: int = IDLE_AT_MOST) -> None:
        self._idle: dict[Address, list[Line]] = {}
        self._idle_at_most = idle_at_most

    async def ask(
        self, address: Address, message: bytes, connect_s: float, answer_s: float, repeatable: bool = True
    ) -> Answer:
        """The answer of the server; Unanswered. Only a repeatable request is sent over a kept connection: the
        server may be closing it at this moment, and then it is sent again over a new one."""
        line = self._kept(address) if repeatable else None
        if line is not None:
            try:
                return await self._asked(address, line, message, answer_s)
            except Unanswered as error:
                if error.why != BROKEN or line.begun:
                    raise
        return await self._asked(address, await _opened(address, connect_s), message, answer_s)

    def forget(self, address: Address) -> None:
        """Close what is kept to an address."""
        for line in self._idle.pop(address, ()):
            line.drop()

    def close(self) -> None:
        """Close everything that is kept."""
        for address in tuple(self._idle):
            self.forget(address)

    def _kept(self, address: Address) -> Line | None:
        idle = self._idle.get(address)
        while idle:
            line = idle.pop()
            if line.usable:
                return line
        return None

    async def _asked(self, address: Address, line: Line, message: bytes, answer_s: float) -> Answer:
        answer = await line.ask(message, answer_s)
        if line.usable:
            idle = self._idle.setdefault(address, [])
            if len(idle) < self._idle_at_most:
                idle.append(line)
            else:
                line.drop()
        return answer


async def _opened(address: Address, within_s: float) -> Line:
    loop = asyncio.get_running_loop()
    try:
        _, line = await asyncio.wait_for(loop.create_connection(Line, *address), within_s)
    except TimeoutError as error:
        raise Unanswered(SILENT) from error
    except OSError as error:
        raise Unanswered(REFUSED) from error
    return line
