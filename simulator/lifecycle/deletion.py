"""Deleting objects: grace, finalizers, propagation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator.errors import forbidden, moved_on
from simulator.kinds.kind import Kind
from simulator.lifecycle.backend import Backend
from simulator.lifecycle.updating import is_finished
from simulator.values import Obj, dig, full_name, stamp

BACKGROUND, FOREGROUND, ORPHAN = "Background", "Foreground", "Orphan"
FOREGROUND_FINALIZER, ORPHAN_FINALIZER = "foregroundDeletion", "orphan"
FINALIZERS = {FOREGROUND: FOREGROUND_FINALIZER, ORPHAN: ORPHAN_FINALIZER}
PROTECTED_NAMESPACES = frozenset({"default", "kube-system", "kube-public"})


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """What a DELETE may ask; grace in seconds, None for the object's own."""

    grace_s: int | None = None
    propagation: str = BACKGROUND
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False


def parse_options(asked: Obj, dry_run: bool, default: str = BACKGROUND) -> DeleteOptions:
    """The options that a DELETE asks for; `default` is what the kind does with dependents."""
    grace, orphan = asked.get("gracePeriodSeconds"), asked.get("orphanDependents")
    policy = asked.get("propagationPolicy")
    if not policy and orphan is not None:
        policy = ORPHAN if orphan else BACKGROUND
    preconditions = asked.get("preconditions") or {}
    return DeleteOptions(
        None if grace is None else int(grace), policy or default, preconditions.get("uid") or "",
        preconditions.get("resourceVersion") or "", dry_run,
    )  # fmt: skip


def delete(backend: Backend, kind: Kind, obj: Obj, options: DeleteOptions) -> tuple[Obj, bool]:
    """(the last state, whether the object is gone already); ApiError when it may not go."""
    _check_preconditions(kind, obj, options)
    if kind.key == "namespaces" and obj["metadata"]["name"] in PROTECTED_NAMESPACES:
        raise forbidden(kind, obj["metadata"]["name"], "this namespace may not be deleted")
    if options.dry_run:
        return obj, True
    marked = _marked(kind, obj, options)
    if is_finished(kind, marked):
        return backend.store.remove(kind.key, *full_name(obj)) or obj, True
    if marked is not obj:
        marked = backend.store.put(kind.key, marked)
    return marked, False


def _check_preconditions(kind: Kind, obj: Obj, options: DeleteOptions) -> None:
    meta = obj["metadata"]
    if options.uid and options.uid != meta["uid"]:
        raise moved_on(kind, meta["name"], f"the UID in the precondition ({options.uid}) does not match the UID in "
                       f"record ({meta['uid']}). The object might have been deleted and then recreated")  # fmt: skip
    if options.resource_version and options.resource_version != meta["resourceVersion"]:
        raise moved_on(kind, meta["name"], f"the ResourceVersion in the precondition ({options.resource_version}) does "
                       f"not match the ResourceVersion in record ({meta['resourceVersion']}). The object might have been "
                       "modified")  # fmt: skip


def _marked(kind: Kind, obj: Obj, options: DeleteOptions) -> Obj:
    """The object with a deletion mark, or itself when it has as good a one already."""
    grace = _grace(kind, obj, options)
    meta = dict(obj["metadata"])
    already = meta.get("deletionTimestamp")
    if already and (not kind.graceful or grace >= (meta.get("deletionGracePeriodSeconds") or 0)):
        return obj
    meta["deletionTimestamp"] = stamp(datetime.now(UTC) + timedelta(seconds=grace))
    meta["deletionGracePeriodSeconds"] = grace
    if kind.has_generation and not already:
        meta["generation"] = meta.get("generation", 1) + 1
    if options.propagation in FINALIZERS and kind.key not in ("pods", "namespaces"):
        meta["finalizers"] = [*(meta.get("finalizers") or ()), FINALIZERS[options.propagation]]
    marked = {**obj, "metadata": meta}
    if kind.key == "namespaces":
        del meta["deletionGracePeriodSeconds"]
        marked["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
    return marked


def _grace(kind: Kind, obj: Obj, options: DeleteOptions) -> int:
    if kind.key != "pods" or not dig(obj, "spec", "nodeName"):
        return 0
    if dig(obj, "status", "phase") in ("Succeeded", "Failed"):
        return 0
    if options.grace_s is not None:
        return options.grace_s
    return int(dig(obj, "spec", "terminationGracePeriodSeconds") or 0)


def orphan_dependents(backend: Backend, owner: Obj) -> None:
    """Take the owner's name out of everything it owns."""
    uid = owner["metadata"]["uid"]
    for kind, namespace, name in backend.owners.keys(uid):
        dependent = backend.store.get(kind, namespace, name)
        if dependent:
            backend.store.put(kind, without_owner(dependent, uid))


def without_owner(obj: Obj, uid: str) -> Obj:
    """The object without its reference to this owner."""
    left = [owner for owner in obj["metadata"].get("ownerReferences") or () if owner["uid"] != uid]
    meta = {**obj["metadata"], "ownerReferences": left}
    if not left:
        del meta["ownerReferences"]
    return {**obj, "metadata": meta}


def without_finalizer(backend: Backend, kind: Kind, obj: Obj, finalizer: str) -> None:
    """Take a finalizer away; the object goes if nothing else holds it."""
    left = [name for name in obj["metadata"].get("finalizers") or () if name != finalizer]
    meta = {**obj["metadata"], "finalizers": left}
    new = {**obj, "metadata": meta}
    if is_finished(kind, new):
        backend.store.remove(kind.key, *full_name(obj))
    else:
        backend.store.put(kind.key, new)
