"""The probes of an hour as a small drawing: numbers of an SVG, no style."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from clusters.models import ProbeMinute

MINUTES = 60
HIGH = 48
WIDE = 8  # of one minute
LEAST_TOP_MS = 20  # a chart of a quick cluster is not all noise


@dataclass(frozen=True, slots=True)
class Bar:
    """One minute: the mean up to `y`, the longest answer up to `peak_y`. `failed`: some of its probes had no
    good answer; then a line goes through all of it."""

    x: int
    y: int
    height: int
    peak_y: int
    peak_height: int
    failed: bool
    words: str


@dataclass(frozen=True, slots=True)
class LatencyChart:
    """The last hour, the newest minute at the right. Minutes without probes have no bar."""

    bars: tuple[Bar, ...]
    width: int
    height: int
    top_ms: int
    mean_ms: int | None
    max_ms: int
    probes: int
    failed: int
    begins_at: datetime


def latency_chart(minutes: Sequence[ProbeMinute], now: datetime) -> LatencyChart:
    """The chart of these minutes, which are of the hour before `now`."""
    top_ms = max(LEAST_TOP_MS, *(one.latency_max_ms for one in minutes), 0)
    begins_at = now.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
    good = sum(one.probes - one.failed for one in minutes)
    total_ms = sum(one.latency_sum_ms for one in minutes)
    shown = [one for one in minutes if one.minute >= begins_at]
    return LatencyChart(
        bars=tuple(_bar(one, begins_at, top_ms) for one in shown),
        width=MINUTES * WIDE,
        height=HIGH,
        top_ms=top_ms,
        mean_ms=round(total_ms / good) if good else None,
        max_ms=max((one.latency_max_ms for one in minutes), default=0),
        probes=sum(one.probes for one in minutes),
        failed=sum(one.failed for one in minutes),
        begins_at=begins_at,
    )


def _bar(one: ProbeMinute, begins_at: datetime, top_ms: int) -> Bar:
    good = one.probes - one.failed
    mean_ms = round(one.latency_sum_ms / good) if good else 0
    height, peak = (max(2, round(HIGH * ms / top_ms)) for ms in (mean_ms, one.latency_max_ms))
    place = int((one.minute - begins_at) / timedelta(minutes=1))
    words = _("%(minute)s UTC: %(mean)s ms, %(failed)s of %(probes)s failed") % {
        "minute": f"{one.minute:%H:%M}",
        "mean": mean_ms,
        "failed": one.failed,
        "probes": one.probes,
    }
    return Bar(place * WIDE, HIGH - height, height, HIGH - peak, peak, bool(one.failed), words)
