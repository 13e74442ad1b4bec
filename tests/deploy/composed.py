"""docker-compose.yml as values, and the rules for it."""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from . import offers
from .processes import Process, fleet_problems, process_problems

FILE = offers.ROOT / "docker-compose.yml"
OURS = "drover:"
STORES = {"postgres": ("postgres", "pg_isready"), "valkey": ("valkey-server", "valkey-cli")}
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")
PINNED = re.compile(r"[\w./-]+:\d+([.\w-]*)")
# Variables of the file itself, for people.
FOR_PEOPLE = {"DROVER_URL", "DROVER_BEHIND_PROXY", "FORWARDED_ALLOW_IPS", "DROVER_PORT", "DROVER_DEMO_PORT"}


def load_compose() -> dict[str, Any]:
    """The file, with the defaults of its variables put in."""
    loaded: dict[str, Any] = _filled(yaml.safe_load(FILE.read_text()))
    return deepcopy(loaded)  # anchors made parts of it one object


def _filled(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value) for value in node]
    return VARIABLE.sub(r"\2", node) if isinstance(node, str) else node


def asked_of_people() -> set[str]:
    return {name for name, _ in VARIABLE.findall(FILE.read_text())}


def processes(compose: dict[str, Any]) -> dict[str, Process]:
    """Drover's own processes, the demo left out: it makes its own settings."""
    services = compose["services"].items()
    return {
        name: Process(
            name,
            tuple(service["command"]),
            service["environment"],
            _probes(service),
            ends=service.get("restart") == "no",
        )
        for name, service in services
        if service["image"].startswith(OURS) and not service.get("profiles")
    }


def _probes(service: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    check = service.get("healthcheck", {})
    return () if check.get("disable") else (tuple(check.get("test", ["CMD"])[1:]),)


def compose_problems(compose: dict[str, Any]) -> Iterator[str]:
    """All that is wrong with the file."""
    ours = processes(compose)
    for process in ours.values():
        yield from process_problems(process)
    yield from fleet_problems(ours)
    for name, service in compose["services"].items():
        yield from (f"{name}: {problem}" for problem in _service_problems(name, service, compose))
    yield from _demo_problems(compose["services"].get("demo", {}))


def _service_problems(name: str, service: dict[str, Any], compose: dict[str, Any]) -> Iterator[str]:
    if not PINNED.fullmatch(service.get("image", "")):
        yield "its image has no version"
    yield from _lock_problems(service)
    yield from _health_problems(name, service)
    yield from _secret_problems(service, compose)
    yield from _order_problems(name, service, compose)
    if name != "web" and service.get("ports"):
        yield "only web is published"
    if any(not port.startswith("127.0.0.1:") for port in service.get("ports", ())):
        yield "it is published beyond this machine"
    if service.get("container_name"):
        yield "with a name of its own it cannot be scaled"


def _lock_problems(service: dict[str, Any]) -> Iterator[str]:
    if service.get("read_only") is not True or "/tmp" not in service.get("tmpfs", ()):
        yield "its root file system is not read-only with a /tmp"
    if service.get("cap_drop") != ["ALL"] or service.get("cap_add"):
        yield "it keeps capabilities"
    if "no-new-privileges:true" not in service.get("security_opt", ()):
        yield "it may gain privileges"
    if service.get("privileged") or service.get("user") in ("root", "0", 0):
        yield "it is privileged"


def _health_problems(name: str, service: dict[str, Any]) -> Iterator[str]:
    check = service.get("healthcheck", {})
    if check.get("disable"):
        if service.get("restart") != "no":
            yield "it has no health check"
        return
    test = check.get("test", [])
    if test[:1] not in (["CMD"], ["CMD-SHELL"]) or not {"interval", "timeout", "retries"} <= check.keys():
        yield "it has no health check"
    elif name in STORES and test[1].split()[0] != STORES[name][1]:
        yield f"unknown health check {test[1]}"
    if name in STORES and service["command"][0] != STORES[name][0]:
        yield f"unknown program {service['command'][0]}"


def _secret_problems(service: dict[str, Any], compose: dict[str, Any]) -> Iterator[str]:
    granted = set(service.get("secrets", ()))
    env = service.get("environment", {})
    words = [*env.values(), *service.get("command", ())]
    needed = {str(word).removeprefix("/run/secrets/") for word in words if "/run/secrets/" in str(word)}
    yield from (f"the secret {name} is not granted" for name in sorted(needed - granted))
    yield from (f"the secret {name} is not used" for name in sorted(granted - needed))
    yield from (f"there is no secret {name}" for name in sorted(granted - compose["secrets"].keys()))
    # A value in the environment shows in `docker inspect`.
    yield from (f"{name} is no file" for name in sorted(offers.required() & env.keys()))


def _order_problems(name: str, service: dict[str, Any], compose: dict[str, Any]) -> Iterator[str]:
    waits = {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
    yield from (
        f"it waits for {other}, which is not there" for other in waits if other not in compose["services"]
    )
    stays = service["image"].startswith(OURS) and name not in ("migrate", "demo")
    if stays and waits.get("migrate") != "service_completed_successfully":
        yield "it does not wait for the migration"
    if name == "migrate" and waits.get("postgres") != "service_healthy":
        yield "it does not wait for PostgreSQL"


def _demo_problems(demo: dict[str, Any]) -> Iterator[str]:
    """The demo is a stack of its own on the loopback address of this machine, and only when asked for."""
    if demo.get("profiles") != ["demo"]:
        yield "demo: it starts without being asked for"
    if problem := offers.command_problem(demo.get("command", [])):
        yield f"demo: {problem}"
    if demo.get("network_mode") != "host":
        yield "demo: nobody reaches what listens on the loopback address of a container"
    env = demo.get("environment", {})
    yield from (f"demo: nothing reads {name}" for name in sorted(env.keys() - offers.EMBEDDED))
    volumes = [volume.split(":")[1] for volume in demo.get("volumes", ())]
    if env.get("DROVER_VAR") not in volumes:
        yield "demo: its data are lost"
    port = demo.get("healthcheck", {}).get("test", [""])[-1]
    if port != env.get("DROVER_PORT"):
        yield "demo: its health check asks another port"


def secret_files(compose: dict[str, Any]) -> dict[str, Path]:
    """The file of each secret."""
    return {name: offers.ROOT / entry["file"] for name, entry in compose["secrets"].items()}
