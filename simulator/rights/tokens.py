"""The bearer tokens of one cluster and the users behind them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from simulator.rights.rules import BadRules, Binding, parse_rules
from simulator.values import Obj

AUTHENTICATED, UNAUTHENTICATED = "system:authenticated", "system:unauthenticated"
MASTERS = "system:masters"


@dataclass(frozen=True, slots=True)
class User:
    """Who speaks. `bindings` come with the token, besides those in the store; `expires` is a Unix time or 0."""

    name: str
    groups: tuple[str, ...] = (AUTHENTICATED,)
    bindings: tuple[Binding, ...] = ()
    expires: float = 0.0

    def shown(self) -> Obj:
        """The user as JSON."""
        return {"user": self.name, "groups": list(self.groups), "expires": self.expires,
                "bindings": [binding.shown() for binding in self.bindings]}  # fmt: skip


ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))
ADMIN = User("kubernetes-admin", ("kubeadm:cluster-admins", MASTERS, AUTHENTICATED))


class TokenBook:
    """Who has which token. `changes` counts up whenever that changes."""

    def __init__(self, admin: str) -> None:
        self.admin, self.changes = admin, 0
        self._users: dict[str, User] = {}

    def user_of(self, token: str) -> User | None:
        """The user with this token; None when it is unknown, revoked or expired."""
        if token == self.admin:
            return ADMIN
        user = self._users.get(token)
        return None if user is None or (user.expires and user.expires < time.time()) else user

    def mint(self, user: User) -> str:
        """A new token of the user."""
        token = secrets.token_urlsafe(24)
        self._users[token] = user
        self.changes += 1
        return token

    def revoke(self, token: str) -> bool:
        """Make a minted token unknown; whether there was one."""
        self.changes += 1
        return self._users.pop(token, None) is not None

    def rotate(self) -> str:
        """A new admin token; the old one is unknown at once."""
        self.admin = secrets.token_urlsafe(24)
        self.changes += 1
        return self.admin

    def saved(self) -> Obj:
        """What a snapshot keeps of the minted tokens."""
        return {token: user.shown() for token, user in self._users.items()}

    def restore(self, saved: Obj) -> None:
        """Take back what `saved` gave; BadRules when it is damaged."""
        self._users = {token: parse_user(entry) for token, entry in saved.items()}


def parse_user(body: Any) -> User:
    """A user from JSON: `user`, `groups`, and `bindings` or one binding's `rules` and `namespace`."""
    bindings = body.get("bindings")
    if bindings is None:
        bindings = [{"rules": body.get("rules", []), "namespace": body.get("namespace")}]
    groups, name = body.get("groups") or (), body.get("user") or "simulated-user"
    if not isinstance(name, str) or not isinstance(bindings, list):
        raise BadRules("user is a string, bindings is a list of {rules, namespace}")
    return User(
        name, tuple(dict.fromkeys([*map(str, groups), AUTHENTICATED])), tuple(map(_parse_binding, bindings)),
        float(body.get("expires") or 0),
    )  # fmt: skip


def _parse_binding(entry: Any) -> Binding:
    if not isinstance(entry, dict) or not isinstance(entry.get("namespace") or "", str):
        raise BadRules("a binding is {rules, namespace}")
    return Binding(parse_rules(entry.get("rules") or []), entry.get("namespace") or "")
