"""Credentials of clusters at rest: encrypted in the row, readable only with the keys of the settings."""

import json
from dataclasses import asdict
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from journal.core.reasons import Refused, because

from .core.kubeconfig import Credentials


def encrypt(credentials: Credentials) -> bytes:
    """What to store; the first key of `CREDENTIAL_KEYS` encrypts."""
    return _fernet(tuple(settings.CREDENTIAL_KEYS)).encrypt(json.dumps(asdict(credentials)).encode())


def decrypt(stored: bytes | memoryview) -> Credentials:
    """What `encrypt` stored, under any key of `CREDENTIAL_KEYS`. Raises Refused if none of them fits."""
    try:
        text = _fernet(tuple(settings.CREDENTIAL_KEYS)).decrypt(bytes(stored))
    except InvalidToken as e:
        raise Refused(because("credentials-locked")) from e
    return Credentials(**json.loads(text))


def rotate(stored: bytes | memoryview) -> bytes:
    """The same credentials under the first key. Raises Refused if no key fits."""
    return encrypt(decrypt(stored))


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
