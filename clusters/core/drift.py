"""Drift: how what a Cluster holds of a Prod differs from what was applied, field by field."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from .autoscaling import AUTOSCALER
from .kinds import EPOCH_ANNOTATION, KINDS
from .manifests import Manifest, canonical, key_of, kind_of, mapping, name_of, objects
from .owners import CONTROLLERS, OURS, Owner, Path, Step, children, foreign, has_keys, owner_of, owners
from .quantity import same_amount
from .render import Rendered
from .shown import path_text, shown, shown_pair
from .steps import item_keys

MOST = 100
FLOOR: Path = (Step(field="spec"), Step(field="minReplicas"))
Key = tuple[str, str]
Objects = Mapping[Key, Manifest]


class What(StrEnum):
    """`changed`: a field that we set is otherwise. `missing`: an object is gone. `surplus`: an object with
    our label that is not of the Version. `added`: a field that we do not set, by another manager."""

    CHANGED = "changed"
    MISSING = "missing"
    SURPLUS = "surplus"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `path` is like `containers[api].image`, "" for the whole object; `desired` and `live`
    are texts to read, "" for nothing. `manager` wrote what is there `at` (RFC 3339); "": nobody says."""

    kind: str
    name: str
    path: str
    what: str
    desired: str = ""
    live: str = ""
    manager: str = ""
    at: str = ""


def differences_to_json(found: Iterable[Difference]) -> list[dict[str, Any]]:
    """The stored form."""
    return [asdict(one) for one in found]


def differences_from_json(data: Iterable[Mapping[str, Any]]) -> tuple[Difference, ...]:
    """What `differences_to_json` stored."""
    return tuple(Difference(**one) for one in data)


@dataclass(frozen=True, slots=True)
class _Case:
    """One object. `would` is what the API server would make of another apply; None: it was not asked."""

    kind: str
    name: str
    owners: tuple[Owner, ...]
    desired: Manifest = field(hash=False)
    live: Manifest = field(hash=False)
    would: Manifest | None = field(hash=False, default=None)
    scaled: bool = False
    raised: bool = False


def key(manifest: Manifest) -> Key:
    """What tells an object apart within its Prod."""
    return key_of(manifest), name_of(manifest)


def differences(
    desired: Sequence[Rendered],
    live: Iterable[Manifest],
    would: Objects | None = None,
    *,
    raised: bool = False,
) -> tuple[Difference, ...]:
    """All differences, objects in apply order, at most `MOST`.

    Every field of `desired` must be in `live`, which may have more. `would` are answers of the API server to
    a dry run of another apply: a field that it would leave as it is counts as no difference. `raised`: a Run lets
    autoscalers keep more pods for now.
    """
    there = {key(manifest): manifest for manifest in live}
    wanted = [rendered.manifest for rendered in desired]
    scaled = {_scaled_by(item) for item in wanted if kind_of(item) == AUTOSCALER}
    found = (
        one
        for item in wanted
        for one in _of_object(item, there.get(key(item)), (would or {}).get(key(item)), scaled, raised)
    )
    known = {key(item) for item in wanted}
    surplus = (there[at] for at in sorted(there.keys() - known))
    gone = (_surplus(item) for item in surplus if _may_be_surplus(item))
    return tuple(islice((*found, *gone), MOST))


def _scaled_by(autoscaler: Manifest) -> Key:
    target = mapping(mapping(autoscaler.get("spec")).get("scaleTargetRef"))
    return str(target.get("kind", "")), str(target.get("name", ""))


def _may_be_surplus(item: Manifest) -> bool:
    """Not what a controller made out of an object of ours: it goes with that one."""
    kind = KINDS.get(key_of(item))
    owned = any(owner.get("controller") for owner in objects(item["metadata"].get("ownerReferences")))
    return (kind is None or kind.deployable) and not owned


