"""API tokens: `drv_` + 43 random characters + 6 of checksum. Only the SHA-256 is stored."""

import hashlib
import secrets
import zlib
from datetime import datetime, timedelta

from django.db.models import Q

from .models import ApiToken, Person
from .roles import lesser

PREFIX = "drv_"
USED_EVERY = timedelta(minutes=1)


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"[:6]


def is_wellformed(text: str) -> bool:
    """Whether `text` looks like one of our tokens: prefix, length and checksum fit."""
    body = text.removeprefix(PREFIX)
    return text.startswith(PREFIX) and len(body) == 49 and _checksum(body[:-6]) == body[-6:]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def create_token(person: Person, name: str, role: str, expires_at: datetime | None = None) -> str:
    """The new token's text, shown this once. Its role is at most the person's."""
    body = secrets.token_urlsafe(32)
    text = PREFIX + body + _checksum(body)
    ApiToken.objects.create(
        person=person, name=name, role=lesser(role, person.role), hash=_hash(text), expires_at=expires_at
    )
    return text


def person_of(text: str, now: datetime) -> Person | None:
    """Who the token speaks for, with `acting_role` set to what it may; None: not a valid token."""
    if not is_wellformed(text):
        return None
    token = (
        ApiToken.objects.select_related("person")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), hash=_hash(text), revoked_at=None)
        .first()
    )
    if token is None or not token.person.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    token.person.token_role = lesser(token.role, token.person.role)
    return token.person
