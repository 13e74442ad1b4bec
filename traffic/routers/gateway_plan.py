"""From what is asked of a Gateway and what was read of it to the writes between. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
Needs = tuple[str, ...]  # Routes, as a Write has them
DROP_ORDER = ("HTTPRoute", "EndpointSlice", "Service")
# The stages of a plan. An HTTPRoute that is new is bound last: with weights alone it has no Gateway, so binds nobody.
MEMBERS, WEIGHED, BOUND, TRIMMED, LONELY = range(5)
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
    nothing refers to. Users who are served by an HTTPRoute go to new members, and hostnames leave, once what they need
    is read back."""
    check(asked, actual)
    takers = {host: one.route for one in asked for host in one.hostnames}
    writes: list[Write] = []
    for one in sorted(asked, key=lambda one: one.route):
        found = _found(actual.get(one.route))
        members = tuple(_members(edge, one, found))
        writes += members
        writes += _slots(edge, one, found, takers, (one.route,) if members else ())
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


def _slots(
    edge: Edge, asked: Asked, found: Found, takers: Mapping[str, str], needs: Needs
) -> Iterator[Write]:
    """What the HTTPRoutes need; those that serve already, `needs` first. A hostname that goes to another Route, its
    taker, is a guest until it is bound there."""
    now = {slot_of(one): one for (kind, _), one in found.items() if kind == "HTTPRoute"}
    held = {number: hostnames_of(one) for number, one in now.items()}
    bound = [host for hosts in held.values() for host in hosts]
    leaving = {host: takers[host] for host in bound if takers.get(host, asked.route) != asked.route}
    wanted = placed(asked.hostnames, held, leaving, compact=sorted(bound) != sorted(asked.hostnames))
    for number, hostnames in wanted.items():
        final = http_route(edge, asked, number, hostnames)
        before = found.get(("HTTPRoute", name_of(final)))
        guests = leaving.keys() & set(held.get(number, ()))
        shared = http_route(edge, asked, number, (*hostnames, *guests)) if guests else final
        yield from _slot(asked, before, shared, needs if before else ())
        if guests:
            put = Put(binding_part(final), before, BINDING, follows=shared)
            yield _put(asked, TRIMMED, put, _routes(leaving, guests))
    names = {_name(asked, number) for number in wanted}
    for (kind, name), one in found.items():
        if kind == "HTTPRoute" and name not in names:
            guests = leaving.keys() & set(hostnames_of(one))
            yield _drop(asked, TRIMMED, one, (asked.route, *_routes(leaving, guests)))


def _routes(takers: Mapping[str, str], hostnames: Collection[str]) -> Needs:
    return tuple(sorted({takers[host] for host in hostnames}))


def _slot(asked: Asked, before: Manifest | None, final: Manifest, needs: Needs) -> Iterator[Write]:
    """Its weights and its binding, each where it differs; the epoch alone goes with either of them."""
    weights, binding = weights_part(final), binding_part(final)
    after = overlaid(before, weights)
    bound = is_so(after, binding)
    weighed = before is not None and is_so(before, weights, epoch_matters=bound)
    if not weighed:
        yield _put(asked, WEIGHED, Put(weights, before, WEIGHTS), needs)
    if not bound:
        yield _put(asked, BOUND, Put(binding, before, BINDING, follows=None if weighed else after), needs)


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
                yield _drop(asked, LONELY, one, (asked.route,))


def _put(asked: Asked, stage: int, put: Put, needs: Needs = ()) -> Write:
    kind, name = kind_of(put.manifest), name_of(put.manifest)
    what = because(WHAT[put.manager], kind=kind, name=name, epoch=asked.epoch)
    return Write((asked.route,), what, put, stage, needs)


def _drop(asked: Asked, stage: int, before: Manifest, needs: Needs) -> Write:
    what = because("router-drop-object", kind=kind_of(before), name=name_of(before))
    return Write((asked.route,), what, Drop(before), stage, needs)


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
