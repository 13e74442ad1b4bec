"""Autoscalers: whose replicas they set, so that nobody else does; and how many pods they need at least."""

from collections.abc import Iterable

from .manifests import Manifest, key_of, mapping

AUTOSCALER = "HorizontalPodAutoscaler"
SCALABLE = frozenset({"Deployment", "StatefulSet"})


def scaled(manifests: Iterable[Manifest]) -> frozenset[tuple[str, str]]:
    """(kind, name) of each workload that a HorizontalPodAutoscaler among `manifests` scales."""
    targets = (
        mapping(mapping(manifest.get("spec")).get("scaleTargetRef"))
        for manifest in manifests
        if key_of(manifest) == AUTOSCALER
    )
    pairs = {(str(target.get("kind", "")), str(target.get("name", ""))) for target in targets}
    return frozenset((kind, name) for kind, name in pairs if kind in SCALABLE)


def without_replicas(workload: Manifest) -> int:
    """Takes `spec.replicas` out of `workload`; how many it said, 1 (as Kubernetes has it) if it did not."""
    replicas = mapping(workload.get("spec")).pop("replicas", None)
    return replicas if isinstance(replicas, int) else 1


def raised_floor(least: int, most: int, pods: int, load: int, coming: int, capacity: int) -> int:
    """How many pods an autoscaler between `least` and `most` shall keep while a Prod that carries `load` with `pods`
    gets `coming` more in one moment. Loads and `capacity` are load units.

    One that keeps more pods than it must has measured what they carry: as many times the pods as the load grows. At
    its floor it has not, it may need fewer; then at most the share of `most` pods that the load is of the capacity, as
    that is what `most` pods carry; so too where nobody is served yet. Never fewer than `least`, and more than `most`
    only where `least` is.

    >>> raised_floor(2, 10, 3, load=300, coming=200, capacity=1000)  # measured, 100 a pod: 500 need 5
    5
    >>> raised_floor(2, 10, 3, load=300, coming=1, capacity=1000)  # 301 need a fourth
    4
    >>> raised_floor(2, 4, 3, load=300, coming=300, capacity=1000)  # 6, but at most 4
    4
    >>> raised_floor(3, 10, 3, load=20, coming=400, capacity=1000)  # at its floor: 0.42 of 10, and not 21 times 3
    5
    >>> raised_floor(3, 10, 3, load=300, coming=30, capacity=300)  # at its floor: 1.1 times 3, and not all 10
    4
    >>> raised_floor(2, 10, 2, load=0, coming=320, capacity=1000)  # cold: 0.32 of 10
    4
    """
    needed = _up(most * (load + coming), capacity)
    if load and pods:
        by_load = _up(pods * (load + coming), load)
        needed = by_load if pods > least else min(by_load, needed)
    return max(least, min(needed, most))


def _up(amount: int, by: int) -> int:
    """`amount` / `by`, rounded up."""
    return -(-amount // by)
