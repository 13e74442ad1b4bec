"""Event objects of Kubernetes, as values.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .manifests import Manifest, mapping

MESSAGE_MAX = 500
ABOUT_MAX = 330
REASON_MAX = 128


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """What happened to an object, how often, and when last (aware UTC). `about` is its kind and name;
    `namespace` is where it is, "" for one of the whole cluster."""

    uid: str
    namespace: str
    about: str
    type: str
    reason: str
    message: str
    count: int
    last_at: datetime


def seen_event(item: Manifest) -> SeenEvent | None:
    """The value of a core/v1 Event; None for one without a UID or a time."""
    metadata, about = mapping(item.get("metadata")), mapping(item.get("involvedObject"))
    series = mapping(item.get("series"))
    times = (
        series.get("lastObservedTime"),
        item.get("lastTimestamp"),
        item.get("eventTime"),
        metadata.get("creationTimestamp"),
    )
    last_at = next((at for at in map(_time, times) if at), None)
    uid = str(metadata.get("uid", ""))
    if last_at is None or not uid:
        return None
    return SeenEvent(
        uid=uid[:63],
        namespace=str(about.get("namespace") or ""),
        about=_clean(f"{about.get('kind', '')} {about.get('name', '')}")[:ABOUT_MAX],
        type=_clean(item.get("type"))[:20],
        reason=_clean(item.get("reason"))[:REASON_MAX],
        message=_clean(item.get("message"))[:MESSAGE_MAX],
        count=_count(series.get("count") or item.get("count")),
        last_at=last_at,
    )


def _time(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.astimezone(UTC) if at and at.tzinfo else None


def _clean(value: Any) -> str:
    return str(value or "").replace("\0", "").strip()


def _count(value: Any) -> int:
    return min(value, 2**31 - 1) if isinstance(value, int) and value > 0 else 1
