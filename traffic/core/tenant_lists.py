"""A list of Tenants as text, cut into lines: CSV whose first line names the columns, or one JSON object a line."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from journal.core.reasons import Reason, because

FIELDS = ("name", "hostnames", "load", "redundancy", "data_class", "blueprint", "pins")
NEEDED = ("name", "hostnames")
SEVERAL = frozenset({"hostnames", "pins"})  # values apart by spaces, commas or semicolons
TENANTS_MAX = 10_000


class Line(NamedTuple):
    """What stands on a line of the text (the first is 1), by field; what is empty is left out."""

    number: int
    given: Mapping[str, Any]


class Fault(NamedTuple):
    """What is wrong with a line; `field` "": all of it."""

    number: int
    field: str
    reason: Reason


def read_lines(text: str) -> tuple[tuple[Line, ...], tuple[Fault, ...]]:
    """The lines of the list, and what is wrong with its form. The fields are still to be read.

    >>> lines, faults = read_lines("name,hostnames,load\\nacme,a.example b.example,3\\n\\n")
    >>> lines[0].number, lines[0].given, faults
    (2, {'name': 'acme', 'hostnames': ['a.example', 'b.example'], 'load': '3'}, ())
    >>> lines, faults = read_lines('{"name": "acme", "hostnames": ["a.example"]}\\n[]')
    >>> lines[0].given["name"], faults[0].number, faults[0].reason.code
    ('acme', 2, 'line-no-object')
    """
    text = text.removeprefix("\ufeff")
    found = list(_json_lines(text) if text.lstrip().startswith("{") else _csv_lines(text))
    lines = tuple(one for one in found if isinstance(one, Line))
    faults = [one for one in found if isinstance(one, Fault)]
    if not found:
        faults.append(Fault(1, "", because("list-empty")))
    if len(lines) > TENANTS_MAX:
        faults.append(Fault(lines[TENANTS_MAX].number, "", because("list-too-long", most=TENANTS_MAX)))
    return lines, tuple(faults)


def _json_lines(text: str) -> Iterator[Line | Fault]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except (ValueError, RecursionError):
            yield Fault(number, "", because("line-no-json"))
            continue
        if not isinstance(given, dict):
            yield Fault(number, "", because("line-no-object"))
            continue
        unknown = sorted(given.keys() - set(FIELDS))
        why = because("column-unknown", known=", ".join(FIELDS))
        yield from (Fault(number, _printable(field), why) for field in unknown)
        if not unknown:
            yield Line(number, given)


def _csv_lines(text: str) -> Iterator[Line | Fault]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    number = 1
    try:
        for cells in rows:
            started, number = number, rows.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if header:
                yield _csv_line(started, header, cells)
                continue
            header = [cell.strip() for cell in cells]
            faults = list(_header_faults(started, header))
            yield from faults
            if faults:
                return
    except csv.Error:  # a quote that is not closed, a cell of more than 128 KiB
        yield Fault(number, "", because("line-no-csv"))


def _csv_line(number: int, header: list[str], cells: list[str]) -> Line | Fault:
    if len(cells) != len(header):
        return Fault(number, "", because("cells-other", found=len(cells), wanted=len(header)))
    given: dict[str, Any] = {
        field: cell.strip() for field, cell in zip(header, cells, strict=True) if cell.strip()
    }
    for field in SEVERAL & given.keys():
        given[field] = [one for one in re.split(r"[ \t\r\n,;]+", given[field]) if one]
    return Line(number, given)


def _header_faults(number: int, header: list[str]) -> Iterator[Fault]:
    known = ", ".join(FIELDS)
    for column in header:
        if column not in FIELDS:
            yield Fault(number, _printable(column), because("column-unknown", known=known))
        elif header.count(column) > 1:
            yield Fault(number, column, because("column-twice"))
    for column in NEEDED:
        if column not in header:
            yield Fault(number, column, because("column-needed"))


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:80]
