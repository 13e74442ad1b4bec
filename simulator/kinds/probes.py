"""What probes and lifecycle hooks have to be like. Source: pkg/apis/core/validation/validation.go."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from simulator.kinds.bounds import negative_causes
from simulator.kinds.causes import forbidden_value, invalid_value, required, unsupported
from simulator.kinds.kind import Cause
from simulator.values import Obj

PORT_RANGE = "must be between 1 and 65535, inclusive"
PORT_NAME = re.compile(r"[-a-z0-9]+")
PORT_NAME_WORDS = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
HEADER = re.compile(r"[-A-Za-z0-9]+")
HEADER_WORDS = (
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation "
    "is '[-A-Za-z0-9]+')"
)
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


@lru_cache(maxsize=1024)
def port_name_problems(name: str) -> tuple[str, ...]:
    """Why the text is no name of a port (RFC 6335); () if it is one.

    >>> port_name_problems("http"), port_name_problems("80")
    ((), ('must contain at least one letter (a-z)',))
    """
    problems = []
    if len(name) > 15:
        problems.append("must be no more than 15 characters")
    if not PORT_NAME.fullmatch(name):
        problems.append(PORT_NAME_WORDS)
    if not any("a" <= letter <= "z" for letter in name):
        problems.append("must contain at least one letter (a-z)")
    if "--" in name:
        problems.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        problems.append("must not begin or end with a hyphen")
    return tuple(problems)


def check_port(port: object, at: str, causes: list[Cause]) -> None:
    """Note what is wrong with a port given by its number or its name."""
    if isinstance(port, str):
        causes += [invalid_value(at, port, problem) for problem in port_name_problems(port)]
    elif not isinstance(port, int) or not 1 <= port <= 65535:
        causes.append(invalid_value(at, port or 0, PORT_RANGE))


def _check_http(http: Obj, at: str, causes: list[Cause]) -> None:
    check_port(http.get("port"), f"{at}.port", causes)
    if http.get("scheme") not in ("HTTP", "HTTPS"):
        causes.append(unsupported(f"{at}.scheme", http.get("scheme"), ("HTTP", "HTTPS")))
    names = [header.get("name") or "" for header in http.get("httpHeaders") or ()]
    wrong = [name for name in names if not HEADER.fullmatch(name)]
    causes += [invalid_value(f"{at}.httpHeaders", name, HEADER_WORDS) for name in wrong]


def _check_exec(action: Obj, at: str, causes: list[Cause]) -> None:
    if not action.get("command"):
        causes.append(required(f"{at}.command"))


def _check_ported(action: Obj, at: str, causes: list[Cause]) -> None:
    check_port(action.get("port"), f"{at}.port", causes)


def _check_nothing(action: Any, at: str, causes: list[Cause]) -> None:
    pass


HANDLERS: dict[str, Callable[[Any, str, list[Cause]], None]] = {
    "exec": _check_exec, "httpGet": _check_http, "tcpSocket": _check_ported, "grpc": _check_ported,
    "sleep": _check_nothing,
}  # fmt: skip


def check_handler(handler: Obj, at: str, causes: list[Cause]) -> None:
    """Note what is wrong with the one action that a probe or a hook has."""
    first = ""
    for name, check in HANDLERS.items():
        if name not in handler:
            continue
        if first:
            causes.append(forbidden_value(f"{at}.{name}", "may not specify more than 1 handler type"))
        else:
            first = name
            check(handler[name], f"{at}.{name}", causes)
    if not first:
        causes.append(required(at, "must specify a handler type"))


def check_probes(container: Obj, at: str, causes: list[Cause]) -> None:
    """Note what is wrong with the probes and the hooks of a container."""
    for name in PROBES:
        if name in container:
            _check_probe(container[name], name, f"{at}.{name}", causes)
    for hook, handler in (container.get("lifecycle") or {}).items():
        if isinstance(handler, dict):
            check_handler(handler, f"{at}.lifecycle.{hook}", causes)


def _check_probe(probe: Obj, name: str, at: str, causes: list[Cause]) -> None:
    check_handler(probe, at, causes)
    causes += negative_causes(probe, NUMBERS, at)
    successes = probe.get("successThreshold", 1)
    if name != "readinessProbe" and successes not in (0, 1):
        causes.append(invalid_value(f"{at}.successThreshold", successes, "must be 1"))
    grace = probe.get("terminationGracePeriodSeconds")
    if grace is not None and name == "readinessProbe":
        words = "must not be set for readinessProbes"
        causes.append(invalid_value(f"{at}.terminationGracePeriodSeconds", grace, words))
    elif grace is not None and grace <= 0:
        causes.append(invalid_value(f"{at}.terminationGracePeriodSeconds", grace, "must be greater than 0"))


def check_init_container(container: Obj, at: str, causes: list[Cause]) -> None:
    """Note what a container may not have that ends before the others start."""
    if container.get("restartPolicy") == "Always":
        return
    for name in ("lifecycle", *PROBES):
        if name in container:
            words = "may not be set for init containers without restartPolicy=Always"
            causes.append(forbidden_value(f"{at}.{name}", words))
