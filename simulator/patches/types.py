"""The types of values: what a field may hold, and how patches and apply look at it.

Source: the OpenAPI of Kubernetes, as `simulator/kinds/types.json` sums it up, and the schemas of custom resources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from simulator.patches.schema import Path, Schema

LIST, MAP, STRUCT, ANY = "list", "map", "struct", "any"


@dataclass(frozen=True, eq=False, slots=True)
class Type:
    """`form` is `list`, `map`, `struct`, `any` or a scalar's Go name; `item` is what a list or a map holds.

    `atomic` is replaced as a whole; `keys` and `is_set` are how apply knows the items of a list, `merge_key` is how a
    strategic patch does; `always` is written even when it is empty.
    """

    form: str
    name: str = ""
    item: Type | None = None
    fields: dict[str, Type] = field(default_factory=dict)
    atomic: bool = False
    keys: tuple[str, ...] = ()
    is_set: bool = False
    merge_key: str = ""
    always: bool = False
    open: bool = False  # a struct that may have other fields, too

    def at(self, key: str) -> Type | None:
        """The type of a field or of a map's value; None when there is no such field."""
        if self.form == MAP:
            return self.item
        return self.fields.get(key, ANYTHING if self.open else None) if self.form == STRUCT else ANYTHING


ANYTHING = Type(ANY)


def read_types(table: Mapping[str, Mapping[str, str]]) -> dict[str, Type]:
    """The structs of a table, which may hold each other. A word is explained in `types.json`'s maker."""
    structs: dict[tuple[str, bool], Type] = {}

    def struct(name: str) -> Type:
        atomic, name = name.endswith("!"), name.rstrip("!")
        if name not in table:
            return ANYTHING if name == ANY else Type(name)
        if (name, atomic) not in structs:
            structs[name, atomic] = found = Type(STRUCT, name, atomic=atomic)
            found.fields.update((key, _parsed(word, struct)) for key, word in table[name].items())
        return structs[name, atomic]

    return {name: struct(name) for name in table}


def _parsed(word: str, struct: Any) -> Type:
    name, *extras = word.split(" ")
    after = dict(zip(extras, [*extras[1:], ""], strict=False))
    if name.startswith(("[]", "{}")):
        return Type(
            LIST if name.startswith("[]") else MAP, item=_parsed(name[2:], struct), atomic="atomic" in after,
            keys=tuple(after["by"].split(",")) if "by" in after else (), is_set="set" in after,
            merge_key=after.get("merge", ""), always="always" in after,
        )  # fmt: skip
    found: Type = struct(name)
    if "atomic" in after or "always" in after:
        atomic = found.atomic or "atomic" in after
        found = Type(found.form, found.name, fields=found.fields, atomic=atomic, always="always" in after)
    return found


@lru_cache(maxsize=16384)
def type_at(root: Type, path: Path) -> Type:
    """What stands at a path of field names; lists have no place in it. ANYTHING where nothing is known."""
    found = root
    for key in path:
        while found.form == LIST and found.item is not None:
            found = found.item
        found = found.at(key) or ANYTHING
    return found


@dataclass(frozen=True, eq=False, slots=True)
class TypedSchema(Schema):
    """What patches ask about the fields of one kind."""

    root: Type = ANYTHING

    def merge_key(self, path: Path) -> str | None:
        """The strategic merge key of the list at the path; None: the list is replaced."""
        return type_at(self.root, path).merge_key or None

    def apply_keys(self, path: Path) -> tuple[str, ...] | None:
        """The keys of an associative list; None: the list is not one."""
        return type_at(self.root, path).keys or None

    def is_set(self, path: Path) -> bool:
        """Whether the list at the path is a set of scalars."""
        return type_at(self.root, path).is_set

    def is_atomic_map(self, path: Path) -> bool:
        """Whether the map at the path is owned and replaced as a whole."""
        found = type_at(self.root, path)
        return found.atomic or (found.form == LIST and found.item is not None and found.item.atomic)

    def is_always(self, path: Path) -> bool:
        """Whether a typed server writes what is at the path even when it is empty."""
        return path == ("metadata",) or type_at(self.root, path).always

    def is_map(self, path: Path) -> bool:
        """Whether the keys at the path are a person's own, not fields."""
        return type_at(self.root, path).form == MAP
