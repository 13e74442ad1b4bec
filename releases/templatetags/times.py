"""Times: always UTC from here, made to tick and told in the reader's zone by `times.js`."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from releases.durations import duration_words, whole_words

register = template.Library()


@register.filter
def duration(value: timedelta | float | None) -> str:
    """`3.1 s`; empty for None."""
    if value is None:
        return ""
    if isinstance(value, int):
        return whole_words(value)
    return duration_words(value.total_seconds() if isinstance(value, timedelta) else value)


@register.filter
def ago(at: datetime | None) -> SafeString:
    """`2 s ago`, ticking; `never` for None."""
    if at is None:
        return format_html("<span>{}</span>", _("never"))
    seconds = max(0.0, (timezone.now() - at).total_seconds())
    words = _("%(time)s ago") % {"time": whole_words(round(seconds))}
    return format_html('<time datetime="{}" data-ago title="{}">{}</time>', at.isoformat(), _long(at), words)


@register.filter
def since(at: datetime | None) -> SafeString:
    """How long it has lasted since `at`, ticking."""
    if at is None:
        return format_html("")
    seconds = max(0.0, (timezone.now() - at).total_seconds())
    return format_html(
        '<time datetime="{}" data-since title="{}">{}</time>',
        at.isoformat(),
        _long(at),
        whole_words(round(seconds)),
    )


@register.filter
def left(until: datetime | None) -> SafeString:
    """How long it is until `until`, ticking; nothing once it is past."""
    if until is None:
        return format_html("")
    seconds = max(0.0, (until - timezone.now()).total_seconds())
    words = _("%(time)s left") % {"time": whole_words(round(seconds))}
    return format_html('<time datetime="{}" data-left>{}</time>', until.isoformat(), words)


@register.filter
def clock(at: datetime | None, shape: str = "") -> SafeString:
    """`12:04:10 UTC`, with the day if it is another one; the reader's zone is added in the browser.

    The shape `short` leaves out the zones: for logs, whose page says them once.
    """
    if at is None:
        return format_html("")
    utc = at.astimezone(timezone.get_default_timezone())
    day = "" if utc.date() == timezone.now().date() else f"{utc:%Y-%m-%d} "
    zone = "" if shape == "short" else " UTC"
    return format_html(
        '<time datetime="{}" data-clock="{}" title="{}">{}</time>',
        at.isoformat(),
        shape,
        _long(at),
        f"{day}{utc:%H:%M:%S}{zone}",
    )


def _long(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
