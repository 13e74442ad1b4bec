"""What the volumes of a pod, and the mounts of its containers, have to be like.

Source: pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from simulator.kinds.causes import absent, duplicate, forbidden_value, invalid_value, required, unsupported
from simulator.kinds.kind import Cause
from simulator.kinds.quantities import value_of
from simulator.kinds.variables import FILE_FIELDS, check_field, check_resource
from simulator.kinds.words import label_problems
from simulator.values import Obj

PATH_TYPES = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)
MODE_WORDS = "must be a number between 0 and 0777 (octal), both inclusive"
UPWARD = "must not contain '..'"


def check_volumes(volumes: list[Obj], at: str, causes: list[Cause]) -> set[str]:
    """Note what is wrong with the volumes; answers their names."""
    seen: set[str] = set()
    for n, volume in enumerate(volumes):
        here, name = f"{at}[{n}]", volume.get("name")
        if not name:
            causes.append(required(f"{here}.name"))
        elif name in seen:
            causes.append(duplicate(f"{here}.name", name))
        else:
            causes += [invalid_value(f"{here}.name", name, problem) for problem in label_problems(name)]
        seen.add(name or "")
        _check_source(volume, here, causes)
    return seen - {""}


def _check_source(volume: Obj, at: str, causes: list[Cause]) -> None:
    found = sorted((name for name in volume if name != "name"), key=_place)
    words = "may not specify more than 1 volume type"
    causes += [forbidden_value(f"{at}.{name}", words) for name in found[1:]]
    if found and found[0] in SOURCES:
        SOURCES[found[0]](volume[found[0]], f"{at}.{found[0]}", causes)


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _check_files(source: Obj, at: str, causes: list[Cause]) -> None:
    mode = source.get("defaultMode")
    if mode is not None and not 0 <= mode <= 0o777:
        causes.append(invalid_value(f"{at}.defaultMode", mode, MODE_WORDS))
    for n, item in enumerate(source.get("items") or ()):
        here, mode = f"{at}.items[{n}]", item.get("mode")
        if not item.get("key"):
            causes.append(required(f"{here}.key"))
        _check_path(item.get("path"), f"{here}.path", causes)
        if mode is not None and not 0 <= mode <= 0o777:
            causes.append(invalid_value(f"{here}.mode", mode, MODE_WORDS))


def _check_path(path: str | None, at: str, causes: list[Cause]) -> None:
    if not path:
        causes.append(required(at))
    else:
        check_relative(path, at, causes)


def check_relative(path: str, at: str, causes: list[Cause]) -> None:
    """Note that a path leads out of where it starts."""
    if path.startswith("/"):
        causes.append(invalid_value(at, path, "must be a relative path"))
    if ".." in path.split("/"):
        causes.append(invalid_value(at, path, UPWARD))


def _check_config_map(source: Obj, at: str, causes: list[Cause]) -> None:
    if not source.get("name"):
        causes.append(required(f"{at}.name"))
    _check_files(source, at, causes)


def _check_secret(source: Obj, at: str, causes: list[Cause]) -> None:
    if not source.get("secretName"):
        causes.append(required(f"{at}.secretName"))
    _check_files(source, at, causes)


def _check_claim(source: Obj, at: str, causes: list[Cause]) -> None:
    if not source.get("claimName"):
        causes.append(required(f"{at}.claimName"))


def _check_host_path(source: Obj, at: str, causes: list[Cause]) -> None:
    path = source.get("path")
    if not path:
        causes.append(required(f"{at}.path"))
    elif ".." in path.split("/"):
        causes.append(invalid_value(f"{at}.path", path, UPWARD))
    if source.get("type", "") not in PATH_TYPES:
        causes.append(unsupported(f"{at}.type", source["type"], PATH_TYPES))


def _check_empty(source: Obj, at: str, causes: list[Cause]) -> None:
    if source.get("sizeLimit") is not None and value_of(source["sizeLimit"]) < 0:
        words = "SizeLimit field must be a valid resource quantity"
        causes.append(forbidden_value(f"{at}.sizeLimit", words))


def _check_own_fields(source: Obj, at: str, causes: list[Cause]) -> None:
    for item in source.get("items") or ():
        _check_path(item.get("path"), f"{at}.path", causes)
        if item.get("fieldRef") is not None:
            check_field(item["fieldRef"], f"{at}.fieldRef", causes, FILE_FIELDS)
        elif item.get("resourceFieldRef") is not None:
            check_resource(item["resourceFieldRef"], f"{at}.resourceFieldRef", causes, in_file=True)
        else:
            causes.append(required(at, "one of fieldRef and resourceFieldRef is required"))


def _check_projected(source: Obj, at: str, causes: list[Cause]) -> None:
    for n, part in enumerate(source.get("sources") or ()):
        here = f"{at}.sources[{n}]"
        for field in ("secret", "configMap"):
            if part.get(field) is not None:
                _check_config_map(part[field], f"{here}.{field}", causes)
        if part.get("downwardAPI") is not None:
            _check_own_fields(part["downwardAPI"], f"{here}.downwardAPI", causes)


SOURCES: dict[str, Callable[[Any, str, list[Cause]], None]] = {
    "emptyDir": _check_empty, "hostPath": _check_host_path, "secret": _check_secret,
    "persistentVolumeClaim": _check_claim, "downwardAPI": _check_own_fields, "configMap": _check_config_map,
    "projected": _check_projected,
}  # fmt: skip
ORDER = tuple(SOURCES)


def check_mounts(mounts: Sequence[Obj], at: str, volumes: Collection[str], causes: list[Cause]) -> None:
    """Note what is wrong with the mounts of a container."""
    seen = set()
    for n, mount in enumerate(mounts):
        here, name, path = f"{at}[{n}]", mount.get("name") or "", mount.get("mountPath")
        if not name:
            causes.append(required(f"{here}.name"))
        if name not in volumes:
            causes.append(absent(f"{here}.name", name))
        if not path:
            causes.append(required(f"{here}.mountPath"))
        elif path in seen:
            causes.append(invalid_value(f"{here}.mountPath", path, "must be unique"))
        seen.add(path)
        if mount.get("subPath"):
            check_relative(mount["subPath"], f"{at}.subPath", causes)  # upstream leaves the number out
