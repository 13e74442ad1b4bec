"""What is kept of one cluster's objects, by Prod."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from clusters.core.kinds import COMPONENT_KINDS, PROD_LABEL
from clusters.core.manifests import Manifest
from clusters.core.observe_facts import observed_prod, trimmed
from clusters.core.observed import ObservedProd

# (namespace, value of the Prod label): a label alone could be put on anything.
Home = tuple[str, str]


class Store:
    """Trimmed objects by kind and UID. Not thread-safe: it belongs to the event loop.

    Set from outside: `kinds` by home that its Prod needs beyond workloads and pods; `unlisted`, of which
    kinds nothing is known now and why; `secrets` by home with their states.
    """

    def __init__(self) -> None:
        self._objects: dict[str, dict[str, Manifest]] = defaultdict(dict)
        self._by_home: dict[Home, set[tuple[str, str]]] = defaultdict(set)
        self.kinds: dict[Home, frozenset[str]] = {}
        self.unlisted: dict[str, str] = {}
        self.secrets: dict[Home, dict[str, str]] = {}

    def put(self, kind: str, item: Manifest) -> set[Home]:
        """Keep `item`; the homes whose facts may have changed."""
        uid = str(item["metadata"]["uid"])
        touched = self.remove(kind, uid)
        home = _home(item)
        self._objects[kind][uid] = trimmed(kind, item)
        self._by_home[home].add((kind, uid))
        return touched | {home}

    def remove(self, kind: str, uid: str) -> set[Home]:
        """Forget an object; the homes whose facts may have changed."""
        item = self._objects[kind].pop(uid, None)
        if item is None:
            return set()
        home = _home(item)
        self._by_home[home].discard((kind, uid))
        if not self._by_home[home]:
            del self._by_home[home]
        return {home}

    def replace(self, kind: str, items: Iterable[Manifest]) -> set[Home]:
        """Make `items` all there is of `kind`; the homes whose facts may have changed."""
        fresh = {str(item["metadata"]["uid"]): item for item in items}
        gone = [uid for uid in self._objects[kind] if uid not in fresh]
        touched = [self.remove(kind, uid) for uid in gone]
        touched += [self.put(kind, item) for item in fresh.values()]
        return set().union(*touched)

    def facts(self, home: Home, now: datetime) -> ObservedProd:
        """The facts of the Prod at `home`; empty when there is nothing of it."""
        mine = self._by_home.get(home, ())
        workloads = [self._objects[kind][uid] for kind, uid in mine if kind in COMPONENT_KINDS]
        pods = [self._objects[kind][uid] for kind, uid in mine if kind == "Pod"]
        further = self.kinds.get(home, frozenset()) - self.unlisted.keys()
        others = [(kind, self._objects[kind][uid]) for kind, uid in mine if kind in further]
        return replace(
            observed_prod(workloads, pods, now, others),
            unwatched=tuple(
                (kind, self.unlisted[kind])
                for kind in sorted(self.kinds.get(home, ()))
                if kind in self.unlisted
            ),
            secrets=tuple(sorted(self.secrets.get(home, {}).items())),
        )


def _home(item: Manifest) -> Home:
    metadata = item["metadata"]
    labels = metadata.get("labels") or {}
    return str(metadata.get("namespace", "")), str(labels.get(PROD_LABEL, ""))
