"""The key that signs sessions: it must be long and nobody else's."""

from typing import Final

from django.core.exceptions import ImproperlyConfigured

from . import env

LEAST_LENGTH: Final = 50
LEAST_DIFFERENT: Final = 10
# What example files and tutorials contain.
KNOWN: Final = ("django-insecure", "changeme", "change-me", "secret-key", "secretkey", "example", "password")


def secret_key(name: str) -> str:
    """The value of `name`; refuses a key that is short, monotonous or known from examples."""
    found = env.text(name)
    if len(found) < LEAST_LENGTH or len(set(found)) < LEAST_DIFFERENT:
        raise ImproperlyConfigured(f"{name} must have at least {LEAST_LENGTH} random characters. {_HOW}")
    if any(known in found.lower() for known in KNOWN):
        raise ImproperlyConfigured(f"{name} looks like one from an example. {_HOW}")
    return found


_HOW = "Make one: python -c 'import secrets; print(secrets.token_urlsafe(64))'"
