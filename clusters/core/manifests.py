"""Reading manifests: Kubernetes objects as plain JSON, since a Blueprint may hold any field."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from .kinds import COMPONENT_KINDS, KINDS

Manifest = dict[str, Any]

_LABEL_VALUE_MAX = 63
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


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


def key_of(manifest: Manifest) -> str:
    """The kind as Drover tells kinds apart: its name if it is one of `KINDS`, else with its API version.
    A patch of one of `KINDS` may leave the API version out.

    >>> key_of({"apiVersion": "shop.example/v1", "kind": "Cache"})
    'Cache.shop.example/v1'
    """
    kind, api_version = kind_of(manifest), str(manifest.get("apiVersion", ""))
    known = KINDS.get(kind)
    return kind if known and api_version in ("", known.api_version) else f"{kind}.{api_version}"


def name_of(manifest: Manifest) -> str:
    return str(mapping(manifest.get("metadata")).get("name", ""))


def is_component(manifest: Manifest) -> bool:
    """Whether it is a workload whose container of its own name takes the Version's image."""
    return key_of(manifest) in COMPONENT_KINDS


def pod_template(manifest: Manifest) -> Manifest | None:
    """The pod template inside `manifest`, None for a kind that has none. Not a copy."""
    key, spec = key_of(manifest), mapping(manifest.get("spec"))
    if key == "CronJob":
        spec = mapping(mapping(spec.get("jobTemplate")).get("spec"))
    if key not in COMPONENT_KINDS | {"Job", "CronJob"}:
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
    return tuple(sorted(name_of(manifest) for manifest in manifests if is_component(manifest)))


def label_value(text: str) -> str:
    """`text` as a label value: itself if it is one, else cleaned and made unique by a short hash.

    >>> label_value("v1.1.0")
    'v1.1.0'
    >>> label_value("v1.1.0+build")
    'v1.1.0-build-108d4182'
    """
    if len(text) <= _LABEL_VALUE_MAX and LABEL_VALUE.fullmatch(text):
        return text
    clean = re.sub(r"[^-A-Za-z0-9_.]", "-", text).strip("-_.")[:54] or "x"
    return f"{clean}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
