"""What the editor of a Blueprint shows: what was found in a text, beside its lines."""

from dataclasses import dataclass

from clusters.blueprint_forms import RevisionForm
from clusters.core.checked import Checked
from clusters.queries.blueprints import newest_number
from journal.core.reasons import Reason

LINE_SHOWN = 120


@dataclass(frozen=True, slots=True)
class FoundProblem:
    """What is wrong: the line (0: none in particular), what stands there, the path, and why."""

    line: int
    words: str
    path: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class EditorPage:
    """`newest` is the revision to build on (0: there is none). `problems` are those of the text, `good` is
    what a check found in a text without any."""

    blueprint: str
    newest: int
    problems: tuple[FoundProblem, ...]
    good: Checked | None


def editor_page(form: RevisionForm, name: str, *, checked_only: bool) -> EditorPage:
    """The page of `form`. Whoever is shown that somebody was faster builds on that one from now on."""
    newest = newest_number(name, missing=0) if name else 0
    if form.is_bound and form.non_field_errors():
        form.data = form.data.copy()
        form.data["base"] = newest
    checked = form.checked if form.is_bound else None
    problems = _problems(checked, form.data.get("text", "")) if checked else ()
    good = checked if checked_only and checked and not problems and not form.errors else None
    return EditorPage(name, newest, problems, good)


def _problems(checked: Checked, text: str) -> tuple[FoundProblem, ...]:
    lines = text.replace("\r\n", "\n").split("\n")
    return tuple(
        FoundProblem(one.line, _at(lines, one.line), one.path, one.reason) for one in checked.problems
    )


def _at(lines: list[str], number: int) -> str:
    return lines[number - 1].strip()[:LINE_SHOWN] if 0 < number <= len(lines) else ""
