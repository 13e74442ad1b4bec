"""Asking a cluster how it is."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from clusters.kube.tokens import NoToken
from journal.core.reasons import Reason, because

from .tuning import Tuning


@dataclass(frozen=True, slots=True)
class Answer:
    """`trouble` None: the server is ready. `answered`: it gave some answer, be it a bad one, within
    `latency_ms`."""

    answered: bool
    trouble: Reason | None = None
    latency_ms: int = 0


async def ask_ready(session: aiohttp.ClientSession, tuning: Tuning) -> Answer:
    """Whether the API server says that it is ready. Never raises; takes at most `probe_timeout_s`."""
    began_s = time.monotonic()
    try:
        status, body = await _get(session, "/readyz", tuning)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Answer(answered=False, trouble=_trouble(error))
    latency_ms = round(1000 * (time.monotonic() - began_s))
    if status == 200:
        return Answer(answered=True, latency_ms=latency_ms)
    words = body[:1000].decode(errors="replace")
    return Answer(answered=True, trouble=_not_well(status, words), latency_ms=latency_ms)


def _not_well(status: int, body: str) -> Reason:
    message = _message(body)[:200]
    if status in (401, 403):
        return because("cluster-denied", status=status, message=message)
    return because("cluster-not-well", status=status, message=message)


def _message(body: str) -> str:
    """What the body says: the message of a Status, else its text."""
    try:
        data = json.loads(body)
    except ValueError:
        return body
    return str(data.get("message", "")) if isinstance(data, dict) else body


def _trouble(error: Exception) -> Reason:
    """Why there was no answer. aiohttp wraps what a middleware raises."""
    for one in (error, error.__cause__):
        if isinstance(one, NoToken):
            return one.reason
    return because("cluster-silent-to-probe", error=type(error).__name__)


async def ask_version(session: aiohttp.ClientSession, tuning: Tuning) -> str:
    """The server's version, "" if it does not tell. Never raises."""
    data = await _ask(session, "/version", tuning, 2**16)
    return str(data.get("gitVersion", ""))[:40]


async def ask_nodes(session: aiohttp.ClientSession, tuning: Tuning) -> list[Any] | None:
    """The first 500 nodes as the API gives them; None if it does not tell. Never raises."""
    items = (await _ask(session, "/api/v1/nodes?limit=500", tuning, NODES_BYTES_MAX)).get("items")
    return items if isinstance(items, list) else None


NODES_BYTES_MAX = 32 * 2**20


async def _ask(session: aiohttp.ClientSession, path: str, tuning: Tuning, most: int) -> dict[str, Any]:
    """The object at `path`, {} for anything else."""
    try:
        status, body = await _get(session, path, tuning, most)
        data: Any = json.loads(body) if status == 200 else {}
    except (aiohttp.ClientError, OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


async def _get(
    session: aiohttp.ClientSession, path: str, tuning: Tuning, most: int = 2**16
) -> tuple[int, bytes]:
    """(status, up to `most` bytes of the body)."""
    timeout_s = tuning.probe_timeout_s if most <= 2**16 else tuning.list_s
    async with asyncio.timeout(timeout_s):
        async with session.get(path, allow_redirects=False) as response:
            body = bytearray()
            async for chunk in response.content.iter_chunked(2**16):
                body += chunk
                if len(body) >= most:
                    break
            return response.status, bytes(body)
