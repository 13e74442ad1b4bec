"""A text or a list of manifests, looked at as a whole: what is in it, or everything that is wrong."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from journal.core.reasons import Reason, because

from .blueprint import check_documents, parse_blueprint
from .manifests import Manifest, components, key_of
from .references import secret_references
from .yaml_lines import Lines
from .yaml_text import BYTES_MAX, BadFile


@dataclass(frozen=True, slots=True)
class Located:
    """A problem with its path and the line (from 1) of the text; 0: no line in particular."""

    path: str
    line: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Checked:
    """Either `problems`, or what a revision of these manifests would have."""

    problems: tuple[Located, ...] = ()
    manifests: tuple[Manifest, ...] = field(default=(), hash=False)
    components: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


def checked_text(text: str, custom_kinds: Collection[str] = ()) -> Checked:
    """What is in a YAML text, or what is wrong with it, by line."""
    try:
        return _good(parse_blueprint(text, custom_kinds))
    except BadFile as bad:
        lines = Lines(text) if len(text) <= BYTES_MAX and any(p.path for p in bad.problems) else None
        return Checked(tuple(_located(path, reason, lines) for path, reason in bad.errors))


def checked_list(documents: Any, custom_kinds: Collection[str] = ()) -> Checked:
    """What is in a list of objects, or what is wrong with it."""
    if not isinstance(documents, list):
        return Checked((Located("", 0, because("field-type", expected="list of objects")),))
    try:
        return _good(check_documents(documents, custom_kinds))
    except BadFile as bad:
        return Checked(tuple(_located(path, reason, None) for path, reason in bad.errors))


def _located(path: str, reason: Reason, lines: Lines | None) -> Located:
    """A problem of the text itself names its line already."""
    named = dict(reason.params).get("line", 0)
    line = named if isinstance(named, int) else 0
    return Located(path, line or (lines.line_of(path) if lines else 0), reason)


def _good(manifests: Sequence[Manifest]) -> Checked:
    return Checked(
        manifests=tuple(manifests),
        components=components(manifests),
        kinds=tuple(sorted({key_of(manifest) for manifest in manifests})),
        secrets=secret_references(manifests),
    )
