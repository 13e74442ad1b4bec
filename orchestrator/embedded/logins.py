"""Who may log in to the demo."""

from typing import Final

# Role -> user name.
LOGINS: Final = {
    "viewer": "viewer",
    "on-call": "oncall",
    "release-manager": "manager",
    "admin": "admin",
}
