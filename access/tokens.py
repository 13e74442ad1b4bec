"""API tokens: `drv_` + 43 random characters + 6 of checksum. Only the SHA-256 is stored."""

import hashlib
import secrets
import zlib
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from .models import ApiToken, Person
from .permissions import denial
from .roles import Role, lesser

PREFIX = "drv_"
USED_EVERY = timedelta(minutes=1)
HINT = len(PREFIX) + 4


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"[:6]


def is_wellformed(text: str) -> bool:
    """Whether `text` looks like one of our tokens: prefix, length and checksum fit."""
    body = text.removeprefix(PREFIX)
    return text.startswith(PREFIX) and len(body) == 49 and _checksum(body[:-6]) == body[-6:]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def issue_token(
    owner: Person,
    name: str,
    role: str,
    expires_at: datetime | None = None,
    *,
    made_by: Person | None = None,
    parent: ApiToken | None = None,
) -> tuple[ApiToken, str]:
    """The new token and its text, shown this once. Its role is at most the owner's. Asks nobody's right:
    people come through `actions.create_token`."""
    body = secrets.token_urlsafe(32)
    text = PREFIX + body + _checksum(body)
    token = ApiToken.objects.create(
        person=owner,
        name=name,
        role=lesser(role, owner.role),
        hash=_hash(text),
        hint=text[:HINT],
        expires_at=expires_at,
        made_by=made_by or owner,
        parent=parent,
    )
    return token, text


def create_token(person: Person, name: str, role: str, expires_at: datetime | None = None) -> str:
    """The text of a new token of the person's own, for commands that run on the server."""
    return issue_token(person, name, role, expires_at)[1]


def live_tokens(now: datetime) -> QuerySet[ApiToken]:
    """Neither revoked nor expired. (Their people may be gone: only `person_of` knows what is good.)"""
    return ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


def tokens_seen_by(person: Person) -> QuerySet[ApiToken]:
    """The tokens that `person` may see: all of them with `token.write`, else their own."""
    everything = ApiToken.objects.select_related("person", "made_by", "parent")
    if denial(person, "token.write") is None:
        return everything
    return everything.filter(person=person)


def person_of(text: str, now: datetime) -> Person | None:
    """Who the token speaks for, with `acting_role` set to what it may; None: not a valid token.

    It is good while it, every token it descends from, its owner and whoever made it are, and it may what
    all of them may: nothing outlives or exceeds what it came from.
    """
    if not is_wellformed(text):
        return None
    rows = ApiToken.objects.select_related("person", "made_by", "parent__person", "parent__made_by")
    token = rows.filter(hash=_hash(text)).first()
    role = role_now(token, now) if token else None
    if token is None or role is None:
        return None
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    token.person.token_role = role
    token.person.through = token
    return token.person


def role_now(token: ApiToken, now: datetime) -> Role | None:
    """What the token may now; None: nothing, it or one of its causes has ended."""
    role = Role.ADMIN
    for one in token.ancestry():
        people = [one.person, *([one.made_by] if one.made_by else [])]
        ended = one.revoked_at is not None or (one.expires_at is not None and one.expires_at <= now)
        if ended or not all(who.is_active for who in people):
            return None
        for bound in (one.role, *(who.role for who in people)):
            role = lesser(role, bound)
    return role
