"""What an object may say about its owners. Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go. Pure."""

from __future__ import annotations

from simulator.kinds.kind import Cause
from simulator.values import Obj, packed

FIELD = "metadata.ownerReferences"
SHOWN = ("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion")


def owner_causes(metadata: Obj) -> list[Cause]:
    """What a real server would refuse: owners that are not named in full, Events, and a second controller."""
    owners = metadata.get("ownerReferences") or []
    causes = [cause for owner in owners for cause in _unnamed(owner)]
    controllers = [f"{owner.get('kind')}/{owner.get('name')}" for owner in owners if owner.get("controller")]
    for n in range(1, len(controllers)):
        shown = packed([{key: owner[key] for key in SHOWN if key in owner} for owner in owners]).decode()
        found = f'Found "true" in references for {controllers[n - 1]} and {controllers[n]}'
        words = f"Invalid value: {shown}: Only one reference can have Controller set to true. {found}"
        causes.append(Cause(FIELD, words))
    return causes


def _unnamed(owner: Obj) -> list[Cause]:
    version = owner.get("apiVersion") or ""
    causes = []
    if not version or version.count("/") > 1:
        causes.append(Cause(f"{FIELD}.apiVersion", f'Invalid value: "{version}": version must not be empty'))
    empty = [key for key in ("kind", "name", "uid") if not owner.get(key)]
    causes += [Cause(f"{FIELD}.{key}", 'Invalid value: "": must not be empty') for key in empty]
    if (version, owner.get("kind")) == ("v1", "Event"):
        causes.append(
            Cause(FIELD, f"Invalid value: {_shown(owner)}: /v1, Kind=Event is disallowed from being an owner")
        )
    return causes


def _shown(owner: Obj) -> str:
    return packed({key: owner[key] for key in SHOWN if key in owner}).decode()
