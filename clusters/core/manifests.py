"""Reading manifests: Kubernetes objects as plain JSON, since a Blueprint may hold any field."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from .kinds import COMPONENT_KINDS

Manifest = dict[str, Any]

_LABEL_VALUE_MAX = 63
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def canonical(value: Any) -> str:
    """JSON text that is equal for equal values: keys sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(value: Any) -> str:
    """SHA-256 of the canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def mapping(value: Any) -> Manifest:
    """`value` if it is an object, else an empty one: manifests may hold anything anywhere."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Manifest]:
    """The objects in the list `value`; none if it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def kind_of(manifest: Manifest) -> str:
    return str(manifest.get("kind", ""))


def name_of(manifest: Manifest) -> str:
    return str(mapping(manifest.get("metadata")).get("name", ""))


def pod_template(manifest: Manifest) -> Manifest | None:
    """The pod template inside `manifest`, None for a kind that has none. Not a copy."""
    spec = mapping(manifest.get("spec"))
    if kind_of(manifest) == "CronJob":
        spec = mapping(mapping(spec.get("jobTemplate")).get("spec"))
    if kind_of(manifest) not in COMPONENT_KINDS | {"Job", "CronJob"}:
        return None
    template = spec.get("template")
    return template if isinstance(template, dict) else None


def containers(template: Manifest) -> list[Manifest]:
    """The init containers and containers of a pod template. Not copies."""
    spec = mapping(template.get("spec"))
    return [*objects(spec.get("initContainers")), *objects(spec.get("containers"))]


def own_container(manifest: Manifest) -> Manifest | None:
    """The container named like the workload, which takes the Version's image. Not a copy."""
    spec = mapping((pod_template(manifest) or {}).get("spec"))
    for container in objects(spec.get("containers")):
        if container.get("name") == name_of(manifest):
            return container
    return None


def components(manifests: Iterable[Manifest]) -> tuple[str, ...]:
    """The names of the components, sorted: the workloads that take an image of a Version."""
    return tuple(sorted(name_of(manifest) for manifest in manifests if kind_of(manifest) in COMPONENT_KINDS))


def label_value(text: str) -> str:
    """`text` as a label value: itself if it is one, else cleaned and made unique by a short hash.

    >>> label_value("v1.1.0")
    'v1.1.0'
    >>> label_value("v1.1.0+build")
    'v1.1.0-build-108d4182'
    """
    if len(text) <= _LABEL_VALUE_MAX and _LABEL_VALUE.fullmatch(text):
        return text
    clean = re.sub(r"[^-A-Za-z0-9_.]", "-", text).strip("-_.")[:54] or "x"
    return f"{clean}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
