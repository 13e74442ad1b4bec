"""Cron schedules: parsed, and when they are due next. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

SPANS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 6))
NAMED = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
WORDS = {
    "day of week": {word: n for n, word in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))},
    "month": {word: n for n, word in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)},
}  # fmt: skip
EVERY = re.compile(r"@every (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
FARTHEST_DAYS = 366 * 5


class BadSchedule(ValueError):
    """A schedule that cannot be read."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which minutes, hours, days, months and weekdays; or a fixed interval when `every_s` is not 0."""

    fields: tuple[frozenset[int], ...] = ()
    any_day: tuple[bool, bool] = (True, True)  # whether day of month, day of week say *
    every_s: int = 0


def parse_schedule(text: str) -> Schedule:
    """The schedule of a cron line, a name like @hourly, or `@every 5s`; BadSchedule."""
    found = EVERY.fullmatch(text)
    if found and any(found.groups()):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return Schedule(every_s=max(1, hours * 3600 + minutes * 60 + seconds))
    parts = NAMED.get(text, text).split()
    if len(parts) != len(SPANS):
        raise BadSchedule(f"expected exactly 5 fields, found {len(parts)}: [{text}]")
    fields = tuple(_field(part, *span) for part, span in zip(parts, SPANS, strict=True))
    return Schedule(fields, (parts[2].startswith(("*", "?")), parts[4].startswith(("*", "?"))))


def next_after(schedule: Schedule, moment: datetime) -> datetime | None:
    """The first time after the moment at which the schedule is due; None when it never is.

    >>> str(next_after(parse_schedule("*/15 * * * *"), datetime(2026, 1, 1, 10, 15)))
    '2026-01-01 10:30:00'
    """
    if schedule.every_s:
        return moment.replace(microsecond=0) + timedelta(seconds=schedule.every_s)
    minutes, hours = sorted(schedule.fields[0]), sorted(schedule.fields[1])
    start = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    for days in range(FARTHEST_DAYS):
        day = (start + timedelta(days=days)).replace(hour=0, minute=0)
        if not _is_day(schedule, day):
            continue
        times = (day.replace(hour=hour, minute=minute) for hour in hours for minute in minutes)
        due = next((time for time in times if time >= start), None)
        if due is not None:
            return due
    return None


def _is_day(schedule: Schedule, day: datetime) -> bool:
    """Both day fields restrict only when one of them is *; else either may match, as in every cron."""
    _, _, days, months, weekdays = schedule.fields
    in_month, in_week = day.day in days, (day.weekday() + 1) % 7 in weekdays
    if day.month not in months:
        return False
    return in_month and in_week if any(schedule.any_day) else in_month or in_week


def _field(text: str, name: str, low: int, high: int) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, _, step_text = part.partition("/")
        try:
            first, last = _span(span, name, low, high, bool(step_text))
            step = int(step_text) if step_text else 1
        except ValueError as error:
            raise BadSchedule(f"failed to parse {name}: {part!r}") from error
        if step < 1 or not low <= first <= last <= high:
            raise BadSchedule(f"{name} is out of range ({low}-{high}): {part}")
        values |= set(range(first, last + 1, step))
    return frozenset(values)


def _span(text: str, name: str, low: int, high: int, stepped: bool) -> tuple[int, int]:
    if text in ("*", "?"):
        return low, high
    first, dash, last = text.lower().partition("-")
    begin = _number(first, name)
    return begin, _number(last, name) if dash else high if stepped else begin


def _number(text: str, name: str) -> int:
    number = WORDS.get(name, {}).get(text)
    value = int(text) if number is None else number
    return 0 if name == "day of week" and value == 7 else value
