"""The messages that the built-in kinds consist of: each field with its number, name and type.

Source: generated.proto and types.go of k8s.io/api and k8s.io/apimachinery 0.36.2. In messages.txt a section is a package, a
line a message, and each word after its name NUMBER:NAME:TYPE. Before the type stands `[]` for a list, `{}` for a map from
text; and before that `!` where a value is required, `*` where absent differs from zero, `+` where the message's own
fields stand in place of the field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FIELD = re.compile(r"(\d+):(\w+):([!*+]?)(\[\]|\{\}|)(\S+)")
SCALARS = frozenset({"string", "bytes", "bool", "int32", "int64"})
# In JSON one value each, in protobuf messages of their own.
SPECIAL = frozenset({"time", "microtime", "quantity", "intstr", "json"})


@dataclass(frozen=True, slots=True)
class Field:
    """`type` is one of SCALARS, of SPECIAL or the name of a message: `core/v1.PodSpec`."""

    name: str
    type: str
    many: str = ""
    mark: str = ""


@cache
def messages() -> dict[str, dict[int, Field]]:
    """The fields of every message by number."""
    found: dict[str, dict[int, Field]] = {}
    package = ""
    for line in Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            package = line.strip("[]")
        else:
            found[f"{package}.{line.split()[0]}"] = {
                int(number): Field(name, _full(type_, package), many, mark)
                for number, name, mark, many, type_ in FIELD.findall(line)
            }
    return found


def message_name(api_version: str, kind: str) -> str:
    """The message of a kind, whether there is one or not: `rbac/v1.Role` for rbac.authorization.k8s.io/v1 Role."""
    if kind == "DeleteOptions":
        return f"meta/v1.{kind}"
    group, _, version = api_version.rpartition("/")
    return f"{group.split('.')[0] or 'core'}/{version}.{kind}"


def _full(type_: str, package: str) -> str:
    return type_ if type_ in SCALARS | SPECIAL or "." in type_ else f"{package}.{type_}"
