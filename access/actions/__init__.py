"""People's writes to people and tokens.

All raise `access.permissions.Denied`, `journal.core.reasons.Refused` or `FieldErrors`; then nothing has
changed. Every change leaves an Event in the same transaction; no password and no token ever stands in one.
"""

from .first import create_first_admin
from .passwords import change_own_password, reset_password
from .people import activate_person, create_person, deactivate_person, set_role
from .tokens import create_token, revoke_token

__all__ = [
    "activate_person",
    "change_own_password",
    "create_first_admin",
    "create_person",
    "create_token",
    "deactivate_person",
    "reset_password",
    "revoke_token",
    "set_role",
]
