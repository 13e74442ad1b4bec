"""What one Prod has of its own on top of the Blueprint, as a value, and its stored JSON form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .manifests import Manifest


@dataclass(frozen=True, slots=True)
class Overrides:
    """Replicas by component, labels for every object and pod, and strategic-merge patches in order.

    `patches` are partial manifests with `kind` and `metadata.name`; they are never changed in place.
    """

    replicas: tuple[tuple[str, int], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    patches: tuple[Manifest, ...] = field(default=(), hash=False)


NO_OVERRIDES = Overrides()


def overrides_to_json(overrides: Overrides) -> dict[str, Any]:
    """The stored form, as under `spec.overrides` of a prod.yaml."""
    return {
        "replicas": dict(overrides.replicas),
        "labels": dict(overrides.labels),
        "patches": list(overrides.patches),
    }


def overrides_from_json(data: Mapping[str, Any]) -> Overrides:
    """The value of the stored form; what is missing is empty."""
    return Overrides(
        replicas=tuple(sorted((name, int(value)) for name, value in (data.get("replicas") or {}).items())),
        labels=tuple(sorted((data.get("labels") or {}).items())),
        patches=tuple(data.get("patches") or ()),
    )
