"""The observer process: takes leases of clusters and keeps a ClusterObserver for each."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import DatabaseError
from django.utils import timezone

from clusters.core.pulse import UNKNOWN
from clusters.kube.tls import Unusable, tls_context
from clusters.kube.tokens import NoToken, resolved
from clusters.vault import decrypt, same
from journal.core.reasons import Reason, Refused, because

from .beside import Beside
from .cluster import ClusterObserver, Door
from .needs import Need, Needs
from .rows import Lease, Watched, claim_clusters, read_prods, release_leases, renew_leases
from .threads import Notifier, Threads
from .tuning import Tuning, read_tuning
from .writes import set_health

AGAIN_S = 0.2  # after a claim there may be more to claim
TICK_S = 1.0

log = logging.getLogger(__name__)


async def run(
    observer_name: str,
    on_change: Callable[[list[int]], None],
    on_tick: Callable[[], None] | None,
    stop: asyncio.Event,
    beside: Beside | None = None,
) -> None:
    """Watch what nobody else watches, until `stop`; then let go of it.

    `on_change` gets the ids of Prods whose facts, or whose Cluster's health, changed, after the commit;
    `on_tick` is called about every second. Both run in a worker thread; what they raise is logged.
    `beside` runs beside each Cluster that is watched, for as long as its lease is ours.
    """
    tuning = read_tuning()
    threads = Threads(tuning.threads)
    notifier = Notifier(threads, on_change)
    process = _Process(f"{observer_name[:70]}#{secrets.token_hex(4)}", threads, tuning, notifier.tell, beside)
    helpers = [asyncio.create_task(notifier.run())]
    if on_tick:
        helpers.append(asyncio.create_task(_keep_ticking(threads, on_tick)))
    try:
        while not stop.is_set():
            pause_s = await process.turn()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)
    finally:
        await process.let_go()
        await _cancel(helpers)
        threads.close()


async def _keep_ticking(threads: Threads, on_tick: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(TICK_S)
        try:
            await threads.run(on_tick)
        except Exception:  # a callback's mistake must not stop the observation
            log.exception("on_tick failed")


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(slots=True)
class _Held:
    """A lease that is ours, and what runs under it (None: its credentials cannot be used)."""

    lease: Lease
    observer: ClusterObserver | None
    task: asyncio.Task[None]


class _Process:
    """The leases of this process."""

    def __init__(
        self,
        name: str,
        threads: Threads,
        tuning: Tuning,
        on_change: Callable[[Iterable[int]], None],
        beside: Beside | None,
    ) -> None:
        self._name, self._threads, self._tuning, self._on_change = name, threads, tuning, on_change
        self._beside = beside
        self._held: dict[int, _Held] = {}
        self._needs = Needs()

    async def turn(self) -> float:
        """Renew, claim, start and stop once; seconds until the next turn. Survives a lost database."""
        try:
            broken = self._broken()
            await self._give_back(broken)
            claimed, leases, prods, needs = await self._threads.run(self._read)
            await self._stop(held for key, held in self._held.items() if key not in leases)
            for key in leases.keys() - self._held.keys():
                self._held[key] = self._start(leases[key])
            await self._give_back(self._with_new_credentials(leases))
        except DatabaseError as error:
            log.warning("leases not renewed: %s", error)
            return self._tuning.rows_s
        self._set_prods(prods, needs)
        return AGAIN_S if claimed and not broken else self._tuning.rows_s

    async def let_go(self) -> None:
        """Stop everything and give the leases back."""
        epochs = self._epochs()
        await self._stop(list(self._held.values()))
        try:
            await self._threads.run(release_leases, self._name, epochs)
        except DatabaseError as error:
            log.warning("leases not released, they will run out: %s", error)

    def _epochs(self) -> dict[int, int]:
        return {key: held.lease.epoch for key, held in self._held.items()}

    def _read(self) -> tuple[bool, dict[int, Lease], dict[int, tuple[Watched, ...]], dict[int, Need]]:
        room = min(self._tuning.claim_batch, self._tuning.clusters_max - len(self._held))
        claimed = claim_clusters(self._name, self._tuning.lease_s, room)
        leases = renew_leases(self._name, self._epochs() | claimed, self._tuning.lease_s)
        return bool(claimed), leases, read_prods(list(leases)), self._needs.read(leases)

    def _broken(self) -> list[_Held]:
        """What fell over. It begins anew under a new epoch."""
        broken = [held for held in self._held.values() if held.task.done()]
        for held in broken:
            log.error("%s: observer fell over", held.lease.cluster, exc_info=held.task.exception())
        return broken

    def _with_new_credentials(self, leases: dict[int, Lease]) -> list[_Held]:
        """What runs with credentials that have been changed since. It begins anew under a new epoch."""
        return [
            held
            for key, held in self._held.items()
            if not same(held.lease.credentials, leases[key].credentials)
        ]

    async def _give_back(self, held: Iterable[_Held]) -> None:
        held = list(held)
        if held:
            epochs = {one.lease.cluster_id: one.lease.epoch for one in held}
            await self._stop(held)
            await self._threads.run(release_leases, self._name, epochs)

    async def _stop(self, held: Iterable[_Held]) -> None:
        held = list(held)
        for one in held:
            del self._held[one.lease.cluster_id]
        await _cancel(one.task for one in held)

    def _start(self, lease: Lease) -> _Held:
        try:
            credentials = resolved(decrypt(lease.credentials))
            door = Door(credentials, tls_context(credentials))
        except Refused:
            return self._useless(lease, because("credentials-unreadable", cluster=lease.cluster))
        except Unusable:
            return self._useless(lease, because("credentials-unusable", cluster=lease.cluster))
        except NoToken as none:
            return self._useless(lease, none.reason)
        observer = ClusterObserver(lease, door, self._threads, self._tuning, self._on_change, self._beside)
        return _Held(lease, observer, asyncio.create_task(observer.run()))

    def _useless(self, lease: Lease, reason: Reason) -> _Held:
        return _Held(lease, None, asyncio.create_task(self._say_unknown(lease, reason)))

    async def _say_unknown(self, lease: Lease, reason: Reason) -> None:
        """Write why this Cluster cannot be watched, then wait until that changes."""
        args = (lease.cluster_id, lease.epoch, UNKNOWN, reason, "", timezone.now())
        await self._threads.run(set_health, *args)
        await asyncio.Event().wait()

    def _set_prods(self, prods: dict[int, tuple[Watched, ...]], needs: dict[int, Need]) -> None:
        total = sum(len(of_cluster) for of_cluster in prods.values())
        for key, held in self._held.items():
            if held.observer:
                held.observer.set_prods(prods.get(key, ()), needs)
                every_s = total / self._tuning.confirm_rows
                held.observer.confirm_every_s = max(self._tuning.confirm_s, every_s)
