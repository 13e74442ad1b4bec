"""Parity: what differs between Prods that should be alike, and whether something explains it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

VERSION = "version"


class Why(StrEnum):
    """What explains that a Prod is otherwise than most. `version`: it is on another one, which the row of the
    Version tells of. `none`: nothing does, somebody has to look."""

    OVERRIDE = "override"
    RUN = "run"
    VERSION = "version"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Compared:
    """A Prod: (field, value) of what is compared; a field that is not there is as the Blueprint has it.

    `overridden` are fields that its overrides set, `drifted` those that its Cluster has otherwise than was
    applied, `of_version` those that follow from its Version; `changing`: a Run is changing it.
    """

    name: str
    values: tuple[tuple[str, str], ...]
    overridden: frozenset[str] = frozenset()
    drifted: frozenset[str] = frozenset()
    of_version: frozenset[str] = frozenset()
    changing: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Prods that have the same value ("": as the Blueprint has it), by name; `why` they are otherwise than
    most."""

    value: str
    prods: tuple[str, ...]
    why: Why


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field: what most have, and every other value, what nothing explains first."""

    field: str
    most: str
    alike: int
    others: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Parity:
    """How alike the Prods are: the fields that differ, unexplained first, and those that do not."""

    prods: int
    rows: tuple[FieldRow, ...]
    alike: tuple[str, ...]


def parity(prods: Sequence[Compared]) -> Parity:
    """What differs between `prods`, field by field."""
    values = {prod.name: dict(prod.values) for prod in prods}
    fields = sorted({field for of_prod in values.values() for field in of_prod})
    known = {field: {name: of.get(field, "") for name, of in values.items()} for field in fields}
    versions = known.get(VERSION, {})
    usual = most(versions.values()) if versions else ""
    odd = frozenset(name for name, version in versions.items() if version != usual)
    differing = [field for field in fields if len(set(known[field].values())) > 1]
    rows = (_row(field, known[field], prods, odd) for field in differing)
    return Parity(
        prods=len(prods),
        rows=tuple(sorted(rows, key=_order)),
        alike=tuple(field for field in fields if field not in differing),
    )


def most(values: Iterable[str]) -> str:
    """The value that most have; of several as frequent ones the first by text.

    >>> most(["v2", "v1", "v1"]), most(["b", "a"])
    ('v1', 'a')
    """
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value))


def is_unexplained(row: FieldRow) -> bool:
    """Whether somebody has to look at it."""
    return any(group.why is Why.NONE for group in row.others)


def _order(row: FieldRow) -> tuple[bool, bool, str]:
    return not is_unexplained(row), row.field != VERSION, row.field


def _row(field: str, values: dict[str, str], prods: Sequence[Compared], odd: frozenset[str]) -> FieldRow:
    usual = most(values.values())
    alike = [prod for prod in prods if values[prod.name] == usual]
    all_overridden = all(field in prod.overridden for prod in alike)
    groups: dict[tuple[Why, str], list[str]] = defaultdict(list)
    for prod in prods:
        if values[prod.name] != usual:
            why = _why(field, prod, prod.name in odd, all_overridden)
            groups[why, values[prod.name]].append(prod.name)
    others = [Group(value, tuple(sorted(names)), why) for (why, value), names in groups.items()]
    others.sort(key=lambda group: (group.why is not Why.NONE, group.why, -len(group.prods), group.value))
    return FieldRow(field, usual, len(alike), tuple(others))


def _why(field: str, prod: Compared, odd: bool, others_overridden: bool) -> Why:
    """Drift is explained by nothing but the Run that is under way."""
    if field not in prod.drifted and (field in prod.overridden or others_overridden):
        return Why.OVERRIDE
    if prod.changing:
        return Why.RUN
    if field not in prod.drifted and field in prod.of_version and odd:
        return Why.VERSION
    return Why.NONE
