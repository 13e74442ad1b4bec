"""What a pod refers to and must be there before its containers can start: ConfigMaps and Secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.store.store import Store
from simulator.values import Obj, dig

KINDS = {"configMap": ("configmaps", "ConfigMap"), "secret": ("secrets", "Secret")}
DATA = ("data", "binaryData")


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing, in kubelet's words, for a container or for a volume."""

    message: str
    container: str = ""
    volume: str = ""


def first_lack(store: Store, pod: Obj) -> Lack | None:
    """The first thing that keeps the pod from starting, None when all is there."""
    return next((lack for lack in (*_volume_lacks(store, pod), *_container_lacks(store, pod))), None)


def _volume_lacks(store: Store, pod: Obj) -> Iterator[Lack]:
    for volume in pod["spec"].get("volumes") or ():
        for source in (volume, *(dig(volume, "projected", "sources") or ())):
            for field in KINDS:
                reference = source.get(field) or {}
                name = reference.get("secretName") or reference.get("name")
                problem = _problem(store, pod, field, name, "", reference) if name else ""
                if problem:
                    yield Lack(problem, volume=volume["name"])


def _container_lacks(store: Store, pod: Obj) -> Iterator[Lack]:
    for container in pod["spec"]["containers"]:
        for field in KINDS:
            whole = ((entry.get(f"{field}Ref") or {}, "") for entry in container.get("envFrom") or ())
            keys = (dig(entry, "valueFrom", f"{field}KeyRef") or {} for entry in container.get("env") or ())
            for reference, key in (*whole, *((entry, entry.get("key", "")) for entry in keys)):
                name = reference.get("name")
                problem = _problem(store, pod, field, name, key, reference) if name else ""
                if problem:
                    yield Lack(problem, container=container["name"])


def _problem(store: Store, pod: Obj, field: str, name: str, key: str, reference: Obj) -> str:
    plural, kind = KINDS[field]
    space = pod["metadata"]["namespace"]
    found = store.get(plural, space, name)
    if reference.get("optional"):
        return ""
    if found is None:
        return f'{kind.lower()} "{name}" not found'
    if key and not any(key in (found.get(part) or {}) for part in DATA):
        return f"couldn't find key {key} in {kind} {space}/{name}"
    return ""
