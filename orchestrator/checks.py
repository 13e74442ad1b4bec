"""Checks of the settings that no type can make. `manage.py check` and every command run them."""

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution
from django.utils.module_loading import import_string

from clusters.core.kinds import is_custom

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@register()
def credential_keys(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Every key is a Fernet key, and there is one."""
    hint = (
        "Make one: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
    )
    if not settings.CREDENTIAL_KEYS:
        return [Error("DROVER_CREDENTIAL_KEYS is empty.", hint=hint, id="drover.E001")]
    return [
        Error(f"Key {place} of DROVER_CREDENTIAL_KEYS is not a Fernet key.", hint=hint, id="drover.E002")
        for place, key in enumerate(settings.CREDENTIAL_KEYS, start=1)
        if not _is_fernet_key(key)
    ]


@register()
def plain_http(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Passwords travel over plain HTTP on this machine only."""
    if settings.HTTPS or settings.PUBLIC_URL.hostname in LOOPBACK:
        return []
    return [
        Error(
            f"DROVER_URL is plain http for {settings.PUBLIC_URL.hostname}: passwords would be readable.",
            hint="Put a proxy with TLS in front, set DROVER_URL to https://… and DROVER_BEHIND_PROXY to on.",
            id="drover.E003",
        )
    ]


@register()
def not_demo_in_production(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Neither the demo's freedoms nor debug pages beyond this machine."""
    if settings.PUBLIC_URL.hostname in LOOPBACK:
        return []
    wrong = [name for name in ("DEMO", "DEBUG") if getattr(settings, name)]
    return [
        Error(
            f"DROVER_{name} is on, but DROVER_URL is not on this machine.",
            hint=f"Unset DROVER_{name}.",
            id="drover.E004",
        )
        for name in wrong
    ]


@register()
def any_host(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """The Host header is compared with something."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Caution(
            "DROVER_ALLOWED_HOSTS contains *: links could be made to point elsewhere.",
            hint="Name the hosts.",
            id="drover.W001",
        )
    ]


@register()
def asynchronous_middleware(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """A synchronous middleware would make each long poll and event stream hold a thread."""
    return [
        Error(
            f"The middleware {path} is synchronous.",
            hint="Use one that is async_capable, or wrap it as orchestrator.static does.",
            id="drover.E005",
        )
        for path in settings.MIDDLEWARE
        if not getattr(import_string(path), "async_capable", False)
    ]


@register()
def custom_kinds(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Each custom resource that may stand in a Blueprint is named by kind, group and version."""
    return [
        Error(
            f"{kind!r} in DROVER_CUSTOM_KINDS is no custom resource.",
            hint="Write Kind.group/version, such as Certificate.cert-manager.io/v1.",
            id="drover.E006",
        )
        for kind in settings.CUSTOM_KINDS
        if not is_custom(kind)
    ]


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
