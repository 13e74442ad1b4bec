"""Changing objects: the checks and bookkeeping that every update, patch and apply goes through."""

from __future__ import annotations

from simulator.errors import ApiError, conflict, invalid
from simulator.kinds.kind import Cause, Kind
from simulator.lifecycle.backend import Author, Backend
from simulator.lifecycle.creation import prepare
from simulator.patches.managers import Manager, after_update, read_managers, written
from simulator.values import Obj

KEPT_METADATA = ("uid", "name", "namespace", "creationTimestamp", "deletionTimestamp", "generation",
                 "deletionGracePeriodSeconds", "selfLink")  # fmt: skip


def update(
    backend: Backend,
    kind: Kind,
    live: Obj,
    draft: Obj,
    author: Author,
    managers: tuple[Manager, ...] | None = None,
    *,
    by_patch: bool = False,
) -> Obj:
    """The object as stored afterwards; the draft is used up. Without a change nothing is stored.

    A resourceVersion or UID in the draft that is not the live one is a 409; a UID alone, in a patch, a 422.
    """
    _check_preconditions(kind, live, draft, by_patch=by_patch or managers is not None)
    new = _merged(kind, live, draft, author.subresource)
    if author.subresource != "status" or kind.custom:
        prepare(backend, kind, new, live, author.dry_run)
    _check_finalizers(kind, live, new)
    _bump_generation(kind, live, new)
    _record_managers(kind, live, new, author, managers)
    if _same(live, new):
        return live
    if author.dry_run:
        return new
    if is_finished(kind, new):
        backend.store.remove(kind.key, live["metadata"].get("namespace") or "", live["metadata"]["name"])
        return new
    return backend.store.put(kind.key, new)


def _check_preconditions(kind: Kind, live: Obj, draft: Obj, *, by_patch: bool) -> None:
    name, asked = live["metadata"]["name"], draft.get("metadata") or {}
    if not str(asked.get("resourceVersion") or "0").isdigit():
        text = asked["resourceVersion"]
        raise ApiError(500, "", f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if by_patch and asked.get("uid") not in (None, "", live["metadata"]["uid"]):
        if asked.get("resourceVersion") not in (None, "", live["metadata"]["resourceVersion"]):
            raise conflict(kind, name)
        raise invalid(
            kind, name, [Cause("metadata.uid", f'Invalid value: "{asked["uid"]}": field is immutable')]
        )
    if asked.get("uid") and asked["uid"] != live["metadata"]["uid"]:
        raise conflict(kind, name, f"Precondition failed: UID in precondition: {asked['uid']}, "
                       f"UID in object meta: {live['metadata']['uid']}")  # fmt: skip
    version = asked.get("resourceVersion")
    if version and version != live["metadata"]["resourceVersion"]:
        raise conflict(kind, name)


def _check_finalizers(kind: Kind, live: Obj, new: Obj) -> None:
    """422 for a finalizer that comes when the object is already going."""
    known = live["metadata"].get("finalizers") or ()
    added = [name for name in new["metadata"].get("finalizers") or () if name not in known]
    if added and live["metadata"].get("deletionTimestamp"):
        named = ", ".join(f'"{name}"' for name in added)
        words = ("Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers "
                 f"[]string{{{named}}}")  # fmt: skip
        raise invalid(
            kind, live["metadata"]["name"], [Cause("metadata.finalizers", words, "FieldValueForbidden")]
        )


def _merged(kind: Kind, live: Obj, draft: Obj, subresource: str) -> Obj:
    """The draft with everything that this door may not change taken from the live object."""
    meta = dict(draft.get("metadata") or {})
    for key in KEPT_METADATA:
        meta.pop(key, None)
        if key in live["metadata"]:
            meta[key] = live["metadata"][key]
    meta["resourceVersion"] = live["metadata"]["resourceVersion"]
    if subresource == "status":
        meta["labels"] = live["metadata"].get("labels")
        if meta["labels"] is None:
            del meta["labels"]
        return {**live, "metadata": meta, "status": draft.get("status") or {}}
    new = {**draft, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta}
    if "status" in kind.subresources:
        new.pop("status", None)
        if "status" in live:
            new["status"] = live["status"]
    return new


def _bump_generation(kind: Kind, live: Obj, new: Obj) -> None:
    if not kind.has_generation:
        return
    changed = new.get("spec") != live.get("spec")
    if kind.custom:
        apart = {"metadata", "apiVersion"} | ({"status"} & kind.subresources)
        changed = {k: v for k, v in new.items() if k not in apart} != {
            k: v for k, v in live.items() if k not in apart
        }
    if kind.annotations_bump and new is not live and new.get("status") is live.get("status"):
        changed = changed or new["metadata"].get("annotations") != live["metadata"].get("annotations")
    if changed:
        new["metadata"]["generation"] = live["metadata"].get("generation", 1) + 1


def _record_managers(
    kind: Kind, live: Obj, new: Obj, author: Author, managers: tuple[Manager, ...] | None
) -> None:
    if managers is None:
        asked = new["metadata"].get("managedFields")
        if asked == []:
            new["metadata"].pop("managedFields")
            return
        managers = after_update(live, new, author.manager, author.subresource, kind.schema)
        before = read_managers(live)
        if {m.identity: m.fields for m in managers if m.fields} == {m.identity: m.fields for m in before}:
            new["metadata"]["managedFields"] = live["metadata"].get("managedFields", [])
            return
    new["metadata"]["managedFields"] = written(managers)


def _same(live: Obj, new: Obj) -> bool:
    """Whether nothing changed but, at most, the times in managedFields."""
    return _without_times(live) == _without_times(new)


def _without_times(obj: Obj) -> Obj:
    entries = [{**entry, "time": ""} for entry in obj["metadata"].get("managedFields") or ()]
    entries.sort(key=lambda entry: (entry["manager"], entry["operation"], entry.get("subresource", "")))
    return {**obj, "metadata": {**obj["metadata"], "managedFields": entries}}


def is_finished(kind: Kind, obj: Obj) -> bool:
    """Whether an object that waits to be deleted has nothing left to wait for."""
    meta = obj["metadata"]
    if not meta.get("deletionTimestamp") or meta.get("finalizers"):
        return False
    if kind.key == "namespaces":
        return not (obj.get("spec") or {}).get("finalizers")
    return not meta.get("deletionGracePeriodSeconds")
