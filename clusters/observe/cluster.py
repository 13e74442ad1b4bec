"""One watched cluster: its watches, its probe, its facts, for as long as the lease is ours."""

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import aiohttp
from django.db import DatabaseError
from django.utils import timezone

from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest
from clusters.core.pulse import DEGRADED, HEALTHY, UNREACHABLE, Pulse, hit, miss
from clusters.kube.connect import limits
from clusters.kube.tokens import token_source
from clusters.kube.transport import user_agent
from journal.core.reasons import Reason, because

from .bearer import bearing
from .beside import ApiProbes, Beside, keep_beside
from .connector import checked_connector
from .extras import MOST
from .facts import FactsWriter
from .further import Further
from .history import ProbeHistory, keep_history, keep_nodes
from .needs import Need
from .probe import Answer, ask_ready, ask_version
from .rows import Lease, Watched
from .store import Store
from .threads import Threads
from .tuning import Tuning
from .watch import Watch
from .writes import confirm_observations, confirm_seen, mark_synced, set_health

KINDS_WATCHED = ("Deployment", "StatefulSet", "DaemonSet", "Pod")

# Each watch holds one: those above, Events and further kinds; the rest is for probes and lists.
CONNECTIONS = 2 * len(KINDS_WATCHED) + MOST + 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """How to reach the cluster: its credentials, and the TLS context made of them."""

    credentials: Credentials
    tls: ssl.SSLContext

    def session(self) -> aiohttp.ClientSession:
        headers = {"User-Agent": f"{user_agent()} observer", "Accept": "application/json"}
        if self.credentials.token:
            headers["Authorization"] = f"Bearer {self.credentials.token}"
        return aiohttp.ClientSession(
            self.credentials.server,
            headers=headers,
            connector=checked_connector(limits(), ssl=self.tls, limit=CONNECTIONS),
            middlewares=bearing(token_source(self.credentials)),
            read_bufsize=2**21,  # one event is one line
            trust_env=False,
        )


