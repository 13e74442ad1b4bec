"""Lengths of time in words."""

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
