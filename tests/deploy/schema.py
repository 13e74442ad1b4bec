"""Manifests against the API's own description, as the official client knows it: fields and their types.

What only an API server checks (names, ranges, choices) is not checked here.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from kubernetes import client

API_VERSIONS: Final = {
    "Namespace": "v1",
    "ServiceAccount": "v1",
    "ConfigMap": "v1",
    "PersistentVolumeClaim": "v1",
    "Secret": "v1",
    "Service": "v1",
    "Deployment": "apps/v1",
    "Job": "batch/v1",
    "PodDisruptionBudget": "policy/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "Ingress": "networking.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
}
PLAIN: Final = {"str": str, "int": int, "bool": bool, "object": object}
LIST: Final = re.compile(r"List\[(.*)\]")
MAP: Final = re.compile(r"Dict\[str, (.*)\]")


def schema_problems(manifest: dict[str, Any]) -> Iterator[str]:
    """The fields that the API does not have, or that have another type there."""
    kind = manifest["kind"]
    if manifest.get("apiVersion") != API_VERSIONS.get(kind):
        yield f"{kind}: unknown apiVersion {manifest.get('apiVersion')}"
        return
    yield from _problems(manifest, f"V1{kind}", kind)


def _problems(value: Any, type_name: str, path: str) -> Iterator[str]:
    if found := LIST.fullmatch(type_name):
        if not isinstance(value, list):
            yield f"{path}: is no list"
            return
        for place, item in enumerate(value):
            yield from _problems(item, found[1], f"{path}[{place}]")
    elif found := MAP.fullmatch(type_name):
        if not isinstance(value, dict):
            yield f"{path}: is no map"
            return
        for key, item in value.items():
            yield from _problems(item, found[1], f"{path}.{key}")
    elif type_name in PLAIN:
        # True is an int in Python, and no number in Kubernetes.
        if not isinstance(value, PLAIN[type_name]) or (type_name == "int" and isinstance(value, bool)):
            yield f"{path}: is no {type_name}"
    else:
        yield from _model_problems(value, getattr(client, type_name), path)


def _model_problems(value: Any, model: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: is no object"
        return
    types = {model.attribute_map[name]: kind for name, kind in model.openapi_types.items()}
    for key, item in value.items():
        if key not in types:
            yield f"{path}.{key}: there is no such field"
        else:
            yield from _problems(item, types[key], f"{path}.{key}")
