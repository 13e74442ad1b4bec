"""metav1.Conditions: of a generation, and with a time that moves only when the value does."""

from __future__ import annotations

from simulator.values import Obj, stamp


def placed(
    conditions: list[Obj], type_: str, value: bool, reason: str, message: str, generation: int
) -> list[Obj]:
    """The conditions with this one set."""
    word = "True" if value else "False"
    old = next((c for c in conditions if c["type"] == type_), None)
    moved = old["lastTransitionTime"] if old and old["status"] == word else stamp()
    new = {"type": type_, "status": word, "observedGeneration": generation, "lastTransitionTime": moved,
           "reason": reason, "message": message}  # fmt: skip
    if old is None:
        return [*conditions, new]
    return [new if c is old else c for c in conditions]
