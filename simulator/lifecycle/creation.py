"""Creating objects."""

from __future__ import annotations

import random

from simulator.errors import ApiError, already_exists, forbidden, invalid, not_found
from simulator.kinds.causes import invalid_value
from simulator.kinds.kind import Cause, Kind
from simulator.kinds.marks import mark_causes
from simulator.kinds.words import key_problems
from simulator.lifecycle.backend import Author, Backend
from simulator.lifecycle.owner_checks import owner_causes
from simulator.patches.fields import made_fields
from simulator.patches.managers import UPDATE, Manager, written
from simulator.values import Obj, copied, new_uid, stamp

SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # k8s.io/apimachinery/pkg/util/rand
NAMESPACES = "namespaces"
STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion",
                                 "customresourcecleanup.apiextensions.k8s.io"})  # fmt: skip
WRONG_TYPES = (AttributeError, TypeError, KeyError, ValueError)


def suffix(length: int = 5) -> str:
    """Random letters as they end generated names."""
    return "".join(random.choices(SUFFIX_ALPHABET, k=length))


def create(
    backend: Backend,
    kind: Kind,
    namespace: str,
    draft: Obj,
    author: Author,
    managers: tuple[Manager, ...] = (),
) -> Obj:
    """The created object; the draft is used up. ApiError when it may not exist."""
    meta = draft.setdefault("metadata", {})
    if kind.closed:
        raise forbidden(kind, meta.get("name") or "", kind.closed)
    _check_namespace(backend, kind, namespace, meta.get("name") or "")
    _name(kind, meta)
    there = backend.store.get(kind.key, namespace, meta["name"])
    if there is not None:
        raise already_exists(kind, meta["name"], going=bool(there["metadata"].get("deletionTimestamp")))
    _fill_metadata(kind, namespace, meta)
    draft.setdefault("apiVersion", kind.api_version)
    draft.setdefault("kind", kind.kind)
    if kind.initial_status is not None:
        draft["status"] = copied(kind.initial_status)
    elif kind.custom and "status" in kind.subresources:
        draft.pop("status", None)
    _drop_empty(meta)
    given = draft.get("spec")
    given = frozenset(given) if isinstance(given, dict) else frozenset()
    _fill_defaults(kind, draft)
    owned = managers or _creator(kind, draft, author, kind.allocated - given)
    if isinstance(draft.get("spec"), dict):
        kind.generate(draft)
    check(backend, kind, draft, None, author.dry_run)
    meta["managedFields"] = written(owned)
    if author.dry_run:
        return draft
    return backend.store.put(kind.key, draft)


def prepare(backend: Backend, kind: Kind, draft: Obj, old: Obj | None, dry_run: bool) -> None:
    """Default and validate a draft in place; ApiError 422 with every cause."""
    _drop_empty(draft["metadata"])
    _fill_defaults(kind, draft)
    if kind.inherit is not None and old is not None:
        kind.inherit(draft, old)
    check(backend, kind, draft, old, dry_run)


def check(backend: Backend, kind: Kind, draft: Obj, old: Obj | None, dry_run: bool) -> None:
    """Validate a draft that has its defaults, and give it its addresses; ApiError 422 with every cause."""
    try:
        meta = draft["metadata"]
        causes = [*mark_causes(meta, "metadata"), *owner_causes(meta), *kind.validate(draft, old)]
        if "finalizers" in meta and not kind.custom:
            causes += _finalizer_causes(meta["finalizers"])
    except WRONG_TYPES as error:
        raise WrongType(kind, error) from error
    if not causes and kind.key == "services":
        causes = backend.addresses.assign(draft, old, dry_run)
    if causes:
        raise invalid(kind, draft["metadata"].get("name", ""), causes)


def _finalizer_causes(finalizers: list[str]) -> list[Cause]:
    causes = []
    for n, name in enumerate(finalizers):
        causes += [invalid_value("metadata.finalizers", name, problem) for problem in key_problems(name)]
        if "/" not in name and name not in STANDARD_FINALIZERS:
            words = "name is neither a standard finalizer name nor is it fully qualified"
            causes.append(invalid_value(f"metadata.finalizers[{n}]", name, words))
    return causes


def _fill_defaults(kind: Kind, draft: Obj) -> None:
    try:
        kind.default(draft)
    except WRONG_TYPES as error:
        raise WrongType(kind, error) from error


class WrongType(ApiError):
    """400: a value cannot be what its field is."""

    def __init__(self, kind: Kind, error: Exception) -> None:
        super().__init__(400, "BadRequest", f"{kind.kind} in version {kind.version!r} cannot be handled as a "
                         f"{kind.kind}: a field has the wrong type: {error}")  # fmt: skip


def _drop_empty(meta: Obj) -> None:
    for key in ("labels", "annotations", "finalizers", "ownerReferences"):
        if key in meta and not meta[key]:
            del meta[key]


def _check_namespace(backend: Backend, kind: Kind, namespace: str, name: str) -> None:
    if not kind.namespaced:
        return
    space = backend.store.get(NAMESPACES, "", namespace)
    if space is None:
        raise not_found(backend.registry.by_key(NAMESPACES), namespace)
    if space["metadata"].get("deletionTimestamp"):
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        causes = [{"reason": "NamespaceTerminating", "field": "metadata.namespace",
                   "message": f"namespace {namespace} is being terminated"}]  # fmt: skip
        raise forbidden(kind, name, why, causes)


def _name(kind: Kind, meta: Obj) -> None:
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = meta["generateName"] + suffix()
    if not meta.get("name"):
        causes = [
            Cause("metadata.name", "Required value: name or generateName is required", "FieldValueRequired")
        ]
        raise invalid(kind, "", causes)
    if meta.get("resourceVersion"):
        raise ApiError(500, "", "resourceVersion should not be set on objects to be created")
    if problems := kind.names(meta["name"]):
        causes = [invalid_value("metadata.name", meta["name"], problem) for problem in problems]
        raise invalid(kind, meta["name"], causes)


def _fill_metadata(kind: Kind, namespace: str, meta: Obj) -> None:
    for key in ("managedFields", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"):
        meta.pop(key, None)
    if kind.namespaced:
        meta["namespace"] = namespace
    meta["uid"] = new_uid()
    meta["creationTimestamp"] = stamp()
    if kind.has_generation:
        meta["generation"] = 1


def _creator(kind: Kind, draft: Obj, author: Author, unowned: frozenset[str]) -> tuple[Manager, ...]:
    owned = {key: value for key, value in draft.items() if key != "status"}
    if unowned:
        owned["spec"] = {key: value for key, value in draft["spec"].items() if key not in unowned}
    fields = made_fields(owned, kind.schema)
    return (Manager(author.manager, UPDATE, "", kind.api_version, stamp(), fields),)
