"""Every field of every manifest is one that the Kubernetes API has."""

from typing import Any

import pytest
import yaml

from .manifests import FOLDER, load_base
from .schema import schema_problems

FILES = [
    *FOLDER.glob("components/*/[!k]*.yaml"),
    *FOLDER.glob("overlays/*/[!k]*.yaml"),
    FOLDER / "secret.example.yaml",
]


def written() -> list[dict[str, Any]]:
    others = [one for path in FILES for one in yaml.safe_load_all(path.read_text())]
    return [*(one for one in load_base() if one["kind"] != "ConfigMap"), *others]


@pytest.mark.parametrize("manifest", written(), ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_every_field_is_known(manifest: dict[str, Any]) -> None:
    assert list(schema_problems(manifest)) == []


@pytest.mark.parametrize(
    ("path", "to", "words"),
    [
        (["apiVersion"], "apps/v1beta1", "unknown apiVersion"),
        (["spec", "replica"], 2, "spec.replica: there is no such field"),
        (["spec", "replicas"], "2", "spec.replicas: is no int"),
        (["spec", "paused"], "no", "spec.paused: is no bool"),
        (["spec", "template", "spec", "securityContext", "runAsNonroot"], True, "runAsNonroot: there is no"),
        (["spec", "template", "spec", "containers", 0, "command"], "celery", "command: is no list"),
        (["spec", "template", "spec", "containers", 0, "env", 0, "value"], 1, "value: is no str"),
        (["spec", "template", "spec", "containers", 0, "livenessProbe"], [], "livenessProbe: is no object"),
        (["metadata", "labels"], "web", "labels: is no map"),
        (["metadata", "labels", "a"], True, "labels.a: is no str"),
    ],
)
def test_a_mistake_is_found(path: list[Any], to: Any, words: str) -> None:
    (manifest,) = [
        one for one in load_base() if one["metadata"]["name"] == "drover-web" and one["kind"] == "Deployment"
    ]
    node: Any = manifest
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = to
    assert words in "\n".join(schema_problems(manifest))
