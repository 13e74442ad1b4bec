"""A parsed request and a response to send."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import orjson

from simulator.values import packed

if TYPE_CHECKING:
    from simulator.wire.connection import Connection

JSON = "application/json"


@dataclass(slots=True)
class Request:
    """One request; header names are lower case, `query` keeps the last value of each name."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    connection: Connection
    target: str = ""  # path and query as they came

    def json(self) -> Any:
        """The body as JSON, {} when there is none; ValueError when it is not JSON."""
        return orjson.loads(self.body) if self.body else {}


@dataclass(slots=True)
class Response:
    """A complete answer."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()  # further header lines, as they are
    made: str = ""  # the name of the object that came to be; not sent

    def encoded(self, keep_alive: bool, with_body: bool = True) -> bytes:
        """The bytes on the wire; the answer to a HEAD comes without its body."""
        lines = [
            f"HTTP/1.1 {self.status} {phrase(self.status)}",
            *([f"Content-Type: {self.content_type}"] if self.content_type else []),
            f"Content-Length: {len(self.body)}",
            *self.lines,
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        if not keep_alive:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (self.body if with_body else b"")


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer whose body is the value as compact JSON and a newline."""
    return Response(status, packed(value) + b"\n", JSON, headers or {})


def text_response(text: str, status: int = 200) -> Response:
    """An answer in plain text."""
    return Response(status, text.encode(), "text/plain; charset=utf-8")


def phrase(status: int) -> str:
    """The reason phrase of a status code."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"


def split_target(target: str) -> tuple[str, dict[str, str]]:
    """Path (unquoted) and query of a request target."""
    path, _, query = target.partition("?")
    return unquote(path), dict(parse_qsl(query, keep_blank_values=True))
