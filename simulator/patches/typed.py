"""What is wrong with an applied configuration before anything is merged: types, and the same item twice.

Source: sigs.k8s.io/structured-merge-diff `typed/validate.go`. Types go by the name of the field, and only those
that people get wrong are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.patches.fields import item_key, step
from simulator.patches.schema import Path, Schema

TEXTS = frozenset(
    {"image", "imagePullPolicy", "value", "workingDir", "mountPath", "subPath", "restartPolicy", "serviceAccountName",
     "serviceName", "schedule", "timeZone", "concurrencyPolicy", "ingressClassName", "pathType", "clusterIP"}
)  # fmt: skip
NUMBERS = frozenset(
    {"replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds", "containerPort", "hostPort",
     "terminationGracePeriodSeconds", "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold",
     "failureThreshold", "backoffLimit", "parallelism", "completions", "activeDeadlineSeconds", "minReplicas",
     "maxReplicas", "partition", "ttlSecondsAfterFinished"}
)  # fmt: skip
TEXT_LISTS = frozenset({"args", "command"})
TEXT_MAPS = frozenset({"labels", "annotations", "matchLabels", "nodeSelector"})
DATA: Path = ("data",)
# Below these, the names of fields are a person's own: properties of a custom resource's schema.
OWN_NAMES = frozenset({"openAPIV3Schema"})


def type_problems(value: Any, schema: Schema, path: Path = (), at: str = "") -> Iterator[str]:
    """Each problem of a configuration of a built-in kind, in the words of a real server."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _field_problems(item, schema, (*path, key), f"{at}.{key}")
    elif isinstance(value, list) and path:
        yield from _item_problems(value, schema, path, at)


def _field_problems(value: Any, schema: Schema, path: Path, at: str) -> Iterator[str]:
    name = path[-1]
    if value is None or name in OWN_NAMES:
        return
    if name in TEXT_MAPS or path == DATA:
        yield from (
            _all_texts(value, at) if isinstance(value, dict) else (f"{at}: expected map, got {_go(value)}",)
        )
    elif name in TEXT_LISTS:
        yield from (
            _text_items(value, at) if isinstance(value, list) else (f"{at}: expected list, got {_go(value)}",)
        )
    elif name in TEXTS and path[0] == "spec":
        yield from _text(value, at)
    elif name in NUMBERS and path[0] == "spec":
        yield from _number(value, at)
    else:
        yield from type_problems(value, schema, path, at)


def _item_problems(items: list[Any], schema: Schema, path: Path, at: str) -> Iterator[str]:
    keys = schema.apply_keys(path)
    seen = set()
    for n, item in enumerate(items):
        key = item_key(item, keys) if keys and isinstance(item, dict) else ""
        if key and key in seen:
            yield f"{at}: duplicate entries for key {step(key)}"
        seen.add(key)
        yield from type_problems(item, schema, path, at + (step(key) if key else f"[{n}]"))


def _all_texts(values: dict[str, Any], at: str) -> Iterator[str]:
    for key, value in values.items():
        yield from _text(value, f"{at}.{key}")


def _text_items(values: list[Any], at: str) -> Iterator[str]:
    for n, value in enumerate(values):
        yield from _text(value, f"{at}[{n}]")


def _text(value: Any, at: str) -> Iterator[str]:
    if value is not None and not isinstance(value, str):
        yield f"{at}: expected string, got {_go(value)}"


def _number(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, bool):
        yield f"{at}: expected numeric (int or float), got bool"
    elif isinstance(value, str):
        yield f"{at}: expected numeric (int or float), got string"


def _go(value: Any) -> str:
    """The value as the real server's words have it, more or less."""
    if isinstance(value, dict | list):
        return f"&{{{value}}}"
    return f"&value.valueUnstructured{{Value:{str(value).lower() if isinstance(value, bool) else value}}}"
