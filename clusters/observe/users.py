"""Asking for a page as a user does: a GET with a tenant's hostname at an address that was checked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from clusters.kube.connect import limits
from clusters.kube.transport import user_agent

from .connector import checked_connector

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Door:
    """Where users are let in: an address, and the name that they ask for. `tls` asks for a certificate of that name."""

    host: str
    port: int
    hostname: str
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """Whether somebody served the request; `said` is the status, or the error in a word."""

    good: bool
    said: str


class UserSession:
    """Asks as users do, at most eight at a time, each over a connection of its own: no redirect is followed, no
    proxy used, no cookie kept, no body read."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._session = aiohttp.ClientSession(
            connector=checked_connector(limits(), limit=AT_ONCE, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": f"{user_agent()} probe"},
            trust_env=False,
        )

    async def __aenter__(self) -> "UserSession":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self, door: Door) -> Reply:
        """What a user finds there. Never raises; takes at most `timeout_s`. An error page of the application that
        is not a server's (below 500) is an answer."""
        host = f"[{door.host}]" if ":" in door.host else door.host
        url = f"{'https' if door.tls else 'http'}://{host}:{door.port}/"
        headers = {"Host": door.hostname} if door.hostname else {}
        named = door.hostname if door.tls and door.hostname else None
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._session.get(url, headers=headers, allow_redirects=False, server_hostname=named) as got,
            ):
                return Reply(got.status < 500, str(got.status))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Reply(False, type(error).__name__)


def ask_together(doors: Sequence[Door], timeout_s: float) -> list[Reply]:
    """What users find at all of `doors`, asked at once; for a thread that has no loop of its own. Takes at most
    `timeout_s` for each eight."""

    async def ask() -> list[Reply]:
        async with UserSession(timeout_s) as session:
            return await asyncio.gather(*(session.ask(door) for door in doors))

    return asyncio.run(ask())
