"""Which lists are maps in disguise, and which values are replaced as a whole.

Source: the patchStrategy/patchMergeKey and x-kubernetes-list-type extensions of Kubernetes' OpenAPI.
A path holds field names only, without list positions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Path = tuple[str, ...]

CONTAINER_LISTS = frozenset({"containers", "initContainers", "ephemeralContainers"})

# field name -> (strategic merge key, apply keys)
KEYED_LISTS: dict[str, tuple[str | None, tuple[str, ...] | None]] = {
    "containers": ("name", ("name",)),
    "initContainers": ("name", ("name",)),
    "ephemeralContainers": ("name", ("name",)),
    "env": ("name", ("name",)),
    "volumes": ("name", ("name",)),
    "volumeMounts": ("mountPath", ("mountPath",)),
    "volumeDevices": ("devicePath", ("devicePath",)),
    "imagePullSecrets": ("name", ("name",)),
    "secrets": ("name", ("name",)),
    "hostAliases": ("ip", ("ip",)),
    "topologySpreadConstraints": ("topologyKey", ("topologyKey", "whenUnsatisfiable")),
    "conditions": ("type", ("type",)),
    "addresses": ("type", ("type",)),
    "ownerReferences": ("uid", ("uid",)),
    "podIPs": ("ip", ("ip",)),
    "resourceClaims": ("name", ("name",)),
    "taints": ("key", None),
}
MERGED_SETS = frozenset({"finalizers"})
ATOMIC_MAPS = frozenset(
    {"selector", "nodeSelector", "labelSelector", "namespaceSelector", "fieldRef", "configMapKeyRef",
     "secretKeyRef", "resourceFieldRef", "secretRef", "configMapRef", "claimRef", "targetRef"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Schema:
    """Answers for one kind. `keyed` adds lists by their full path (custom resources)."""

    keyed: dict[Path, tuple[str, ...]] = field(default_factory=dict)

    def merge_key(self, path: Path) -> str | None:
        """The strategic merge key of the list at the path; None: the list is replaced."""
        if path[-1] == "ports":
            return _ports(path)[0]
        return KEYED_LISTS.get(path[-1], (None, None))[0]

    def apply_keys(self, path: Path) -> tuple[str, ...] | None:
        """The keys of an associative list; None: the list is not one."""
        if path in self.keyed:
            return self.keyed[path]
        if path[-1] == "ports":
            return _ports(path)[1]
        return KEYED_LISTS.get(path[-1], (None, None))[1]

    def is_set(self, path: Path) -> bool:
        """Whether the list at the path is a set of scalars."""
        return path[-1] in MERGED_SETS and path[0] == "metadata"

    def is_always(self, path: Path) -> bool:
        """Whether a typed server writes what is at the path even when it is empty."""
        return len(path) <= 1

    def is_map(self, path: Path) -> bool:  # noqa: ARG002
        """Whether the keys at the path are a person's own, not fields."""
        return False

    def is_atomic_map(self, path: Path) -> bool:
        """Whether the map at the path is owned and replaced as a whole."""
        return path[-1] in ATOMIC_MAPS and path[0] != "metadata"


def _ports(path: Path) -> tuple[str | None, tuple[str, ...] | None]:
    if len(path) > 1 and path[-2] in CONTAINER_LISTS:
        return "containerPort", ("containerPort", "protocol")
    if path == ("spec", "ports"):
        return "port", ("port", "protocol")
    return None, None


BUILT_IN = Schema()
