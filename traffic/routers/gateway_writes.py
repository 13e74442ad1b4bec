"""Single writes on an edge cluster, compared and swapped by resourceVersion."""

from collections.abc import Callable
from typing import TypeVar

from clusters.core.manifests import Manifest, kind_of, mapping, name_of
from clusters.kube.protocol import Conflict, Denied, Invalid, Kube, KubeError, NotFound, Unavailable
from journal.core.reasons import because

from .gateway_objects import ROUTE_LABEL, epoch_of, label
from .gateway_plan import Put, is_so
from .protocol import Rejected, Stale, Unreachable

T = TypeVar("T")
# No object of ours is at this one, so whatever is there already is a Conflict.
NOTHING = "1"
LOOKS = 3


def put(kube: Kube, put: Put) -> None:
    """Applies one object. A gateway writes the status of the same object: that alone is no change.

    Raises Stale or KubeError.
    """
    before = put.before if put.follows is None else _left_by(kube, put.follows, put.manifest)
    for _ in range(LOOKS):
        try:
            _apply(kube, put, before)
        except Conflict:
            now = _now(kube, put.manifest)
            if now is None:
                raise
            if is_so(now, put.manifest):
                return
            if not (_is_same(before, now) or _may_adopt(put, before, now)):
                raise
            before = now
        else:
            return
    raise _moved_on(put.manifest)


def drop(kube: Kube, before: Manifest) -> None:
    """Deletes one object as it was read; already gone is success. Raises Stale or KubeError."""
    kind, name, uid = kind_of(before), name_of(before), str(before["metadata"]["uid"])
    for _ in range(LOOKS):
        version = str(before["metadata"]["resourceVersion"])
        try:
            kube.delete(kind, before["metadata"]["namespace"], name, uid=uid, resource_version=version)
        except Conflict:
            now = _now(kube, before)
            if now is None:
                return
            if not _is_same(before, now):
                raise
            before = now
        else:
            return
    raise _moved_on(before)


def translated(call: Callable[[], T]) -> T:
    """What `call` gives, its errors in the words of routers. What a person can mend is worth another try."""
    try:
        return call()
    except Unavailable as e:
        raise Unreachable(e.reason, maybe_done=e.maybe_done) from e
    except Conflict as e:
        raise Stale(e.reason) from e
    except Invalid as e:
        raise Rejected(e.reason) from e
    except (Denied, NotFound) as e:
        raise Unreachable(e.reason, maybe_done=False) from e
    except KubeError as e:
        raise Unreachable(e.reason, maybe_done=True) from e


def _apply(kube: Kube, put: Put, before: Manifest | None) -> None:
    """Whoever owns the fields: that they are not as asked was read, or they would not be written."""
    metadata, version = put.manifest["metadata"], NOTHING
    if before is not None:
        metadata = {**metadata, "uid": before["metadata"]["uid"]}
        version = before["metadata"]["resourceVersion"]
    manifest = {**put.manifest, "metadata": metadata}
    kube.apply(manifest, resource_version=version, force=True, manager=put.manager)


def _left_by(kube: Kube, earlier: Manifest, manifest: Manifest) -> Manifest:
    """The object as an earlier write of the plan left it, or as this one did."""
    now = _now(kube, manifest)
    if now is None or not (is_so(now, earlier) or is_so(now, manifest)):
        raise _moved_on(manifest)
    return now


def _now(kube: Kube, manifest: Manifest) -> Manifest | None:
    try:
        return kube.get(kind_of(manifest), manifest["metadata"]["namespace"], name_of(manifest))
    except NotFound:
        return None


def _is_same(before: Manifest | None, now: Manifest) -> bool:
    """Whether nothing but the status was written since."""
    return before is not None and _content(before) == _content(now)


def _content(manifest: Manifest) -> Manifest:
    metadata = mapping(manifest.get("metadata"))
    kept = {field: metadata.get(field) for field in ("uid", "labels", "annotations")}
    return {
        **{field: value for field, value in manifest.items() if field not in ("status", "metadata")},
        **kept,
    }


def _may_adopt(put: Put, before: Manifest | None, now: Manifest) -> bool:
    """What an attempt that stopped halfway left of a member, before any HTTPRoute was there to be read."""
    return before is None and kind_of(now) != "HTTPRoute" and epoch_of(now) <= epoch_of(put.manifest)


def _moved_on(manifest: Manifest) -> Stale:
    return Stale(because("router-moved-on", route=label(manifest, ROUTE_LABEL)))
