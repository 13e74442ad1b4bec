"""Typed readers for environment variables.

Every reader takes the name of the variable; `NAME_FILE` may name a file that holds the value instead, so
that secrets need not stand in the environment. A variable that is missing without a default, or that
cannot be read, raises ImproperlyConfigured with one sentence: what, and what to do. Values are never
part of the sentence.
"""

import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

REQUIRED: Final = object()
YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"", "0", "false", "no", "off"})


def text(name: str, default: str | object = REQUIRED) -> str:
    """The value of `name`, or of the file that `NAME_FILE` names, without white space around it."""
    if name in os.environ:
        return os.environ[name].strip()
    if path := os.environ.get(f"{name}_FILE"):
        return _read(name, Path(path))
    if isinstance(default, str):
        return default
    raise ImproperlyConfigured(f"{name} is not set: set it, or {name}_FILE to a file that holds it.")


def number(name: str, default: int, least: int = 0) -> int:
    """A whole number, at least `least`."""
    found = text(name, str(default))
    if not found.isascii() or not found.isdigit() or int(found) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number, {least} or more.")
    return int(found)


def flag(name: str, default: bool) -> bool:
    """True for 1, true, yes, on; False for 0, false, no, off and the empty text."""
    found = text(name, "on" if default else "off").lower()
    if found not in YES | NO:
        raise ImproperlyConfigured(f"{name} must be on or off.")
    return found in YES


def listed(name: str, default: str | object = REQUIRED) -> tuple[str, ...]:
    """The parts between commas, without the empty ones."""
    return tuple(part for raw in text(name, default).split(",") if (part := raw.strip()))


def url(name: str, schemes: tuple[str, ...], default: str | object = REQUIRED) -> SplitResult:
    """A URL with one of `schemes`."""
    found = urlsplit(text(name, default))
    if found.scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must be a URL that starts with {' or '.join(schemes)}://.")
    return found


def database(name: str, default: str | object = REQUIRED) -> dict[str, Any]:
    """The parts of `postgresql://user:password@host:port/name?host=/socket/folder&sslmode=…` for Django.

    The query's parameters are libpq's; `host` there is a folder with the server's socket.
    """
    found = url(name, ("postgresql", "postgres"), default)
    options = {key: values[-1] for key, values in parse_qs(found.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(found.path.lstrip("/")),
        "USER": unquote(found.username or ""),
        "PASSWORD": unquote(found.password or ""),
        "HOST": options.pop("host", found.hostname or ""),
        "PORT": options.pop("port", str(found.port or "")),
        "OPTIONS": options,
    }


def _read(name: str, path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {type(error).__name__}.") from error
