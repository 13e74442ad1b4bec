"""Tokens as lines."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.shortcuts import get_object_or_404

from access.models import ApiToken, Person
from access.permissions import denial

MOST = 500


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One token. `state` is `good`, `expired`, `revoked` or `idle` (its person is not active, or the token
    that made it is revoked)."""

    id: int
    name: str
    hint: str
    owner: str
    role: str
    state: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokensPage:
    """The tokens that a person may see, those that work first. `everyone`: of all people."""

    tokens: tuple[TokenLine, ...]
    everyone: bool
    may_all: bool


def read_tokens(person: Person, everyone: bool, now: datetime) -> TokensPage:
    """One's own tokens; with `everyone`, and where `token.write` allows it, those of all. One query."""
    may_all = denial(person, "token.write") is None
    rows = ApiToken.objects.select_related("person", "parent").order_by("-pk")
    if not (everyone and may_all):
        rows = rows.filter(person=person)
    lines = [_line(token, now) for token in rows[:MOST]]
    return TokensPage(tuple(sorted(lines, key=_works_first)), everyone and may_all, may_all)


def read_token(person: Person, token_id: int, now: datetime) -> TokenLine:
    """One token that `person` may see; 404 otherwise."""
    mine = Q() if denial(person, "token.write") is None else Q(person=person)
    rows = ApiToken.objects.select_related("person", "parent").filter(mine)
    return _line(get_object_or_404(rows, pk=token_id), now)


def _works_first(line: TokenLine) -> bool:
    return line.state != "good"


def _line(token: ApiToken, now: datetime) -> TokenLine:
    return TokenLine(
        id=token.pk,
        name=token.name,
        hint=token.hint,
        owner=token.person.get_username(),
        role=token.role,
        state=_state(token, now),
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )


def _state(token: ApiToken, now: datetime) -> str:
    if token.revoked_at:
        return "revoked"
    if token.expires_at and token.expires_at <= now:
        return "expired"
    orphan = token.parent is not None and token.parent.revoked_at is not None
    return "idle" if orphan or not token.person.is_active else "good"
