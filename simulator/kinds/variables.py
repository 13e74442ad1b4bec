"""What the environment of a container has to be like. Source: pkg/apis/core/validation/validation.go."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from simulator.kinds.causes import invalid_value, required, unsupported
from simulator.kinds.kind import Cause
from simulator.kinds.words import key_problems, subdomain_problems
from simulator.values import Obj

NAME = re.compile(r"[ -<>-~]+")
NAME_WORDS = (
    "a valid environment variable name must consist only of printable ASCII characters other than '='"
)
KEY = re.compile(r"[-._a-zA-Z0-9]+")
KEY_WORDS = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
NO_SOURCE = (
    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
)
TWO_SOURCES = "may not have more than one field specified at a time"
FIELDS = ("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
          "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs")  # fmt: skip
FILE_FIELDS = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
OTHER_FIELDS = frozenset({"metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName",
                          "spec.hostNetwork", "status.phase", "status.nominatedNodeName"})  # fmt: skip
KEYED = re.compile(r"metadata\.(labels|annotations)\['(.*)'\]")
RESOURCES = tuple(
    f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")
)


def check_variables(container: Obj, at: str, causes: list[Cause]) -> None:
    """Note what is wrong with `env` and `envFrom`."""
    for n, variable in enumerate(container.get("env") or ()):
        name = variable.get("name")
        if not name:
            causes.append(required(f"{at}.env[{n}].name"))
        elif not NAME.fullmatch(name):
            causes.append(invalid_value(f"{at}.env[{n}].name", name, NAME_WORDS))
        if variable.get("valueFrom") is not None:
            _check_source(variable, f"{at}.env[{n}].valueFrom", causes)
    for n, source in enumerate(container.get("envFrom") or ()):
        _check_many(source, n, f"{at}.envFrom", causes)


def _check_source(variable: Obj, at: str, causes: list[Cause]) -> None:
    source = variable["valueFrom"]
    found = [name for name in SOURCES if source.get(name) is not None]
    for name in found:
        CHECKS[name](source[name], f"{at}.{name}", causes)
    if not found:
        causes.append(invalid_value(at, "", NO_SOURCE))
    elif variable.get("value"):
        causes.append(invalid_value(at, "", "may not be specified when `value` is not empty"))
    elif len(found) > 1:
        causes.append(invalid_value(at, "", TWO_SOURCES))


def _check_many(source: Obj, n: int, at: str, causes: list[Cause]) -> None:
    prefix = source.get("prefix")
    if prefix and not NAME.fullmatch(prefix):
        causes.append(invalid_value(f"{at}[{n}].prefix", prefix, NAME_WORDS))
    found = [name for name in ("configMapRef", "secretRef") if source.get(name) is not None]
    for field in found:
        name = source[field].get("name")
        if not name:
            causes.append(required(f"{at}[{n}].{field}.name"))
        else:
            problems = subdomain_problems(name)
            causes += [invalid_value(f"{at}[{n}].{field}.name", name, problem) for problem in problems]
    if not found:
        causes.append(invalid_value(at, "", "must specify one of: `configMapRef` or `secretRef`"))
    elif len(found) > 1:
        causes.append(invalid_value(at, "", TWO_SOURCES))


def _check_key(reference: Obj, at: str, causes: list[Cause]) -> None:
    name, key = reference.get("name") or "", reference.get("key")
    causes += [invalid_value(f"{at}.name", name, problem) for problem in subdomain_problems(name)]
    if not key:
        causes.append(required(f"{at}.key"))
    elif not KEY.fullmatch(key):
        causes.append(invalid_value(f"{at}.key", key, KEY_WORDS))


def check_field(reference: Obj, at: str, causes: list[Cause], known: tuple[str, ...] = FIELDS) -> None:
    """Note what is wrong with a reference to a field of the pod itself."""
    path = reference.get("fieldPath")
    if not path:
        causes.append(required(f"{at}.fieldPath"))
    elif keyed := KEYED.fullmatch(path):
        key = keyed[2] if keyed[1] == "labels" else keyed[2].lower()
        causes += [invalid_value(at, keyed[2], problem) for problem in key_problems(key)]
    elif path in known:
        return
    elif path in OTHER_FIELDS or path in FIELDS:
        causes.append(unsupported(f"{at}.fieldPath", path, known))
    else:
        words = f"error converting fieldPath: field label not supported: {path}"
        causes.append(invalid_value(f"{at}.fieldPath", path, words))


def check_resource(reference: Obj, at: str, causes: list[Cause], in_file: bool = False) -> None:
    """Note what is wrong with a reference to a limit or a request of a container."""
    resource = reference.get("resource")
    if in_file and not reference.get("containerName"):
        causes.append(required(f"{at}.containerName"))
    elif not resource:
        causes.append(required(f"{at}.resource"))
    elif resource not in RESOURCES and "hugepages-" not in resource:
        causes.append(unsupported(f"{at}.resource", resource, RESOURCES))


def _check_nothing(reference: Any, at: str, causes: list[Cause]) -> None:
    pass


CHECKS: dict[str, Callable[[Any, str, list[Cause]], None]] = {"fieldRef": check_field, "resourceFieldRef": check_resource, "configMapKeyRef": _check_key,
          "secretKeyRef": _check_key, "fileKeyRef": _check_nothing}  # fmt: skip
