"""One watch: list, then events from there on, for ever; what breaks is begun anew."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Callable
from typing import Any

import aiohttp

from clusters.core.kinds import PROD_LABEL
from clusters.core.manifests import Manifest
from clusters.kube.paths import Place, group_path, known_place, list_path, split_key

from .tuning import Tuning

LIST_BYTES_MAX = 256 * 2**20
SHORT_S = 1.0


class WatchBroken(Exception):
    """The server's answer is no use; begin again. `relist`: what was listed can no longer be built on."""

    def __init__(self, why: str, *, relist: bool = False) -> None:
        super().__init__(why)
        self.relist = relist


class Watch:
    """Watches one kind, cluster-wide, and hands on what it sees: objects of Prods, or any Events.

    `optional`: nothing depends on it, so that what does not work is tried less and less often.

    `on_list` gets all objects, `on_event` the type and the object of each change. `listed` says whether
    what was handed on is all there is; `failing_since` (monotonic seconds) since when nothing works, None: it works.
    """

    def __init__(
        self,
        kind: str,
        session: aiohttp.ClientSession,
        tuning: Tuning,
        on_list: Callable[[str, list[Manifest]], None],
        on_event: Callable[[str, str, Manifest], None],
        *,
        optional: bool = False,
    ) -> None:
        self.kind = kind
        self.listed = False
        self.failing_since: float | None = None
        self.trouble = ""
        self._session, self._tuning = session, tuning
        self._on_list, self._on_event = on_list, on_event
        self._query = {} if kind == "Event" else {"labelSelector": PROD_LABEL}
        self._path = _known_path(kind)
        self._most_s = tuning.absent_s if optional else tuning.retry_max_s
        self._version = ""
        # It broke off: perhaps it is an older state now, restored from a backup. To go on from a version of the
        # state before would be to miss what differs, or to hear nothing at all.
        self._doubtful = False
        self._back_since: float | None = None
        self._stream: aiohttp.ClientResponse | None = None
        self._poke = asyncio.Event()

    @property
    def absent(self) -> bool:
        """Whether the cluster does not have this kind, so that there is nothing to follow."""
        return self.listed and not self._version

    def restart(self) -> None:
        """Forget the list: what was seen before an outage is not trusted after it."""
        self.listed = False
        if self._stream is not None:
            self._stream.close()  # it may hang; its reader then ends with an error

    def poke(self) -> None:
        """Try again now rather than after the back-off, if anything is to be tried."""
        if not self.listed or self.failing_since is not None:
            self._poke.set()

    async def run(self) -> None:
        """Runs until it is cancelled."""
        wait_s = self._tuning.retry_min_s
        while True:
            began_s = time.monotonic()
            try:
                await self._round()
            except (aiohttp.ClientError, OSError, ValueError, KeyError, WatchBroken) as error:
                self._failed(error)
            if time.monotonic() - began_s > SHORT_S:
                wait_s = self._tuning.retry_min_s
            else:  # broken, or a server that ends every watch at once
                await self._back_off(wait_s)
                wait_s = min(wait_s * 2, self._most_s)

    async def _round(self) -> None:
        if not self.listed or self.absent or self._doubtful:
            await self._list()
        if self._version:
            await self._follow()
        else:
            await self._back_off(self._tuning.absent_s)

    def _failed(self, error: Exception) -> None:
        self.trouble = f"{type(error).__name__}: {error}"[:200]
        self._doubtful = True
        if self.failing_since is None:
            self.failing_since = time.monotonic()
        if isinstance(error, WatchBroken) and error.relist:
            self.listed = False

    async def _back_off(self, wait_s: float) -> None:
        self._poke.clear()
        jitter = random.uniform(0.5, 1.5)  # noqa: S311 (not a secret)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s * jitter):  # wait_for of 3.11 loses a cancellation
                await self._poke.wait()

    async def _list(self) -> None:
        body = await self._read_list()
        version = str(body["metadata"].get("resourceVersion") or "")
        self._check_age(version)
        if not version:  # else the watch that follows tells whether it works again
            self.failing_since = None
        self._version, self._doubtful = version, False
        self._on_list(self.kind, body.get("items") or [])
        self.listed = True

    def _check_age(self, version: str) -> None:
        """WatchBroken as long as a list that is older than what was seen is taken for one of an API server that
        lags behind; after `back_s` the cluster was restored from a backup, and what it says is so."""
        if not is_older(version, self._version):
            self._back_since = None
            return
        if self._back_since is None:
            self._back_since = time.monotonic()
        if time.monotonic() - self._back_since < self._tuning.back_s:
            raise WatchBroken(f"it has gone back from {self._version} to {version}", relist=True)
        self._back_since = None

    async def _read_list(self) -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=self._tuning.list_s, sock_connect=self._tuning.connect_s)
        path = self._path or await self._discover(timeout)
        if not path:
            return NONE
        async with self._get(path, {}, timeout) as response:
            if response.status == 404:
                self._path = _known_path(self.kind)  # it may come back as another
                return NONE
            body: dict[str, Any] = json.loads(await _read(response))
        self._path = path
        return body

    async def _discover(self, within: aiohttp.ClientTimeout) -> str:
        """The path of a kind that Drover does not know by itself; "": the cluster has none such."""
        kind, api_version = split_key(self.kind)
        async with self._get(group_path(api_version), {}, within) as response:
            if response.status == 404:
                return ""
            resources = json.loads(await _read(response)).get("resources") or []
        for one in resources:
            if one["kind"] == kind and "/" not in one["name"] and one.get("namespaced"):
                return list_path(Place(api_version, kind, str(one["name"]), namespaced=True), None)
        return ""

    async def _follow(self) -> None:
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(self._tuning.watch_s),
        }
        tuning = self._tuning
        timeout = aiohttp.ClientTimeout(sock_connect=tuning.connect_s, sock_read=tuning.silence_s)
        async with self._get(self._path, query, timeout) as response:
            if response.status != 200:
                raise WatchBroken(f"watch answered {response.status}", relist=response.status in {404, 410})
            self.failing_since, self._stream = None, response
            try:
                while self.listed:  # unless that was distrusted while this was being opened
                    line = await response.content.readline()
                    if not line:
                        return
                    self._take(json.loads(line))
            finally:
                self._stream = None

    def _take(self, event: dict[str, Any]) -> None:
        item: Manifest = event["object"]
        if event["type"] == "ERROR":  # 410 comes like this, inside HTTP 200
            raise WatchBroken(str(item.get("message", "watch error")), relist=True)
        self._version = str(item["metadata"]["resourceVersion"])
        if event["type"] != "BOOKMARK":
            self._on_event(self.kind, event["type"], item)

    def _get(self, path: str, query: dict[str, str], timeout: aiohttp.ClientTimeout) -> Any:
        return self._session.get(
            path, params={**self._query, **query}, timeout=timeout, allow_redirects=False
        )


def is_older(version: str, seen: str) -> bool:
    """Whether a resourceVersion is older than one that was seen; never, where either is not a number. Those of one
    API server may be compared (KEP-5504).

    >>> is_older("9", "10"), is_older("10", "10"), is_older("", "10"), is_older("x", "10")
    (True, False, False, False)
    """
    return version.isdecimal() and seen.isdecimal() and int(version) < int(seen)


def _known_path(kind: str) -> str:
    """The path of all objects of a kind, over all namespaces; "" for one that has to be discovered."""
    place = known_place(kind)
    return list_path(place, None) if place else ""


NONE: dict[str, Any] = {"metadata": {"resourceVersion": ""}, "items": []}


async def _read(response: aiohttp.ClientResponse) -> bytes:
    if response.status != 200:
        raise WatchBroken(f"list answered {response.status}")
    body = bytearray()
    async for chunk in response.content.iter_chunked(2**16):
        body += chunk
        if len(body) > LIST_BYTES_MAX:
            raise WatchBroken("list too large")
    return bytes(body)