def _surplus(item: Manifest) -> Difference:
    last = next(iter(owners(item)), None)
    whole = Difference(key_of(item), name_of(item), "", What.SURPLUS)
    return replace(whole, manager=last.manager, at=last.at) if last else whole


def _of_object(
    desired: Manifest, live: Manifest | None, would: Manifest | None, scaled: set[Key], raised: bool
) -> Iterator[Difference]:
    kind, name = key(desired)
    if live is None:
        yield Difference(kind, name, "", What.MISSING)
        return
    wrote = owners(live)
    wanted = _with_floor(desired, wrote) if kind == AUTOSCALER else desired
    case = _Case(kind, name, wrote, wanted, live, would, (kind, name) in scaled, raised)
    found = [*_changed(case), *_added(case)]
    yield from sorted(found, key=lambda one: (one.path, one.what))


def _with_floor(desired: Manifest, wrote: tuple[Owner, ...]) -> Manifest:
    """An autoscaler that says nothing of its fewest pods wants 1, which another apply brings back where we have set
    another number; what others have set is theirs."""
    owner = owner_of(wrote, FLOOR)
    if owner is None or owner.manager != OURS:
        return desired
    return {**desired, "spec": {"minReplicas": 1, **mapping(desired.get("spec"))}}


def _parts(manifest: Manifest) -> Manifest:
    """What people write: all but names, metadata of the API server, and status."""
    left_out = {"apiVersion", "kind", "metadata", "status"}
    metadata = mapping(manifest.get("metadata"))
    marks = {
        name: {at: value for at, value in mapping(metadata.get(name)).items() if at != EPOCH_ANNOTATION}
        for name in ("labels", "annotations")
    }
    return {**{at: value for at, value in manifest.items() if at not in left_out}, "metadata": marks}


def _changed(case: _Case) -> Iterator[Difference]:
    would = None if case.would is None else _parts(case.would)
    yield from _compare(case, (), _parts(case.desired), _parts(case.live), would)


def _compare(case: _Case, path: Path, desired: Any, live: Any, would: Any) -> Iterator[Difference]:
    if _is_same(case, path, desired, live):
        return
    if isinstance(desired, dict) and isinstance(live, dict):
        for name in sorted(desired):
            inner = (*path, Step(field=name))
            yield from _compare(case, inner, desired[name], live.get(name), mapping(would).get(name))
        return
    pairs = _pairs(case.kind, path, desired, live, would) if isinstance(live, list) else None
    if pairs is not None:
        for step, wanted, found, after in pairs:
            yield from _compare(case, (*path, step), wanted, found, after)
    elif case.would is None or canonical(live) != canonical(would):
        yield _difference(case, path, desired, live)


def _pairs(
    kind: str, path: Path, desired: Any, live: list[Any], would: Any
) -> list[tuple[Step, Any, Any, Any]] | None:
    """(step, wanted, found, would be) of each wanted item; None: the lists are compared as a whole."""
    if not isinstance(desired, list):
        return None
    keys = [item_keys(path, kind, item) for item in desired]
    if desired and all(keys):
        steps = [Step(keys=each) for each in keys]
        return [
            (step, item, item_of(live, step), item_of(would, step))
            for step, item in zip(steps, desired, strict=True)
        ]
    if len(desired) != len(live) or not all(isinstance(item, (dict, list)) for item in desired):
        return None
    after = would if isinstance(would, list) and len(would) == len(live) else [None] * len(live)
    return [(Step(index=i), desired[i], live[i], after[i]) for i in range(len(desired))]


def item_of(items: Any, step: Step) -> Any:
    """The item of a list that `step` leads to; None if it is not there."""
    return next((item for item in objects(items) if has_keys(item, step.keys)), None)


