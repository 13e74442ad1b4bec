"""Marks of states, icons and bars. Widths are SVG attributes: the policy allows no inline style."""

from collections.abc import Mapping

from django import template
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from access.models import Person
from access.roles import allows
from releases.core.plan import PlannedStep
from releases.core.states import RunKind
from releases.durations import whole_words
from releases.marks import HEALTH_MARKS, LIFECYCLE_MARKS, PROVIDERS, RUN_MARKS, RUN_NAMES, STEP_NAMES, Mark
from releases.queries.shares import Share

register = template.Library()

_MARKS_OF: dict[str, Mapping[str, Mark]] = {
    "run": {str(state): mark for state, mark in RUN_MARKS.items()},
    "lifecycle": LIFECYCLE_MARKS,
    "health": HEALTH_MARKS,
}


@register.filter
def may(person: Person, action: str) -> bool:
    """Whether `person` may do `action`: `{% if request.user|may:"line.stop" %}`."""
    return allows(person.acting_role, action)


@register.filter
def number(value: int) -> str:
    """A whole number with its thousands apart."""
    return number_format(value, decimal_pos=0, use_l10n=True, force_grouping=True)


@register.filter
def provider(name: str) -> str:
    """A provider as people call it."""
    return str(PROVIDERS.get(name, name))


@register.filter
def run_name(kind: str) -> str:
    """A kind of run as people call it: `Release`."""
    return str(RUN_NAMES[RunKind(kind)])


@register.filter
def state_word(state: str, of: str) -> str:
    """A state of a `run`, of a `lifecycle`, of `health`, as its mark says it; others as they are."""
    marks = _MARKS_OF.get(of, {})
    return str(marks[state].word) if state in marks else state


@register.filter
def step_name(step: PlannedStep) -> str:
    """What a planned step is called, with how long it lasts or how far it goes where the plan says so."""
    params, name = dict(step.params), str(STEP_NAMES[step.kind])
    if params.get("soak_s"):
        return f"{name} {whole_words(int(params['soak_s']))}"
    if step.kind == "switch":
        return f"{name} → {params['to']}"
    if "requests" in params:
        return f"{name} {params['requests']}×"
    return f"{name} {params['percent']} %" if "percent" in params else name


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing from `icons.svg`, hidden from screen readers: the word stands beside it."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>', name, static("icons.svg"), name
    )


@register.simple_tag
def chip(mark: Mark, note: str = "") -> SafeString:
    """A state as drawing, word and colour; `note` follows the word."""
    words = f"{mark.word} {note}".strip()
    return format_html('<span class="chip {}">{}{}</span>', mark.tone, icon(mark.icon), words)


@register.simple_tag
def meter(value: int, most: int, words: str) -> SafeString:
    """How much of `most` is used; `words` say it for those who do not see it."""
    percent = min(100.0, 100 * value / most) if most else 0
    kind = "over" if value > most else ""
    return format_html(
        '<svg class="meter" role="img" aria-label="{}"><rect class="{}" height="100%" width="{}%"/></svg>',
        words,
        kind,
        f"{percent:.1f}",
    )


@register.simple_tag
def shares(parts: tuple[Share, ...], words: str) -> SafeString:
    """A bar of parts of a whole, each with its label where there is room for it."""
    drawn, left = [], 0.0
    for part in parts:
        drawn.append(
            (part.kind, f"{left:.2f}", f"{part.percent:.2f}", part.label if part.percent > 11 else "")
        )
        left += part.percent
    segments = format_html_join(
        "",
        '<svg class="{}" x="{}%" width="{}%"><rect width="100%" height="100%"/>'
        '<text x="10" y="19">{}</text><line x1="100%" x2="100%" y2="100%"/></svg>',
        drawn,
    )
    return format_html('<svg class="shares" role="img" aria-label="{}">{}</svg>', words, segments)
