"""YAML from people and programs, read within limits and without surprises.

As Kubernetes reads it: a date is text, `22:22` is text, and there are no tags. Anchors and aliases are
refused, since a few of them can stand for gigabytes; so are keys that come twice.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from journal.core.reasons import FieldErrors, Reason, because

BYTES_MAX = 2**20
DEPTH_MAX = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a file, and where: a path such as `spec.overrides.replicas.api`, "" for all of it."""

    path: str
    reason: Reason


class BadFile(FieldErrors):
    """A file that cannot be used. `problems` is everything that was found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(tuple((problem.path, problem.reason) for problem in problems))
        self.problems = problems


def load_documents(text: str) -> list[Any]:
    """The documents of `text` in order, as JSON values; an empty one is None. Raises BadFile."""
    if len(text.encode()) > BYTES_MAX:
        raise _bad(because("file-too-large", limit_kib=BYTES_MAX // 1024))
    try:
        _check_shape(text)
        return list(yaml.load_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise _bad(because("yaml-broken", line=line, column=column, problem=str(e.problem))) from e
    except (yaml.YAMLError, ValueError) as e:
        raise _bad(because("yaml-unreadable")) from e  # its text may hold a value, and that a secret


def _bad(reason: Reason) -> BadFile:
    return BadFile((Problem("", reason),))


def _check_shape(text: str) -> None:
    """Look at the events before anything is built from them: depth and aliases cost nothing here."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _bad(because("yaml-alias", line=_line(event)))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            raise _bad(because("yaml-too-deep", line=_line(event), limit=DEPTH_MAX))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


class _Loader(yaml.CSafeLoader):
    """Plain JSON values only, and no key twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(None, None, "a key that is no text", key.start_mark)
            if key.value in seen:
                problem = f"the key {key.value!r} comes twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


def _construct_map(loader: _Loader, node: Any) -> dict[Any, Any]:
    return loader.construct_mapping(node)


def _construct_number(loader: _Loader, node: Any) -> int:
    """As Go reads it: 0x, 0o, 0b, and a leading zero for octal, as in a file mode."""
    text = str(loader.construct_scalar(node)).replace("_", "")
    octal = re.fullmatch(r"([-+]?)0([0-7]+)", text)
    return int(octal[1] + octal[2], 8) if octal else int(text, 0)


def _construct_decimal(loader: _Loader, node: Any) -> float:
    return float(str(loader.construct_scalar(node)).replace("_", ""))


_CORE = "tag:yaml.org,2002:"
_RESOLVERS = (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF", "yYnNtTfFoO"),
    ("int", r"[-+]?(0|[1-9][0-9_]*|0[0-7_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+)", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
)
for _tag, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_CORE + _tag, re.compile(f"(?:{_pattern})$"), [*_first])
_Loader.add_implicit_resolver(_CORE + "null", re.compile("$"), [""])
_Loader.add_constructor(_CORE + "map", _construct_map)
_Loader.add_constructor(_CORE + "int", _construct_number)
_Loader.add_constructor(_CORE + "float", _construct_decimal)
for _tag in ("binary", "timestamp", "omap", "pairs", "set"):
    _Loader.yaml_constructors.pop(_CORE + _tag, None)  # an explicit tag: refused as unknown


class _Dumper(yaml.SafeDumper):
    """Writes so that `load_documents` reads the same: what it would take for a number stands in quotes."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


_Dumper.yaml_implicit_resolvers = {
    first: [
        *yaml.SafeDumper.yaml_implicit_resolvers.get(first, ()),
        *_Loader.yaml_implicit_resolvers.get(first, ()),
    ]
    for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *_Loader.yaml_implicit_resolvers}
}


def dump_document(value: Any) -> str:
    """A JSON value as YAML text, fields in their order; `load_documents` reads the same value."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text
