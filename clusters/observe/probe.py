"""Asking a cluster how it is."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from journal.core.reasons import Reason, because

from .tuning import Tuning


@dataclass(frozen=True, slots=True)
class Answer:
    """`trouble` None: the server is ready. `answered`: it gave some answer, be it a bad one."""

    answered: bool
    trouble: Reason | None = None


async def ask_ready(session: aiohttp.ClientSession, tuning: Tuning) -> Answer:
    """Whether the API server says that it is ready. Never raises; takes at most `probe_timeout_s`."""
    try:
        status, body = await _get(session, "/readyz", tuning)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Answer(answered=False, trouble=because("cluster-silent-to-probe", error=type(error).__name__))
    if status == 200:
        return Answer(answered=True)
    words = body[:200].decode(errors="replace")
    return Answer(answered=True, trouble=because("cluster-not-well", status=status, message=words))


async def ask_version(session: aiohttp.ClientSession, tuning: Tuning) -> str:
    """The server's version, "" if it does not tell. Never raises."""
    try:
        status, body = await _get(session, "/version", tuning)
        data: Any = json.loads(body) if status == 200 else {}
    except (aiohttp.ClientError, OSError, ValueError):
        return ""
    return str(data.get("gitVersion", ""))[:40] if isinstance(data, dict) else ""


async def _get(session: aiohttp.ClientSession, path: str, tuning: Tuning) -> tuple[int, bytes]:
    async with asyncio.timeout(tuning.probe_timeout_s):
        async with session.get(path, allow_redirects=False) as response:
            return response.status, await response.content.read(2**16)
