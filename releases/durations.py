"""Lengths of time in words, in the reader's language."""

from django.utils.translation import gettext_lazy as _

MINUTE, HOUR, DAY = 60, 3600, 86400

# `static/js/times.js` says them too.
UNITS = {
    "s": _("%(count)s s"),
    "min": _("%(count)s min"),
    "h": _("%(count)s h"),
    "d": _("%(count)s d"),
    "two": _("%(more)s %(less)s"),
}


def duration_words(seconds: float) -> str:
    """A length of time in at most two units.

    >>> duration_words(3.14), duration_words(130), duration_words(7200)
    ('3.1 s', '2 min 10 s', '2 h')
    """
    if seconds < 10:
        return _say("s", f"{max(0.0, seconds):.1f}")
    return whole_words(round(seconds))


def whole_words(whole: int) -> str:
    """A length of time in whole seconds."""
    if whole < MINUTE:
        return _say("s", whole)
    if whole < HOUR:
        return _two(whole, MINUTE, "min", 1, "s")
    if whole < DAY:
        return _two(whole, HOUR, "h", MINUTE, "min")
    return _two(whole, DAY, "d", HOUR, "h")


def _two(whole: int, big: int, big_name: str, small: int, small_name: str) -> str:
    many, rest = divmod(whole, big)
    less = rest // small
    more = _say(big_name, many)
    return str(UNITS["two"]) % {"more": more, "less": _say(small_name, less)} if less else more


def _say(unit: str, count: int | str) -> str:
    return str(UNITS[unit]) % {"count": count}
