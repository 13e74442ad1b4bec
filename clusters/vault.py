"""Credentials of clusters at rest: encrypted in the row, readable only with the keys of the settings."""

import json
from dataclasses import asdict
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from journal.core.reasons import Refused, because

from .core.credentials import Credentials, Eks


def encrypt(credentials: Credentials) -> bytes:
    """What to store; the first key of `CREDENTIAL_KEYS` encrypts."""
    return _fernet(tuple(settings.CREDENTIAL_KEYS)).encrypt(json.dumps(asdict(credentials)).encode())


def decrypt(stored: bytes | memoryview) -> Credentials:
    """What `encrypt` stored, under any key of `CREDENTIAL_KEYS`. Raises Refused if none of them fits."""
    try:
        text = _fernet(tuple(settings.CREDENTIAL_KEYS)).decrypt(bytes(stored))
    except InvalidToken as e:
        raise Refused(because("credentials-locked")) from e
    data = json.loads(text)
    eks = Eks(**data["eks"]) if data.get("eks") else None
    return Credentials(**{**data, "eks": eks})


def rotate(stored: bytes | memoryview) -> bytes:
    """The same credentials under the first key. Raises Refused if no key fits."""
    return encrypt(decrypt(stored))


def same(stored: bytes | memoryview, other: bytes | memoryview) -> bool:
    """Whether both hold the same credentials, whatever keys encrypted them."""
    try:
        return bytes(stored) == bytes(other) or decrypt(stored) == decrypt(other)
    except Refused:
        return False


def is_current(stored: bytes | memoryview) -> bool:
    """Whether the first key alone opens it, so that the others are not needed for it."""
    try:
        _fernet(tuple(settings.CREDENTIAL_KEYS[:1])).decrypt(bytes(stored))
    except InvalidToken:
        return False
    return True


def seal(text: str, purpose: str) -> str:
    """`text` as a page may carry it from one request to the next, for nothing but `purpose`."""
    return _fernet(tuple(settings.CREDENTIAL_KEYS)).encrypt(json.dumps([purpose, text]).encode()).decode()


def unseal(sealed: str, purpose: str, within_s: int) -> str:
    """What was sealed for `purpose` within the last `within_s` seconds; "" for all else."""
    try:
        found = _fernet(tuple(settings.CREDENTIAL_KEYS)).decrypt(sealed.encode(), ttl=within_s)
    except (InvalidToken, ValueError):
        return ""
    its_purpose, text = json.loads(found)
    return str(text) if its_purpose == purpose else ""


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
