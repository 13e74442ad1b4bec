"""One client's TCP connection: requests are answered one after the other, streams until cut."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import httptools

from simulator.wire.messages import Request, Response, phrase, split_target, text_response

if TYPE_CHECKING:
    from simulator.wire.server import Server

log = logging.getLogger(__name__)
SLOW_READER_BYTES = 64 * 2**20  # a stream whose reader lags this far behind is cut


class Connection(asyncio.Protocol):
    """Parses what arrives, hands each request to the server's handler, writes what comes back."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.transport: asyncio.Transport | None = None
        self.on_close: Callable[[], None] | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._busy = False
        self._streaming = False

    # asyncio calls these
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none of asyncio's classes
        if self.server.refusing():
            self.cut()
        else:
            self.server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse("upgrades are not supported by the simulator")
        except httptools.HttpParserError as error:
            self._refuse(f"not HTTP: {error}")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.transport = None
        self.server.connections.discard(self)
        if self.on_close:
            self.on_close()

    # httptools calls these
    def on_message_begin(self) -> None:
        self._target, self._headers, self._body = b"", {}, bytearray()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() == "100-continue" and self.transport:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        target = self._target.decode("latin-1")
        path, query = split_target(target)
        method = self._parser.get_method().decode()
        request = Request(method, path, query, self._headers, bytes(self._body), self, target)
        self._waiting.append((request, self._parser.should_keep_alive()))
        if not self._busy:
            self._busy = True
            self.server.spawn(self._answer_all())

    # handlers and streams call these
    @property
    def closed(self) -> bool:
        """Whether the client can no longer be written to."""
        return self.transport is None or self.transport.is_closing()

    def start_stream(self, content_type: str, status: int = 200) -> None:
        """Send the head of a chunked answer; `send_chunk` may follow until `end_stream`."""
        self._streaming = True
        head = (
            f"HTTP/1.1 {status} {phrase(status)}\r\nContent-Type: {content_type}\r\n"
            "Cache-Control: no-cache, private\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        self._write(head.encode("latin-1"))

    def send_chunk(self, data: bytes) -> None:
        """Write one chunk at once; a reader who never reads is cut off."""
        self._write(b"%x\r\n%b\r\n" % (len(data), data))
        if self.transport and self.transport.get_write_buffer_size() > SLOW_READER_BYTES:
            self.cut()

    def end_stream(self) -> None:
        """Finish a chunked answer in order and close the connection."""
        self._write(b"0\r\n\r\n")
        if self.transport:
            self.transport.close()

    def cut(self, reset: bool = False) -> None:
        """Drop the connection now, in the middle of whatever it was doing; with a reset nothing of it lingers."""
        if self.transport:
            if reset:
                at_once = struct.pack("ii", 1, 0)
                self.transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, at_once
                )
            self.transport.abort()

    async def _answer_all(self) -> None:
        while self._waiting:
            request, keep_alive = self._waiting.popleft()
            response = await self._answered(request)
            if response is None:
                break
            self._write(response.encoded(keep_alive, request.method != "HEAD"))
            if not keep_alive and self.transport:
                self.transport.close()
        self._busy = self._streaming

    async def _answered(self, request: Request) -> Response | None:
        try:
            return await self.server.handler(request)
        except Exception:
            log.exception("simulator: %s %s failed", request.method, request.path)
            return text_response("the simulator failed; see its log\n", 500)

    def _write(self, data: bytes) -> None:
        if self.transport and not self.transport.is_closing():
            self.transport.write(data)

    def _refuse(self, why: str) -> None:
        self._write(text_response(why + "\n", 400).encoded(keep_alive=False))
        if self.transport:
            self.transport.close()