class ClusterObserver:
    """Writes what it sees under one lease; `on_change` gets ids of Prods after each commit."""

    def __init__(
        self,
        lease: Lease,
        door: Door,
        threads: Threads,
        tuning: Tuning,
        on_change: Callable[[Iterable[int]], None],
        beside: Beside | None = None,
    ) -> None:
        self.confirm_every_s = tuning.confirm_s  # how often Observations are confirmed
        self._lease, self._door, self._threads, self._tuning = lease, door, threads, tuning
        self._on_change, self._beside = on_change, beside
        self._asked = ApiProbes()
        self._store = Store()
        self._facts = FactsWriter(lease, self._store, threads, tuning, self._written)
        self._further = Further(lease, self._store, self._facts, threads, tuning)
        self._watches: tuple[Watch, ...] = ()
        self._prods: tuple[Watched, ...] = ()
        self._pulse = Pulse(lease.health, time.monotonic())
        self._history = ProbeHistory()
        self._trouble: Reason | None = None
        self._version, self._version_s = "", 0.0
        self._stored: tuple[str, Reason | None, str] | None = None
        self._open = self._synced = False
        self._answered_at: datetime | None = None
        self._told_at: datetime | None = None
        self._confirmed_s = self._facts_confirmed_s = 0.0
        self._moved = asyncio.Event()

    def set_prods(self, prods: tuple[Watched, ...], needs: Mapping[int, Need]) -> None:
        """The Prods of this Cluster and what they need, by id, from now on."""
        self._prods = prods
        self._further.set_prods(prods, needs)
        self._facts.set_prods(prods)

    async def run(self) -> None:
        """Runs until it is cancelled, or raises what nobody expected."""
        async with self._door.session() as session, asyncio.TaskGroup() as tasks:
            self._watches = tuple(
                Watch(kind, session, self._tuning, self._listed, self._seen) for kind in KINDS_WATCHED
            )
            for watch in self._watches:
                tasks.create_task(watch.run())
            tasks.create_task(self._facts.run())
            tasks.create_task(self._keep_asking(session))
            tasks.create_task(self._keep_telling())
            tasks.create_task(self._further.run(session))
            tasks.create_task(keep_history(self._history, self._lease, self._threads, self._tuning))
            tasks.create_task(keep_nodes(session, self._lease, self._threads, self._tuning))
            tasks.create_task(keep_beside(self._beside, self._lease, self._asked, self._threads))

    # --- what the watches say ---------------------------------------------------------------------

    def _listed(self, kind: str, items: list[Manifest]) -> None:
        self._heard()
        self._facts.touch(self._store.replace(kind, items))
        self._moved.set()

    def _seen(self, kind: str, change: str, item: Manifest) -> None:
        self._heard()
        if change == "DELETED":
            self._facts.touch(self._store.remove(kind, str(item["metadata"]["uid"])))
        else:
            self._facts.touch(self._store.put(kind, item))

    def _heard(self) -> None:
        self._answered_at = timezone.now()
        self._pulse = replace(self._pulse, answered_s=time.monotonic())

    def _written(self, prod_ids: set[int]) -> None:
        self._on_change(prod_ids)
        self._moved.set()

    # --- how the cluster is -----------------------------------------------------------------------

    async def _keep_asking(self, session: aiohttp.ClientSession) -> None:
        while True:
            began_s = time.monotonic()
            answer = await ask_ready(session, self._tuning)
            self._history.add(answer, timezone.now())
            self._asked.add(timezone.now(), answered=answer.answered)
            self._feel(answer)
            if answer.trouble is None and self._version_is_old():
                self._version = await ask_version(session, self._tuning) or self._version
                self._version_s = time.monotonic()
            await self._store_health()
            pause_s = self._tuning.retry_probe_s if answer.trouble else self._tuning.probe_s
            await asyncio.sleep(max(0.0, began_s + pause_s - time.monotonic()))

    def _version_is_old(self) -> bool:
        """A control plane is upgraded without ever being unreachable."""
        return not self._version or time.monotonic() - self._version_s >= self._tuning.version_s

    def _feel(self, answer: Answer) -> None:
        """Take one answer into the pulse."""
        if self._trouble is not None and answer.trouble is None:
            self._further.poke()
        self._trouble = answer.trouble
        if answer.trouble is None:
            self._heard()
            self._pulse = hit(self._pulse, time.monotonic())
            for watch in self._watches:
                watch.poke()
            return
        followed = [watch for watch in self._watches if not watch.absent]
        broken = all(watch.failing_since is not None for watch in followed)
        self._pulse = miss(self._pulse, time.monotonic(), answered=answer.answered, watches_fail=broken)
        if self._pulse.health == UNREACHABLE:
            self._distrust(self._watches)
            self._further.restart()
            self._version = ""

    async def _store_health(self) -> None:
        health, reason = self._health()
        now = (health, reason, self._version)
        if now == self._stored:
            return
        try:
            changed = await self._threads.run(
                set_health, self._lease.cluster_id, self._lease.epoch, *now, at=timezone.now()
            )
        except DatabaseError as error:
            log.warning("%s: health not written: %s", self._lease.cluster, error)
            return
        self._stored = now
        if changed:
            log.info("%s is %s", self._lease.cluster, health)
            self._on_change(prod.prod_id for prod in self._prods)

    def _health(self) -> tuple[str, Reason | None]:
        """What the probe says; a cluster that answers but cannot be watched is degraded."""
        blind = self._blind()
        if self._pulse.health == HEALTHY and blind:
            return DEGRADED, because("cluster-not-watched", kind=blind[0].kind, problem=blind[0].trouble)
        return self._pulse.health, None if self._pulse.health == HEALTHY else self._trouble

    def _blind(self) -> list[Watch]:
        limit_s = time.monotonic() - self._tuning.blind_s
        return [one for one in self._watches if one.failing_since is not None and one.failing_since < limit_s]

    # --- what the rows say ------------------------------------------------------------------------

    async def _keep_telling(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._tuning.confirm_s):  # wait_for of 3.11 loses a cancellation
                    await self._moved.wait()
            self._moved.clear()
            self._distrust(self._blind())
            self._further.look()
            try:
                await self._tell_synced()
                await self._tell_ages()
            except DatabaseError as error:
                log.warning("%s: ages not written: %s", self._lease.cluster, error)

    def _distrust(self, watches: Iterable[Watch]) -> None:
        """Begin these watches with a new list; until it is there, nothing is known."""
        for watch in watches:
            watch.restart()

    async def _tell_synced(self) -> None:
        """Open the facts once every list is known, and say so once they are written."""
        known = all(watch.listed for watch in self._watches)
        if known and not self._open:
            self._facts.open()
        elif self._open and not known:
            self._facts.close()
        self._open = known
        synced = known and (self._synced or self._facts.idle)
        if synced != self._synced:
            at = timezone.now() if synced else None
            await self._threads.run(mark_synced, self._lease.cluster_id, self._lease.epoch, at)
            self._synced = synced
            self._on_change(prod.prod_id for prod in self._prods)

    async def _tell_ages(self) -> None:
        """Write when the cluster last answered, and that the facts were still so."""
        now_s, at = time.monotonic(), self._answered_at
        if at in (None, self._told_at) or now_s - self._confirmed_s < self._tuning.confirm_s:
            return
        target = (self._lease.cluster_id, self._lease.epoch, at)
        await self._threads.run(confirm_seen, *target)
        self._confirmed_s, self._told_at = now_s, at
        if self._confirmed() and now_s - self._facts_confirmed_s >= self.confirm_every_s:
            await self._threads.run(confirm_observations, *target)
            self._facts_confirmed_s = now_s

    def _confirmed(self) -> bool:
        """Whether what is written is what the cluster has: the probe answers and every watch is up."""
        up = self._trouble is None and all(watch.failing_since is None for watch in self._watches)
        return up and self._synced and self._facts.idle
