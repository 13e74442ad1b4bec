"""Whether the Secrets that Prods refer to are there: asked for by name, their content never read."""

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import quote

import aiohttp

from .store import Home
from .tuning import Tuning

THERE, MISSING, UNKNOWN = "there", "missing", "unknown"
# The server then answers with the metadata alone; the body is not read anyway.
METADATA_ONLY = {"Accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}
SECONDS_TO_ANSWER = 5.0


async def ask(session: aiohttp.ClientSession, namespace: str, name: str) -> str:
    """`there`, `missing` or `unknown` (we may not look, or got no answer). Never raises."""
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/secrets/{quote(name, safe='')}"
    try:
        async with asyncio.timeout(SECONDS_TO_ANSWER):
            async with session.get(path, headers=METADATA_ONLY, allow_redirects=False) as response:
                return {200: THERE, 404: MISSING}.get(response.status, UNKNOWN)
    except (aiohttp.ClientError, OSError, ValueError):
        return UNKNOWN


class SecretStates:
    """Keeps `states` by home; `on_change` is told the home whose states are others now."""

    def __init__(self, tuning: Tuning, on_change: Callable[[Home], None]) -> None:
        self.states: dict[Home, dict[str, str]] = {}
        self._tuning, self._on_change = tuning, on_change
        self._wanted: dict[Home, frozenset[str]] = {}
        self._new = asyncio.Event()

    def set_wanted(self, wanted: Mapping[Home, frozenset[str]]) -> None:
        """The names to look for from now on."""
        if wanted != self._wanted:
            self._wanted = dict(wanted)
            self._new.set()
        for home in self.states.keys() - wanted.keys():
            del self.states[home]

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Runs until it is cancelled."""
        while True:
            self._new.clear()
            for home, names in sorted(self._wanted.items()):
                await self._look(session, home, names)
            await self._rest()

    async def _look(self, session: aiohttp.ClientSession, home: Home, names: frozenset[str]) -> None:
        found = {name: await ask(session, home[0], name) for name in sorted(names)}
        if found != self.states.get(home, {}):
            self.states[home] = found
            self._on_change(home)

    async def _rest(self) -> None:
        settled = all(state == THERE for states in self.states.values() for state in states.values())
        try:
            async with asyncio.timeout(self._tuning.secrets_s if settled else self._tuning.secrets_again_s):
                await self._new.wait()
        except TimeoutError:
            return
