"""From what is asked of a Gateway and what was read of it to the writes between. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clusters.core.manifests import Manifest, kind_of, mapping, name_of
from journal.core.reasons import because

from .gateway_objects import (
    Edge,
    Published,
    epoch_of,
    hostnames_of,
    http_route,
    member_objects,
    references_of,
    service_name,
    slot_of,
)
from .gateway_slots import placed
from .protocol import Actual, Asked, Write
from .rules import check

Found = Mapping[tuple[str, str], Manifest]
DROP_ORDER = ("HTTPRoute", "EndpointSlice", "Service")


@dataclass(frozen=True, slots=True)
class Put:
    """An apply of `manifest` over `before`: what was read, None where nothing was, or where `follows` is set,
    what an earlier write of the same plan left."""

    manifest: Manifest
    before: Manifest | None
    follows: Manifest | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """The removal of `before`, as it was read."""

    before: Manifest


def plan_writes(edge: Edge, asked: Sequence[Asked], actual: Mapping[str, Actual]) -> tuple[Write, ...]:
    """Members first; then hostnames where they are to be, with the weights; then where they are no longer;
    last what nothing refers to."""
    check(asked, actual)
    moving = {host for one in asked for host in one.hostnames}
    members: list[Write] = []
    bound: list[Write] = []
    trimmed: list[Write] = []
    unused: list[Write] = []
    lonely: list[Write] = []
    for one in sorted(asked, key=lambda one: one.route):
        found = _found(actual.get(one.route))
        members += _members(edge, one, found)
        first, second, third = _slots(edge, one, found, moving)
        bound += first
        trimmed += second
        unused += third
        lonely += _unused_members(edge, one, found)
    stages = (members, bound, trimmed, unused, lonely)
    return tuple(replace(one, stage=stage) for stage, writes in enumerate(stages) for one in writes)


def _found(actual: Actual | None) -> Found:
    """By (kind, name). Only what `read` gave can be compared and swapped."""
    if actual is None:
        return {}
    if not isinstance(actual, Published):
        raise TypeError("a plan is made of what this router has read")
    return {(kind_of(one), name_of(one)): one for one in actual.objects}


def _members(edge: Edge, asked: Asked, found: Found) -> Iterator[Write]:
    """What is missing of the members. One that not every HTTPRoute refers to is written in any case: whoever
    is about to prune it notices."""
    slots = [one for (kind, _), one in found.items() if kind == "HTTPRoute"]
    for backend in sorted(asked.backends, key=lambda backend: backend.prod):
        name = service_name(asked.route, backend.prod)
        settled = bool(slots) and all(
            name in {one.get("name") for one in references_of(slot)} for slot in slots
        )
        for manifest in member_objects(edge, asked, backend):
            before = found.get((kind_of(manifest), name_of(manifest)))
            if not (before and is_so(before, manifest, epoch_matters=not settled)):
                yield _put(asked, manifest, before)


def _slots(
    edge: Edge, asked: Asked, found: Found, moving: set[str]
) -> tuple[list[Write], list[Write], list[Write]]:
    """(writes that bind, writes that then unbind, HTTPRoutes that are no longer needed)."""
    now = {slot_of(one): one for (kind, _), one in found.items() if kind == "HTTPRoute"}
    held = {number: hostnames_of(one) for number, one in now.items()}
    leaving = moving - set(asked.hostnames)
    compact = any(epoch_of(one) != asked.epoch for one in now.values())
    wanted = placed(asked.hostnames, held, leaving, compact=compact)
    bound, trimmed = [], []
    for number, hostnames in wanted.items():
        final, before = (
            http_route(edge, asked, number, hostnames),
            found.get(("HTTPRoute", _name(asked, number))),
        )
        guests = leaving & set(held.get(number, ()))
        if guests:
            shared = http_route(edge, asked, number, (*hostnames, *guests))
            if before is None or not is_so(before, shared):
                bound.append(_put(asked, shared, before))
            trimmed.append(_put(asked, final, before, follows=shared))
        elif before is None or not is_so(before, final):
            bound.append(_put(asked, final, before))
    names = {_name(asked, number) for number in wanted}
    unused = [one for (kind, name), one in found.items() if kind == "HTTPRoute" and name not in names]
    return bound, trimmed, [_drop(asked, one) for one in unused]


def _name(asked: Asked, number: int) -> str:
    return f"drover-{asked.route}-{number}"


def _unused_members(edge: Edge, asked: Asked, found: Found) -> Iterator[Write]:
    used = {
        (kind_of(one), name_of(one))
        for backend in asked.backends
        for one in member_objects(edge, asked, backend)
    }
    for kind in DROP_ORDER[1:]:
        for key, one in found.items():
            if key[0] == kind and key not in used:
                yield _drop(asked, one)


def _put(asked: Asked, manifest: Manifest, before: Manifest | None, follows: Manifest | None = None) -> Write:
    what = because("router-write-object", kind=kind_of(manifest), name=name_of(manifest), epoch=asked.epoch)
    return Write((asked.route,), what, Put(manifest, before, follows))


def _drop(asked: Asked, before: Manifest) -> Write:
    what = because("router-drop-object", kind=kind_of(before), name=name_of(before))
    return Write((asked.route,), what, Drop(before))


def is_so(found: Manifest, wanted: Manifest, *, epoch_matters: bool = True) -> bool:
    """Whether `found` has all that `wanted` says. What users' requests go by may hold nothing else."""
    if epoch_matters and epoch_of(found) != epoch_of(wanted):
        return False
    if kind_of(wanted) == "HTTPRoute":
        there, here = mapping(found.get("spec")), wanted["spec"]
        if there.get("rules") != here["rules"] or set(hostnames_of(found)) != set(hostnames_of(wanted)):
            return False
        return _covers(there.get("parentRefs") or [], here["parentRefs"]) and _same_labels(found, wanted)
    body = {
        field: value for field, value in wanted.items() if field not in ("metadata", "apiVersion", "kind")
    }
    return _covers(found, body) and _same_labels(found, wanted)


def _same_labels(found: Manifest, wanted: Manifest) -> bool:
    return _covers(mapping(found.get("metadata")).get("labels") or {}, wanted["metadata"]["labels"])


def _covers(found: Any, wanted: Any) -> bool:
    """Whether every field of `wanted` is in `found`; lists are of one length."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            _covers(found.get(field), value) for field, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(_covers(one, other) for one, other in zip(found, wanted, strict=True))
        )
    return bool(found == wanted)
