"""Which ReplicaSet belongs to which revision of a Deployment."""

from __future__ import annotations

import hashlib

import orjson

from simulator.lifecycle.creation import SUFFIX_ALPHABET
from simulator.values import Obj

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
NOT_COPIED = frozenset({REVISION, REVISION_HISTORY, DESIRED, MAX_REPLICAS, LAST_APPLIED,
                        "deprecated.deployment.rollback.to"})  # fmt: skip


def template_hash(template: Obj) -> str:
    """Ten letters that stand for a pod template."""
    digest = hashlib.sha256(orjson.dumps(template, option=orjson.OPT_SORT_KEYS)).digest()
    return "".join(SUFFIX_ALPHABET[byte % len(SUFFIX_ALPHABET)] for byte in digest[:10])


def plain_template(replica_set: Obj) -> Obj:
    """The template without the label that the Deployment controller added."""
    template: Obj = replica_set["spec"]["template"]
    meta = template.get("metadata") or {}
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key != HASH_LABEL}
    return {**template, "metadata": {**meta, "labels": labels}}


def new_replica_set(deployment: Obj, replica_sets: list[Obj]) -> Obj | None:
    """The oldest ReplicaSet with the Deployment's template, or None."""
    wanted = deployment["spec"]["template"]
    wanted = {**wanted, "metadata": {**(wanted.get("metadata") or {})}}
    wanted["metadata"].setdefault("labels", {})
    for replica_set in sorted(replica_sets, key=created):
        if plain_template(replica_set) == wanted:
            return replica_set
    return None


def revision(obj: Obj) -> int:
    """The revision an object carries, 0 without one."""
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if str(text).isdigit() else 0


def created(obj: Obj) -> tuple[str, int]:
    """A key that sorts objects by age."""
    return obj["metadata"]["creationTimestamp"], int(obj["metadata"]["resourceVersion"])


def note(replica_set: Obj, name: str) -> int | None:
    """A whole number in an annotation of the controller, or None."""
    text = (replica_set["metadata"].get("annotations") or {}).get(name)
    return int(text) if text is not None and text.isdigit() else None


def copied_annotations(deployment: Obj) -> dict[str, str]:
    """The annotations that a ReplicaSet takes over from its Deployment."""
    annotations = deployment["metadata"].get("annotations") or {}
    return {key: value for key, value in annotations.items() if key not in NOT_COPIED}


def size(replica_set: Obj) -> int:
    """spec.replicas."""
    return int(replica_set["spec"]["replicas"])


def count(replica_set: Obj | None, name: str) -> int:
    """A number in the status, 0 when it is not there."""
    return int(((replica_set or {}).get("status") or {}).get(name) or 0)
