"""A cluster's nodes: what is shown of each."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from .manifests import Manifest, mapping, name_of, objects
from .quantity import amount

PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
NODES_MAX = 500
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `pressures` are its bad conditions; capacities are 0 if it does not tell; `created_at` is
    the API's text."""

    name: str
    ready: bool
    schedulable: bool
    version: str
    cpu_millis: int
    memory_mib: int
    pressures: tuple[str, ...]
    created_at: str


def node_of(manifest: Manifest) -> Node:
    """What is shown of the Node object `manifest`."""
    status, spec = mapping(manifest.get("status")), mapping(manifest.get("spec"))
    is_so = {str(one.get("type")): one.get("status") == "True" for one in objects(status.get("conditions"))}
    capacity = mapping(status.get("capacity"))
    return Node(
        name=name_of(manifest)[:253],
        ready=is_so.get("Ready", False),
        schedulable=spec.get("unschedulable") is not True,
        version=str(mapping(status.get("nodeInfo")).get("kubeletVersion", ""))[:40],
        cpu_millis=round((amount(capacity.get("cpu")) or 0) * 1000),
        memory_mib=round((amount(capacity.get("memory")) or 0) / MIB),
        pressures=tuple(name for name in PRESSURES if is_so.get(name)),
        created_at=str(mapping(manifest.get("metadata")).get("creationTimestamp", ""))[:40],
    )


def nodes_to_json(manifests: Iterable[Any]) -> list[dict[str, Any]]:
    """The stored form of what is shown of these Node objects, by name, at most 500."""
    nodes = [node_of(manifest) for manifest in manifests if isinstance(manifest, dict)]
    return [asdict(node) for node in sorted(nodes, key=lambda node: node.name)][:NODES_MAX]


def nodes_from_json(data: Any) -> tuple[Node, ...]:
    """What `nodes_to_json` stored."""
    return tuple(Node(**{**one, "pressures": tuple(one["pressures"])}) for one in data)
