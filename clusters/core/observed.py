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
    uid: str = ""


@dataclass(frozen=True, slots=True)
class ObservedWorkload:
    """One workload object. `wanted` is spec.replicas; `digest` and `images` are of its pod template.

    `stalled` is the message of a Progressing=False condition (ProgressDeadlineExceeded), else "". Of a
    StatefulSet: `partition` is how many of its first pods keep what they have, and `settled` whether its
    current revision is the one that is asked for.
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
    partition: int = 0
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Condition:
    """What an object says of itself. `generation` is the one it speaks of, 0: it does not say."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    generation: int = 0


@dataclass(frozen=True, slots=True)
class ObservedObject:
    """Another object whose state proves something: a Job, a route, an autoscaler, a custom resource.

    `kind` is a key as of `key_of`. `done` of `wanted`: pods of a Job that succeeded, replicas that an
    autoscaler asks for of the fewest it may. `digest` is of the pod template of a Job. `address` is the
    HOST:PORT that a Service of type LoadBalancer is reached at from outside, empty as long as it has none.
    """

    kind: str
    name: str
    uid: str
    generation: int
    observed_generation: int = 0
    done: int = 0
    wanted: int = 0
    digest: str = ""
    conditions: tuple[Condition, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class ObservedProd:
    """All workloads and pods of one Prod, sorted by name, as of `observed_at` (aware UTC).

    `unwatched` are (kind, why) of kinds of its Blueprint of which nothing is known now. `secrets` are
    (name, state) of Secrets that its Blueprint refers to: `there`, `missing`, or `unknown` (we may not
    look, or got no answer).
    """

    workloads: tuple[ObservedWorkload, ...]
    pods: tuple[ObservedPod, ...]
    observed_at: datetime
    objects: tuple[ObservedObject, ...] = ()
    unwatched: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()


def observed_to_json(observed: ObservedProd) -> dict[str, Any]:
    """The stored form, without the time (which is a column of its own) and without what is empty."""
    more = {
        "objects": [asdict(one) for one in observed.objects],
        "unwatched": dict(observed.unwatched),
        "secrets": dict(observed.secrets),
    }
    return {
        "workloads": [asdict(workload) for workload in observed.workloads],
        "pods": [asdict(pod) for pod in observed.pods],
        **{name: value for name, value in more.items() if value},
    }


def observed_from_json(data: dict[str, Any], observed_at: datetime) -> ObservedProd:
    """The value that `observed_to_json` stored, be it by an older program that knew less."""
    return ObservedProd(
        workloads=tuple(_workload(item) for item in data.get("workloads", ())),
        pods=tuple(ObservedPod(**item) for item in data.get("pods", ())),
        observed_at=observed_at,
        objects=tuple(_object(item) for item in data.get("objects", ())),
        unwatched=tuple(sorted(data.get("unwatched", {}).items())),
        secrets=tuple(sorted(data.get("secrets", {}).items())),
    )


def _workload(item: dict[str, Any]) -> ObservedWorkload:
    images = tuple((name, image) for name, image in item.get("images", ()))
    return ObservedWorkload(**{**item, "images": images})


def _object(item: dict[str, Any]) -> ObservedObject:
    conditions = tuple(Condition(**one) for one in item.get("conditions", ()))
    return ObservedObject(**{**item, "conditions": conditions})
