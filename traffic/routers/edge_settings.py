"""Checks of the settings of Gateways and HAProxies, when one is registered and whenever it is spoken to."""

import re
from collections.abc import Mapping
from typing import Any

from journal.core.reasons import FieldErrors, Reason, because

from .rules import ADDRESS, NAME, PORTS

Settings = Mapping[str, Any]
PATH = re.compile(r"/[A-Za-z0-9._/-]{1,100}")


def parse_gateway(settings: Settings) -> None:
    """Checks where the HTTPRoutes of a Gateway go. Raises FieldErrors."""
    known = {"namespace", "gateway", "gateway_namespace", "listener", "health_checks", "users"}
    wrong: list[tuple[str, Reason]] = [
        (name, because("name-no-label"))
        for name in ("namespace", "gateway", "gateway_namespace", "listener")
        if (name in settings or name in {"namespace", "gateway"})
        and not (isinstance(settings.get(name), str) and NAME.fullmatch(settings[name]))
    ]
    if not isinstance(settings.get("health_checks", False), bool):
        wrong.append(("health_checks", because("no-switch")))
    wrong += _users(settings)
    _raise(wrong, settings, known)


def parse_haproxy(settings: Settings) -> None:
    """Checks the address of a HAProxy's runtime API, `unix:PATH` or `HOST:PORT`, and how it is laid out. Raises
    FieldErrors."""
    wrong: list[tuple[str, Reason]] = []
    if not _is_address(settings.get("address")):
        wrong.append(("address", because("haproxy-address")))
    if "folder" in settings and not _is_path(settings["folder"]):
        wrong.append(("folder", because("path-wrong")))
    for name, most in (("routes", 10_000), ("members", 100)):
        number = settings.get(name, 1)
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= most:
            wrong.append((name, because("number-from-to", least=1, most=most)))
    wrong += _users(settings)
    _raise(wrong, settings, {"address", "folder", "routes", "members", "users"})


def _users(settings: Settings) -> list[tuple[str, Reason]]:
    """`users`, HOST:PORT, is where users' requests come in: probes are sent there."""
    if "users" not in settings or _is_door(settings["users"]):
        return []
    return [("users", because("host-and-port"))]


def _is_address(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if value.startswith("unix:"):
        return _is_path(value.removeprefix("unix:"))
    return _is_door(value)


def _is_door(value: Any) -> bool:
    host, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0
    return bool(ADDRESS.fullmatch(host)) and number in PORTS


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and bool(PATH.fullmatch(value)) and ".." not in value


def _raise(wrong: list[tuple[str, Reason]], settings: Settings, known: set[str]) -> None:
    unknown = sorted(str(one)[:80] for one in settings.keys() - known)
    wrong += [(name, because("field-unknown")) for name in unknown]
    if wrong:
        raise FieldErrors(tuple(wrong))
