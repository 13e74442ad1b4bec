"""Blueprints: the output of `helm template` or `kustomize build`, checked before it becomes a revision."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from journal.core.reasons import Reason, because

from .kinds import COMPONENT_KINDS, KINDS, PREFIX
from .manifests import Manifest, canonical, digest_of, kind_of, name_of, own_container
from .yaml_text import BadFile, Problem, load_documents

OBJECTS_MAX = 200
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "GatewayClass",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingWebhookConfiguration",
    }
)

Problems = Iterator[Problem]


def parse_blueprint(text: str) -> tuple[Manifest, ...]:
    """The manifests of a multi-document YAML text, in its order. Raises BadFile with every problem.

    Paths count documents from 0, as in `documents[2].metadata.namespace`; empty documents count too.
    """
    documents = [(i, item) for i, item in enumerate(load_documents(text)) if item is not None]
    problems = [problem for i, item in documents for problem in _document(f"documents[{i}]", item)]
    objects = [(i, item) for i, item in documents if isinstance(item, dict)]
    problems += [*_names(objects), *_whole([item for _, item in objects])]
    if problems:
        raise BadFile(tuple(problems))
    return tuple(_cleaned(item) for _, item in objects)


def digest_of_manifests(manifests: Sequence[Manifest]) -> str:
    """64 hex digits: the same for the same objects, whatever their order and that of their fields."""
    return digest_of(sorted(manifests, key=canonical))


def _document(path: str, item: Any) -> Problems:
    if not isinstance(item, dict):
        yield Problem(path, because("not-an-object"))
        return
    yield from _kind(path, item)
    metadata = item.get("metadata")
    if not isinstance(metadata, dict):
        yield Problem(f"{path}.metadata", because("field-missing"))
        return
    yield from _metadata(f"{path}.metadata", metadata)
    yield from _marks(f"{path}.metadata", metadata)
    if item.get("status"):
        yield Problem(f"{path}.status", because("field-not-allowed"))
    if kind_of(item) in COMPONENT_KINDS:
        yield from _workload(f"{path}.spec", item)


def _kind(path: str, item: Manifest) -> Problems:
    kind = item.get("kind")
    known = KINDS.get(kind) if isinstance(kind, str) else None
    if known is None or not known.deployable:
        yield Problem(f"{path}.kind", _why_not(kind))
    elif item.get("apiVersion") != known.api_version:
        yield Problem(f"{path}.apiVersion", because("api-version-wrong", expected=known.api_version))


def _why_not(kind: Any) -> Reason:
    if kind == "Secret":
        return because("kind-secret")
    if str(kind) in CLUSTER_SCOPED:
        return because("kind-cluster-scoped", kind=str(kind))
    return because("kind-not-allowed", kind=str(kind)[:63])


def _metadata(path: str, metadata: Manifest) -> Problems:
    name = metadata.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield Problem(f"{path}.name", because("name-invalid"))
    if "namespace" in metadata:
        yield Problem(f"{path}.namespace", because("namespace-given", namespace=str(metadata["namespace"])))
    allowed = {"name", "namespace", "labels", "annotations"}
    for field in metadata.keys() - allowed:
        if metadata[field] is not None:  # generators print `creationTimestamp: null`
            yield Problem(f"{path}.{field}", because("field-not-allowed"))


def _marks(path: str, metadata: Manifest) -> Problems:
    """Labels and annotations: text to text, none of ours, no Helm hooks."""
    for field in ("labels", "annotations"):
        marks = metadata.get(field) or {}
        if not isinstance(marks, dict):
            yield Problem(f"{path}.{field}", because("field-type", expected="object"))
            continue
        for key, value in marks.items():
            if not isinstance(value, str):
                yield Problem(f"{path}.{field}[{key}]", because("field-type", expected="string"))
            if key.startswith(PREFIX):
                yield Problem(f"{path}.{field}[{key}]", because("label-is-reserved", label=key))
            if key == "helm.sh/hook":
                yield Problem(f"{path}.{field}[{key}]", because("helm-hook"))


def _workload(path: str, item: Manifest) -> Problems:
    spec = item.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(template, dict):
        yield Problem(f"{path}.template", because("field-missing"))
        return
    metadata = template.get("metadata") or {}
    if not isinstance(metadata, dict):
        yield Problem(f"{path}.template.metadata", because("field-type", expected="object"))
        return
    yield from _marks(f"{path}.template.metadata", metadata)
    yield from _selector(f"{path}.selector", spec.get("selector"), metadata.get("labels"))
    yield from _containers(f"{path}.template.spec.containers", item, template)


def _selector(path: str, selector: Any, labels: Any) -> Problems:
    wanted = selector.get("matchLabels") if isinstance(selector, dict) else None
    if not isinstance(wanted, dict) or not wanted:
        yield Problem(f"{path}.matchLabels", because("field-missing"))
    elif not isinstance(labels, dict) or not wanted.items() <= labels.items():
        yield Problem(path, because("selector-misses-pods"))


def _containers(path: str, item: Manifest, template: Manifest) -> Problems:
    spec = template.get("spec")
    containers = spec.get("containers") if isinstance(spec, dict) else None
    if not isinstance(containers, list) or not all(isinstance(one, dict) for one in containers):
        yield Problem(path, because("field-type", expected="list of objects"))
    elif own_container(item) is None:
        yield Problem(path, because("container-missing", component=name_of(item)))


def _names(objects: list[tuple[int, Manifest]]) -> Problems:
    seen: dict[tuple[str, str], int] = {}
    for i, item in objects:
        kind = "component" if kind_of(item) in COMPONENT_KINDS else kind_of(item)
        first = seen.setdefault((kind, name_of(item)), i)
        if first != i:
            reason = because("object-twice", kind=kind_of(item), name=name_of(item), first=first)
            yield Problem(f"documents[{i}].metadata.name", reason)


def _whole(manifests: list[Manifest]) -> Problems:
    if len(manifests) > OBJECTS_MAX:
        yield Problem("", because("too-many-objects", objects=len(manifests), limit=OBJECTS_MAX))
    if not any(kind_of(item) in COMPONENT_KINDS for item in manifests):
        yield Problem("", because("no-component"))


def _cleaned(item: Manifest) -> Manifest:
    """Without the empty fields that generators print."""
    metadata = {field: value for field, value in item["metadata"].items() if value is not None}
    return {**{field: value for field, value in item.items() if field != "status"}, "metadata": metadata}
