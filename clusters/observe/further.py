"""What is looked at beside workloads and pods: kinds that Blueprints use, Secrets they need, Events.

None of it may make a cluster look ill: where it cannot be seen, that is a fact of its own.
"""

import asyncio
from collections.abc import Mapping

import aiohttp

from clusters.core.manifests import Manifest

from .events import EventsWriter
from .extras import NOT_YET, Extras
from .facts import FactsWriter
from .needs import NOTHING, Need
from .rows import Lease, Watched
from .secrets import SecretStates
from .store import Home, Store
from .threads import Threads
from .tuning import Tuning
from .watch import Watch


class Further:
    """Feeds the store of one cluster with it, and tells the writer of facts which Prods are concerned."""

    def __init__(
        self, lease: Lease, store: Store, facts: FactsWriter, threads: Threads, tuning: Tuning
    ) -> None:
        self._store, self._facts, self._tuning = store, facts, tuning
        self._needs: dict[Home, Need] = {}
        self._extras: Extras | None = None
        self._events = EventsWriter(lease, threads)
        self._secrets = SecretStates(tuning, self._secrets_changed)
        store.secrets = self._secrets.states

    def set_prods(self, prods: tuple[Watched, ...], needs: Mapping[int, Need]) -> None:
        """The Prods of the Cluster and what they need, from now on."""
        mine = {(prod.namespace, prod.name): needs.get(prod.prod_id, NOTHING) for prod in prods}
        self._events.set_prods(prods)
        if mine == self._needs:
            return
        self._needs = mine
        self._store.kinds = {home: need.kinds for home, need in mine.items()}
        self._secrets.set_wanted({home: need.secrets for home, need in mine.items() if need.secrets})
        self._set_kinds()
        self._facts.touch(mine)

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Runs until it is cancelled."""
        self._extras = Extras(lambda kind: self._watch(kind, session), self._tuning)
        events = Watch("Event", session, self._tuning, self._events_listed, self._event_seen, optional=True)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._set_kinds()
                tasks.create_task(events.run())
                tasks.create_task(self._events.run())
                tasks.create_task(self._secrets.run(session))
        finally:
            self._extras.close()

    def look(self) -> None:
        """Take up how the watches are."""
        if self._extras is not None and self._extras.look():
            self._take_up()

    def restart(self) -> None:
        """What was seen is not trusted any more."""
        if self._extras is not None:
            self._extras.restart()
            self._take_up()

    def poke(self) -> None:
        """The cluster answers again."""
        if self._extras is not None:
            self._extras.poke()

    def _set_kinds(self) -> None:
        kinds = frozenset().union(*(need.kinds for need in self._needs.values()))
        if self._extras is None:
            self._store.unlisted = dict.fromkeys(kinds, NOT_YET)
            return
        for kind in self._extras.set_kinds(kinds):
            self._store.replace(kind, [])
        self._take_up()

    def _take_up(self) -> None:
        if self._extras is not None:
            self._store.unlisted = self._extras.unlisted
        self._facts.touch(home for home, need in self._needs.items() if need.kinds)

    def _watch(self, kind: str, session: aiohttp.ClientSession) -> Watch:
        return Watch(kind, session, self._tuning, self._listed, self._seen, optional=True)

    def _listed(self, kind: str, items: list[Manifest]) -> None:
        self._facts.touch(self._store.replace(kind, items))

    def _seen(self, kind: str, change: str, item: Manifest) -> None:
        if change == "DELETED":
            self._facts.touch(self._store.remove(kind, str(item["metadata"]["uid"])))
        else:
            self._facts.touch(self._store.put(kind, item))

    def _events_listed(self, _kind: str, items: list[Manifest]) -> None:
        self._events.take(items)

    def _event_seen(self, _kind: str, change: str, item: Manifest) -> None:
        if change != "DELETED":  # the cluster forgets it after an hour; what happened has happened
            self._events.take([item])

    def _secrets_changed(self, home: Home) -> None:
        self._facts.touch([home])
