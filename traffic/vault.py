"""Keys of routers at rest: encrypted in the row, readable only with the keys of the settings."""

import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from journal.core.reasons import Refused, because


def encrypt(keys: Mapping[str, str]) -> bytes:
    """What to store: b"" for none. The first key of `CREDENTIAL_KEYS` encrypts."""
    if not keys:
        return b""
    return _fernet(tuple(settings.CREDENTIAL_KEYS)).encrypt(json.dumps(dict(keys), sort_keys=True).encode())


def decrypt(stored: bytes | memoryview) -> dict[str, str]:
    """What `encrypt` stored, under any key of `CREDENTIAL_KEYS`. Raises Refused if none of them fits."""
    if not bytes(stored):
        return {}
    try:
        text = _fernet(tuple(settings.CREDENTIAL_KEYS)).decrypt(bytes(stored))
    except InvalidToken as e:
        raise Refused(because("router-keys-locked")) from e
    found: dict[str, str] = json.loads(text)
    return found


def rotate(stored: bytes | memoryview) -> bytes:
    """The same keys under the first key. Raises Refused if no key fits."""
    return encrypt(decrypt(stored))


def is_current(stored: bytes | memoryview) -> bool:
    """Whether the first key alone opens it, so that the others are not needed for it."""
    if not bytes(stored):
        return True
    try:
        _fernet(tuple(settings.CREDENTIAL_KEYS[:1])).decrypt(bytes(stored))
    except InvalidToken:
        return False
    return True


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
