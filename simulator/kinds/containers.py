"""What a container has to be like beyond a name and an image. Source: pkg/apis/core/validation/validation.go."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from simulator.kinds.bounds import negative_causes, unknown_causes
from simulator.kinds.kind import Cause
from simulator.kinds.quantities import value_of
from simulator.values import Obj

PORT_RANGE = "must be between 1 and 65535, inclusive"
PORT_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
PORT_NAME_WORDS = "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"

PULL_POLICIES = ("Always", "IfNotPresent", "Never")
PROBES, HANDLERS = (
    ("livenessProbe", "readinessProbe", "startupProbe"),
    ("exec", "httpGet", "tcpSocket", "grpc"),
)
PROBE_NUMBERS = (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)


def container_causes(container: Obj, at: str, volumes: Collection[str]) -> Iterator[Cause]:
    """What a real server would refuse in the ports, variables, resources and mounts of a container."""
    yield from _port_causes(container, at)
    yield from unknown_causes(container.get("imagePullPolicy"), PULL_POLICIES, f"{at}.imagePullPolicy")
    yield from _variable_causes(container, at)
    for probe in PROBES:
        if probe in container:
            yield from _probe_causes(container[probe], f"{at}.{probe}")
    yield from _resource_causes(container.get("resources") or {}, f"{at}.resources.requests")
    for n, mount in enumerate(container.get("volumeMounts") or ()):
        yield from _mount_causes(mount, f"{at}.volumeMounts[{n}]", volumes)


def port_problem(number: object) -> str:
    """Why the number is no port; "" if it is one.

    >>> port_problem(8080), port_problem(70000)
    ('', 'Invalid value: 70000: must be between 1 and 65535, inclusive')
    """
    if isinstance(number, int) and 1 <= number <= 65535:
        return ""
    return f"Invalid value: {number}: {PORT_RANGE}"


def _port_causes(container: Obj, at: str) -> Iterator[Cause]:
    for n, port in enumerate(container.get("ports") or ()):
        here, number, name = f"{at}.ports[{n}]", port.get("containerPort"), port.get("name")
        if name and not PORT_NAME.fullmatch(name):
            yield Cause(f"{here}.name", f'Invalid value: "{name}": {PORT_NAME_WORDS}')
        if not number:
            yield Cause(f"{here}.containerPort", "Required value", "FieldValueRequired")
        elif problem := port_problem(number):
            yield Cause(f"{here}.containerPort", problem)


def _variable_causes(container: Obj, at: str) -> Iterator[Cause]:
    for n, variable in enumerate(container.get("env") or ()):
        if not variable.get("name"):
            yield Cause(f"{at}.env[{n}].name", "Required value", "FieldValueRequired")
        if variable.get("value") and variable.get("valueFrom"):
            words = 'Invalid value: "": may not be specified when `value` is not empty'
            yield Cause(f"{at}.env[{n}].valueFrom", words)
    for source in container.get("envFrom") or ():
        if not source.get("configMapRef") and not source.get("secretRef"):
            words = 'Invalid value: "": must specify one of: `configMapRef` or `secretRef`'
            yield Cause(f"{at}.envFrom", words)


def _probe_causes(probe: Obj, at: str) -> Iterator[Cause]:
    if not any(handler in probe for handler in HANDLERS):
        yield Cause(at, "Required value: must specify a handler type", "FieldValueRequired")
    yield from negative_causes(probe, PROBE_NUMBERS, at)


def _resource_causes(resources: Obj, at: str) -> Iterator[Cause]:
    limits = resources.get("limits") or {}
    for field in ("limits", "requests"):
        for name, amount in (resources.get(field) or {}).items():
            if value_of(amount) < 0:
                words = f'Invalid value: "{amount}": must be greater than or equal to 0'
                yield Cause(f"{at.rpartition('.')[0]}.{field}[{name}]", words)
    for name, amount in (resources.get("requests") or {}).items():
        if name in limits and value_of(amount) > value_of(limits[name]):
            message = (
                f'Invalid value: "{amount}": must be less than or equal to {name} limit of {limits[name]}'
            )
            yield Cause(at, message)


def _mount_causes(mount: Obj, at: str, volumes: Collection[str]) -> Iterator[Cause]:
    name = mount.get("name")
    if not name:
        yield Cause(f"{at}.name", "Required value", "FieldValueRequired")
    elif name not in volumes:
        yield Cause(f"{at}.name", f'Not found: "{name}"', "FieldValueNotFound")
    if not mount.get("mountPath"):
        yield Cause(f"{at}.mountPath", "Required value", "FieldValueRequired")
