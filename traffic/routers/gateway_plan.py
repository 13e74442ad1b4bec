"""From what is asked of a Gateway and what was read of it to the writes between. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clusters.core.manifests import Manifest, kind_of, mapping, name_of
from clusters.kube.protocol import FIELD_MANAGER
from journal.core.reasons import because

from .gateway_objects import (
    BINDING,
    WEIGHTS,
    Edge,
    Published,
    binding_part,
    epoch_of,
    hostnames_of,
    http_route,
    member_objects,
    overlaid,
    references_of,
    service_name,
    slot_of,
    weights_part,
)
from .gateway_slots import placed
from .protocol import Actual, Asked, Write
from .rules import check

Found = Mapping[tuple[str, str], Manifest]
DROP_ORDER = ("HTTPRoute", "EndpointSlice", "Service")
# The stages of a plan. An HTTPRoute that is new is bound last: with weights alone it has no Gateway, so binds nobody.
MEMBERS, WEIGHED, BOUND, TRIMMED, UNUSED, LONELY = range(6)
WHAT = {
    WEIGHTS: "router-write-weights",
    BINDING: "router-write-binding",
    FIELD_MANAGER: "router-write-object",
}


@dataclass(frozen=True, slots=True)
class Put:
    """An apply of `manifest` by `manager` over `before`: what was read, None where nothing was, or where `follows`
    is set, what an earlier write of the same plan left."""

    manifest: Manifest
    before: Manifest | None
    manager: str
    follows: Manifest | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """The removal of `before`, as it was read."""

    before: Manifest


def plan_writes(edge: Edge, asked: Sequence[Asked], actual: Mapping[str, Actual]) -> tuple[Write, ...]:
    """Members first, then weights; then hostnames where they are to be; then where they are no longer; last what
    nothing refers to."""
    check(asked, actual)
    moving = {host for one in asked for host in one.hostnames}
    writes: list[Write] = []
    for one in sorted(asked, key=lambda one: one.route):
        found = _found(actual.get(one.route))
        writes += _members(edge, one, found)
        writes += _slots(edge, one, found, moving)
        writes += _unused_members(edge, one, found)
    return tuple(sorted(writes, key=lambda write: write.stage))


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
                yield _put(asked, MEMBERS, Put(manifest, before, FIELD_MANAGER))


def _slots(edge: Edge, asked: Asked, found: Found, moving: set[str]) -> Iterator[Write]:
    """What the HTTPRoutes need. A hostname that goes to another Route is a guest until it is bound there."""
    now = {slot_of(one): one for (kind, _), one in found.items() if kind == "HTTPRoute"}
    held = {number: hostnames_of(one) for number, one in now.items()}
    leaving = moving - set(asked.hostnames)
    rebound = sorted(host for hosts in held.values() for host in hosts) != sorted(asked.hostnames)
    wanted = placed(asked.hostnames, held, leaving, compact=rebound)
    for number, hostnames in wanted.items():
        final = http_route(edge, asked, number, hostnames)
        guests = leaving & set(held.get(number, ()))
        shared = http_route(edge, asked, number, (*hostnames, *guests)) if guests else final
        yield from _slot(asked, found.get(("HTTPRoute", name_of(final))), shared, final)
    names = {_name(asked, number) for number in wanted}
    for (kind, name), one in found.items():
        if kind == "HTTPRoute" and name not in names:
            yield _drop(asked, UNUSED, one)


def _slot(asked: Asked, before: Manifest | None, shared: Manifest, final: Manifest) -> Iterator[Write]:
    """Its weights and its binding, each where it differs; the epoch alone goes with either of them."""
    weights, binding = weights_part(final), binding_part(shared)
    after = overlaid(before, weights)
    bound = is_so(after, binding)
    weighed = before is not None and is_so(before, weights, epoch_matters=bound)
    if not weighed:
        yield _put(asked, WEIGHED, Put(weights, before, WEIGHTS))
    if not bound:
        yield _put(asked, BOUND, Put(binding, before, BINDING, follows=None if weighed else after))
    if shared != final:
        yield _put(asked, TRIMMED, Put(binding_part(final), before, BINDING, follows=shared))


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
                yield _drop(asked, LONELY, one)


def _put(asked: Asked, stage: int, put: Put) -> Write:
    kind, name = kind_of(put.manifest), name_of(put.manifest)
    what = because(WHAT[put.manager], kind=kind, name=name, epoch=asked.epoch)
    return Write((asked.route,), what, put, stage)


def _drop(asked: Asked, stage: int, before: Manifest) -> Write:
    what = because("router-drop-object", kind=kind_of(before), name=name_of(before))
    return Write((asked.route,), what, Drop(before), stage)


def is_so(found: Manifest, wanted: Manifest, *, epoch_matters: bool = True) -> bool:
    """Whether `found` has all that `wanted` says, which of an HTTPRoute may be a part. What users' requests go by may
    hold nothing else."""
    if epoch_matters and epoch_of(found) != epoch_of(wanted):
        return False
    if kind_of(wanted) == "HTTPRoute":
        there, here = mapping(found.get("spec")), wanted["spec"]
        weighed = "rules" not in here or there.get("rules") == here["rules"]
        return weighed and _is_bound(there, here) and _same_labels(found, wanted)
    body = {
        field: value for field, value in wanted.items() if field not in ("metadata", "apiVersion", "kind")
    }
    return _covers(found, body) and _same_labels(found, wanted)


def _is_bound(there: Manifest, here: Manifest) -> bool:
    if "hostnames" not in here:
        return True
    same = set(there.get("hostnames") or ()) == set(here["hostnames"])
    return same and _covers(there.get("parentRefs") or [], here["parentRefs"])


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
