"""What was last seen of a Prod on its Cluster, as values, and their stored JSON form."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ObservedPod:
    """One pod. `waiting` and `message` are the kubelet's own words (empty: nothing wrong)."""

    name: str
    component: str
    digest: str
    ready: bool
    terminating: bool
    phase: str
    waiting: str = ""
    message: str = ""
    restarts: int = 0
    image: str = ""


@dataclass(frozen=True, slots=True)
class ObservedWorkload:
    """One workload object. `wanted` is spec.replicas; `digest` and `images` are of its pod template.

    `stalled` is the message of a Progressing=False condition (ProgressDeadlineExceeded), else "".
    """

    kind: str
    name: str
    uid: str
    generation: int
    observed_generation: int
    wanted: int
    replicas: int
    updated: int
    ready: int
    available: int
    digest: str
    images: tuple[tuple[str, str], ...] = ()
    stalled: str = ""


@dataclass(frozen=True, slots=True)
class ObservedProd:
    """All workloads and pods of one Prod, sorted by name, as of `observed_at` (aware UTC)."""

    workloads: tuple[ObservedWorkload, ...]
    pods: tuple[ObservedPod, ...]
    observed_at: datetime


def observed_to_json(observed: ObservedProd) -> dict[str, Any]:
    """The stored form, without the time (which is a column of its own)."""
    return {
        "workloads": [asdict(workload) for workload in observed.workloads],
        "pods": [asdict(pod) for pod in observed.pods],
    }


def observed_from_json(data: dict[str, Any], observed_at: datetime) -> ObservedProd:
    """The value that `observed_to_json` stored."""
    return ObservedProd(
        workloads=tuple(_workload(item) for item in data.get("workloads", ())),
        pods=tuple(ObservedPod(**item) for item in data.get("pods", ())),
        observed_at=observed_at,
    )


def _workload(item: dict[str, Any]) -> ObservedWorkload:
    images = tuple((name, image) for name, image in item.get("images", ()))
    return ObservedWorkload(**{**item, "images": images})
