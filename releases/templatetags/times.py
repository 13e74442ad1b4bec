"""Times: always UTC from here, made to tick and told in the reader's zone by `times.js`."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


def duration_words(seconds: float) -> str:
    """A length of time in at most two units.

    >>> duration_words(3.14), duration_words(130), duration_words(7200)
    ('3.1 s', '2 min 10 s', '2 h')
    """
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    return whole_words(round(seconds))


def whole_words(whole: int) -> str:
    """A length of time in whole seconds."""
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return _two(whole, MINUTE, "min", 1, "s")
    if whole < DAY:
        return _two(whole, HOUR, "h", MINUTE, "min")
    return _two(whole, DAY, "d", HOUR, "h")


def _two(whole: int, big: int, big_name: str, small: int, small_name: str) -> str:
    many, rest = divmod(whole, big)
    less = rest // small
    return f"{many} {big_name} {less} {small_name}" if less else f"{many} {big_name}"


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