def _is_same(case: _Case, path: Path, desired: Any, live: Any) -> bool:
    if _is_empty(desired) and _is_empty(live):
        return True
    if path == (Step(field="spec"), Step(field="replicas")) and _is_scaled(case, path):
        return True
    if path == FLOOR and case.raised and case.kind == AUTOSCALER:
        return isinstance(live, int) and isinstance(desired, int) and live >= desired
    return canonical(desired) == canonical(live) or (_is_amount(path) and same_amount(desired, live))


def _is_empty(value: Any) -> bool:
    """What the API server does not tell apart from a field that is not there."""
    if isinstance(value, dict):
        return all(_is_empty(item) for item in value.values())
    return value in (None, "", 0, False, [])


def _is_scaled(case: _Case, path: Path) -> bool:
    """Whether an autoscaler sets the replicas: one of ours, or one that has written them."""
    owner = owner_of(case.owners, path)
    return case.scaled or (owner is not None and owner.manager in CONTROLLERS)


def _is_amount(path: Path) -> bool:
    names = [step.field for step in path]
    in_resources = any(name in {"limits", "requests"} for name in names[:-1])
    return in_resources or names[-1:] in (["sizeLimit"], ["averageValue"], ["divisor"])


def _difference(case: _Case, path: Path, desired: Any, live: Any) -> Difference:
    owner = owner_of(case.owners, path) if live is not None else None
    texts = shown_pair(case.kind, path, desired, live)
    found = Difference(case.kind, case.name, path_text(path), What.CHANGED, *texts)
    return replace(found, manager=owner.manager, at=owner.at) if owner else found


def _added(case: _Case) -> Iterator[Difference]:
    """What other managers own beside what we set; the latest writer of each field."""
    told: set[Path] = set()
    desired, live = _parts(case.desired), _parts(case.live)
    for owner in foreign(case.owners):
        for path, value in _extra((), owner.fields, desired, live):
            if path not in told and not _is_empty(value):
                told.add(path)
                text = shown(case.kind, path, value)
                at = path_text(path)
                yield Difference(case.kind, case.name, at, What.ADDED, "", text, owner.manager, owner.at)


def _extra(path: Path, tree: Manifest, desired: Any, live: Any) -> Iterator[tuple[Path, Any]]:
    """(path, value) of each field or item in `tree` that is in `live` and not in `desired`."""
    for step, sub in children(tree):
        if isinstance(step, str) or not live:  # members of a set belong to the list that we set, or not
            continue
        here = (*path, step)
        found, wanted = _at(live, step), _at(desired, step)
        if found is None:
            continue
        if sub and (wanted is not None or (not step.keys and isinstance(found, (dict, list)))):
            yield from _extra(here, sub, wanted, found)
        elif wanted is None:
            yield here, found


def _at(value: Any, step: Step) -> Any:
    return item_of(value, step) if step.keys else mapping(value).get(step.field)


def added_pointers(desired: Manifest, live: Manifest) -> tuple[str, ...]:
    """JSON pointers (RFC 6901) into `live` of what other managers own beside what we set, in an order in
    which they can be removed one after the other."""
    wanted, there = _parts(desired), _parts(live)
    found = {
        path: _places(path, there)
        for owner in foreign(owners(live))
        for path, value in _extra((), owner.fields, wanted, there)
        if not _is_empty(value)
    }
    return tuple("/" + "/".join(map(_escaped, places)) for places in sorted(found.values(), key=_last_first))


def _places(path: Path, live: Any) -> tuple[str | int, ...]:
    """The fields and places in lists that lead to `path`."""
    places: list[str | int] = []
    for step in path:
        found = _at(live, step)
        places.append(step.field or next(i for i, item in enumerate(live) if item is found))
        live = found
    return tuple(places)


def _last_first(places: tuple[str | int, ...]) -> list[tuple[int, str]]:
    """Later items of a list before earlier ones, whose removal would move them."""
    return [(-place, "") if isinstance(place, int) else (0, place) for place in places]


def _escaped(place: str | int) -> str:
    return str(place).replace("~", "~0").replace("/", "~1")
