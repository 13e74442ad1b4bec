"""What differs between two renderings, field by field, for the review of a plan."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .kinds import order_of
from .manifests import Manifest, canonical, key_of, name_of
from .patches import merge_key
from .render import Rendered


@dataclass(frozen=True, slots=True)
class Difference:
    """One field. `path` is like `spec.template.spec.containers[api].image`; "" is the whole object, which
    is then added (`before` None) or removed (`after` None). Text as it is, anything else as JSON."""

    kind: str
    name: str
    path: str
    before: str | None
    after: str | None


def diff(before: Sequence[Rendered], after: Sequence[Rendered]) -> tuple[Difference, ...]:
    """Every difference in apply order; objects that are gone stand last. A Job is told by the name that it
    has in the Blueprint."""
    old = {(item.kind, item.origin or item.name): item.manifest for item in before}
    new = {(item.kind, item.origin or item.name): item.manifest for item in after}
    found: list[Difference] = []
    for (kind, name), manifest in new.items():
        if (kind, name) in old:
            found.extend(_fields(kind, name, old[kind, name], manifest))
        else:
            found.append(Difference(kind, name, "", None, canonical(manifest)))
    gone = (key for key in old if key not in new)
    found.extend(Difference(kind, name, "", canonical(old[kind, name]), None) for kind, name in gone)
    return tuple(found)


def diff_manifests(before: Sequence[Manifest], after: Sequence[Manifest]) -> tuple[Difference, ...]:
    """Every difference between two revisions of a Blueprint."""
    return diff(_as_rendered(before), _as_rendered(after))


def _as_rendered(manifests: Sequence[Manifest]) -> list[Rendered]:
    found = [Rendered(key_of(item), name_of(item), "", item) for item in manifests]
    return sorted(found, key=lambda item: (order_of(item.kind), item.kind, item.name))


def _fields(kind: str, name: str, before: Manifest, after: Manifest) -> Iterator[Difference]:
    old, new = dict(_leaves("", before, kind)), dict(_leaves("", after, kind))
    for path in sorted(old.keys() | new.keys()):
        texts = old.get(path), new.get(path)
        if texts[0] != texts[1]:
            yield Difference(kind, name, path, *_readable(*texts))


def _leaves(path: str, value: Any, kind: str) -> Iterator[tuple[str, str]]:
    """(path, JSON text) of every field that has no fields of its own."""
    if isinstance(value, Mapping) and value:
        for field, item in value.items():
            yield from _leaves(_step(path, field), item, kind)
    elif isinstance(value, list) and value:
        key = merge_key(path.rpartition(".")[2], kind)
        for i, item in enumerate(value):
            label = item.get(key, i) if key and isinstance(item, Mapping) else i
            yield from _leaves(f"{path}[{label}]", item, kind)
    else:
        yield path, canonical(value)


def _step(path: str, field: str) -> str:
    """`path` with one more field; names with dots or slashes (labels) stand in brackets."""
    if "." in field or "/" in field:
        return f"{path}[{field}]"
    return f"{path}.{field}" if path else field


def _readable(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """Strings without their quotes, unless that would make two different values look alike."""
    plain = _unquoted(before), _unquoted(after)
    return (before, after) if plain[0] == plain[1] else plain


def _unquoted(text: str | None) -> str | None:
    return json.loads(text) if text and text.startswith('"') else text
