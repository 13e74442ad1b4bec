"""Autoscalers: whose replicas they set, so that nobody else does."""

from collections.abc import Iterable

from .manifests import Manifest, key_of, mapping

SCALABLE = frozenset({"Deployment", "StatefulSet"})


def scaled(manifests: Iterable[Manifest]) -> frozenset[tuple[str, str]]:
    """(kind, name) of each workload that a HorizontalPodAutoscaler among `manifests` scales."""
    targets = (
        mapping(mapping(manifest.get("spec")).get("scaleTargetRef"))
        for manifest in manifests
        if key_of(manifest) == "HorizontalPodAutoscaler"
    )
    pairs = {(str(target.get("kind", "")), str(target.get("name", ""))) for target in targets}
    return frozenset((kind, name) for kind, name in pairs if kind in SCALABLE)


def without_replicas(workload: Manifest) -> int:
    """Takes `spec.replicas` out of `workload`; how many it said, 1 (as Kubernetes has it) if it did not."""
    replicas = mapping(workload.get("spec")).pop("replicas", None)
    return replicas if isinstance(replicas, int) else 1
