"""Events of Kubernetes become short values; what is no event is left out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from clusters.core.kube_events import MESSAGE_MAX, seen_event

EVENT: dict[str, Any] = {
    "metadata": {"uid": "u", "creationTimestamp": "2026-11-20T03:00:00Z"},
    "involvedObject": {"kind": "Pod", "name": "api-x", "namespace": "prod-a-1"},
    "type": "Warning",
    "reason": "BackOff",
    "message": "Back-off restarting failed container",
    "count": 4,
    "lastTimestamp": "2026-11-20T03:05:00Z",
}


def at(minute: int) -> datetime:
    return datetime(2026, 11, 20, 3, minute, tzinfo=UTC)


def test_an_event_says_what_happened_to_what_how_often_and_when_last() -> None:
    seen = seen_event(EVENT)
    assert seen is not None
    assert (seen.namespace, seen.about, seen.type, seen.reason, seen.count, seen.last_at) == (
        "prod-a-1",
        "Pod api-x",
        "Warning",
        "BackOff",
        4,
        at(5),
    )


@pytest.mark.parametrize(
    ("changes", "last_at", "count"),
    [
        ({"series": {"count": 9, "lastObservedTime": "2026-11-20T03:09:00.123456Z"}}, 9, 9),
        ({"lastTimestamp": None, "eventTime": "2026-11-20T03:07:00.000000Z"}, 7, 4),
        ({"lastTimestamp": None}, 0, 4),
        ({"lastTimestamp": "yesterday", "count": None}, 0, 1),
        ({"lastTimestamp": "2026-11-20T04:05:00+01:00"}, 5, 4),
        ({"count": 10**12}, 5, 2**31 - 1),
    ],
    ids=["series", "event time", "made", "no time", "another zone", "huge count"],
)
def test_every_form_of_time_and_count_is_read(changes: dict[str, Any], last_at: int, count: int) -> None:
    seen = seen_event({**EVENT, **changes})
    assert seen is not None
    assert (seen.last_at.replace(second=0, microsecond=0), seen.count) == (at(last_at), count)


@pytest.mark.parametrize(
    "item",
    [{}, {"metadata": "x"}, {**EVENT, "metadata": {}}, {"metadata": {"uid": "u"}}],
    ids=["empty", "nonsense", "no UID", "no time"],
)
def test_what_is_no_event_is_left_out(item: dict[str, Any]) -> None:
    assert seen_event(item) is None


def test_long_and_odd_words_are_cut() -> None:
    seen = seen_event({**EVENT, "message": "\0" + "x" * 10_000, "reason": "y" * 500, "type": None})
    assert seen is not None
    assert (len(seen.message), len(seen.reason), seen.type) == (MESSAGE_MAX, 128, "")
