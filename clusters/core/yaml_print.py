"""Manifests as YAML, to be read, downloaded and edited again."""

from collections.abc import Sequence
from typing import Any

import yaml


class _Printer(yaml.CSafeDumper):
    """Text of several lines as a block; nothing shared is written as an anchor."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(printer: _Printer, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    if style is None and _looks_like_something_else(value):
        style = '"'
    return printer.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _looks_like_something_else(value: str) -> bool:
    """Words and numbers that YAML 1.1 and 1.2 read in different ways are quoted: `on`, `1e3`, `0o7`."""
    return value.lower() in {"y", "n", "yes", "no", "on", "off"} or value[:1].isdigit() or value[:1] in "+-."


_Printer.add_representer(str, _text)


def as_yaml(manifests: Sequence[Any]) -> str:
    """A multi-document text that `parse_blueprint` reads as the same manifests."""
    return yaml.dump_all(
        manifests,
        Dumper=_Printer,
        sort_keys=False,
        allow_unicode=True,
        width=100,
        explicit_start=len(manifests) > 1,
    )
