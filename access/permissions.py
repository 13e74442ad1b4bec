"""Asking the permission table for a person."""

from journal.core.reasons import Reason, because

from .models import Person
from .roles import PERMISSIONS, allows


class Denied(Exception):
    """The person may not do this. Nothing was changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason


def denial(person: Person, action: str) -> Reason | None:
    """Why `person` may not do `action`; None: they may."""
    if person.is_active and allows(person.acting_role, action):
        return None
    needed = PERMISSIONS.get(action)
    return because("role-may-not", role=str(person.acting_role), needs=str(needed or "nobody"))


def require(person: Person, action: str) -> None:
    """Raise Denied unless `person` may do `action`."""
    reason = denial(person, action)
    if reason:
        raise Denied(reason)
