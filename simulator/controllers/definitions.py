"""CustomResourceDefinition → a served kind, until the definition goes and takes its resources along."""

from __future__ import annotations

from collections.abc import Callable

from simulator.controllers.context import Context
from simulator.controllers.queue import Key, WorkQueue
from simulator.custom.resources import kinds_of
from simulator.kinds.definitions import CLEANUP
from simulator.kinds.registry import Registry
from simulator.lifecycle.deletion import DeleteOptions, delete, without_finalizer
from simulator.store.store import DELETED, Commit, Store
from simulator.values import Obj, dig, full_name, stamp

DEFINITIONS = "apiextensions.k8s.io/customresourcedefinitions"
TERMINATING, ENDING_WORDS = "Terminating", "CustomResource deletion is in progress"
LAG_S = 0.02


class Definitions:
    """The controllers behind apiextensions.k8s.io of one cluster; `gone` hears of kinds that are no more."""

    def __init__(self, context: Context, gone: Callable[[str], None]) -> None:
        self.backend, self.store, self._gone = context.backend, context.backend.store, gone
        self.queue = WorkQueue("definitions", self.reconcile)
        self._ending: dict[str, str] = {}  # resource kind -> name of its definition
        self.store.listen(self._wake, DEFINITIONS)
        self.store.listen(self._wake_definition)

    def start(self) -> None:
        """Look at every definition once."""
        for definition in self.store.each(DEFINITIONS):
            self.queue.add(full_name(definition))

    def _wake(self, commit: Commit) -> None:
        if commit.type == DELETED:
            self._unserve(commit.new)
        else:
            self.queue.add(full_name(commit.new), LAG_S)

    def _wake_definition(self, commit: Commit) -> None:
        if commit.type == DELETED and commit.kind in self._ending:
            self.queue.add(("", self._ending[commit.kind]), LAG_S)

    def reconcile(self, key: Key) -> None:
        """Serve one definition, or delete what it has defined."""
        definition = self.store.get(DEFINITIONS, *key)
        if definition is None:
            return
        if definition["metadata"].get("deletionTimestamp"):
            self._clean_up(definition)
            return
        conflict = _conflict(self.backend.registry, definition)
        status = _status(definition, conflict)
        if not conflict:
            serve(self.backend.registry, definition)
        if definition.get("status") != status:
            self.store.put(DEFINITIONS, {**definition, "status": status})

    def _clean_up(self, definition: Obj) -> None:
        """Take no new objects, delete those there are, then let the definition go."""
        kinds = kinds_of(definition, closed=True) if is_established(definition) else ()
        if kinds:
            serve(self.backend.registry, definition, closed=True)
            self._ending[kinds[-1].key] = definition["metadata"]["name"]
            for obj in tuple(self.store.each(kinds[-1].key)):
                if not obj["metadata"].get("deletionTimestamp"):
                    delete(self.backend, kinds[-1], obj, DeleteOptions())
            if any(True for _ in self.store.each(kinds[-1].key)):
                self._tell_ending(definition)
                return
        if CLEANUP in (definition["metadata"].get("finalizers") or ()):
            without_finalizer(self.backend, self.backend.registry.by_key(DEFINITIONS), definition, CLEANUP)

    def _tell_ending(self, definition: Obj) -> None:
        status = definition.get("status") or {}
        old = [c for c in status.get("conditions") or () if c["type"] != TERMINATING]
        ending = _condition(status, TERMINATING, True, "InstanceDeletionInProgress", ENDING_WORDS)
        if [*old, ending] != status.get("conditions"):
            self.store.put(DEFINITIONS, {**definition, "status": {**status, "conditions": [*old, ending]}})

    def _unserve(self, definition: Obj) -> None:
        for kind in kinds_of(definition):
            if getattr(self.backend.registry.at(kind.group, kind.version, kind.plural), "custom", False):
                self.backend.registry.remove(kind)
                self._ending.pop(kind.key, None)
                self.store.forget(kind.key)
                self._gone(kind.key)


def serve(registry: Registry, definition: Obj, closed: bool = False) -> None:
    """Serve the kinds of the definition from now on, and no version it has given up."""
    kinds = kinds_of(definition, closed)
    versions = {kind.version for kind in kinds}
    names = definition["spec"]["group"], definition["spec"]["names"]["plural"]
    for old in registry.all():
        if old.custom and (old.group, old.plural) == names and old.version not in versions:
            registry.remove(old)
    for kind in kinds:
        registry.add(kind)


def serve_all(registry: Registry, store: Store) -> None:
    """Serve every definition of a restored store that was established."""
    for definition in store.each(DEFINITIONS):
        if is_established(definition):
            serve(registry, definition)


def is_established(definition: Obj) -> bool:
    """Whether the kinds of the definition are served."""
    conditions = dig(definition, "status", "conditions") or ()
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def _conflict(registry: Registry, definition: Obj) -> str:
    """Which name is taken already: a kind that is built in, or that another definition serves."""
    spec, names = definition["spec"], definition["spec"]["names"]
    for kind in registry.all():
        if kind.group != spec["group"] or (kind.custom and kind.plural == names["plural"]):
            continue
        if kind.plural == names["plural"] or kind.kind == names["kind"]:
            return names["plural"] if kind.plural == names["plural"] else names["kind"]  # type: ignore[no-any-return]
    return ""


def _status(definition: Obj, conflict: str) -> Obj:
    old = definition.get("status") or {}
    storage = next(v["name"] for v in definition["spec"]["versions"] if v.get("storage"))
    stored = old.get("storedVersions") or []
    facts = (
        ("NamesAccepted", not conflict, "Conflict" if conflict else "NoConflicts",
         f'"{conflict}" is already in use' if conflict else "no conflicts found"),
        ("Established", not conflict, "NotAccepted" if conflict else "InitialNamesAccepted",
         "not all names are accepted" if conflict else "the initial names have been accepted"),
    )  # fmt: skip
    conditions = [_condition(old, *fact) for fact in facts]
    accepted = {"plural": "", "kind": ""} if conflict else definition["spec"]["names"]
    return {"conditions": conditions, "acceptedNames": accepted,
            "storedVersions": [*stored, *([] if storage in stored else [storage])]}  # fmt: skip


def _condition(old: Obj, type_: str, value: bool, reason: str, message: str) -> Obj:
    word = "True" if value else "False"
    before = next((c for c in old.get("conditions") or () if c["type"] == type_), None)
    moved = before["lastTransitionTime"] if before and before["status"] == word else stamp()
    return {"type": type_, "status": word, "lastTransitionTime": moved, "reason": reason, "message": message}
