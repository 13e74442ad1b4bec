"""Blueprints: the output of `helm template` or `kustomize build`, checked before it becomes a revision."""

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from journal.core.reasons import Reason, because

from .kinds import COMPONENT_KINDS, KINDS, is_custom
from .manifest_rules import Problems, check_metadata, check_object
from .manifests import Manifest, canonical, digest_of, key_of, kind_of, name_of
from .yaml_text import BYTES_MAX, DEPTH_MAX, BadFile, Problem, load_documents

OBJECTS_MAX = 200
PROBLEMS_MAX = 100
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

# Not even as a custom resource of that name.
NEVER = CLUSTER_SCOPED | {"Secret"}


def parse_blueprint(text: str, custom_kinds: Collection[str] = ()) -> tuple[Manifest, ...]:
    """The manifests of a multi-document YAML text, in its order. Raises BadFile with every problem.

    `custom_kinds` are keys (`Kind.group/version`) of the custom resources that may be used. Paths count
    documents from 0, as in `documents[2].metadata.namespace`; empty documents count too.
    """
    try:
        text.encode()
    except UnicodeEncodeError as e:
        raise BadFile((Problem("", because("yaml-unreadable")),)) from e
    return check_documents(load_documents(text), custom_kinds)


def check_documents(documents: Sequence[Any], custom_kinds: Collection[str] = ()) -> tuple[Manifest, ...]:
    """The manifests among `documents` (JSON values, None for an empty one). As `parse_blueprint`."""
    there = [(i, item) for i, item in enumerate(documents) if item is not None]
    unfit = [problem for i, item in there for problem in _storable(f"documents[{i}]", item, 0)]
    if unfit:
        raise BadFile(tuple(unfit[:PROBLEMS_MAX]))
    problems = [p for i, item in there for p in _document(f"documents[{i}]", item, custom_kinds)]
    objects = [(i, item) for i, item in there if isinstance(item, dict)]
    problems += [*_names(objects), *_whole([item for _, item in objects])]
    if problems:
        raise BadFile(tuple(problems[:PROBLEMS_MAX]))
    return tuple(_cleaned(item) for _, item in objects)


def digest_of_manifests(manifests: Sequence[Manifest]) -> str:
    """64 hex digits: the same for the same objects, whatever their order and that of their fields."""
    return digest_of(sorted(manifests, key=canonical))


def _storable(path: str, value: Any, depth: int) -> Problems:
    """What no JSON column can hold: a NUL, half a character, a number that is none; or what is too deep."""
    if depth > DEPTH_MAX:
        yield Problem(path, because("nested-too-deep", limit=DEPTH_MAX))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _storable(path, key, depth)
            yield from _storable(f"{path}.{key}" if _is_plain(key) else path, item, depth + 1)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _storable(f"{path}[{i}]", item, depth + 1)
    elif (isinstance(value, str) and not _is_plain(value)) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        yield Problem(path, because("value-not-storable"))


def _is_plain(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _document(path: str, item: Any, custom_kinds: Collection[str]) -> Problems:
    if not isinstance(item, dict):
        yield Problem(path, because("not-an-object"))
        return
    yield from _kind(path, item, custom_kinds)
    metadata = item.get("metadata")
    if not isinstance(metadata, dict):
        yield Problem(f"{path}.metadata", because("field-missing"))
        return
    yield from check_metadata(f"{path}.metadata", metadata)
    if item.get("status"):
        yield Problem(f"{path}.status", because("field-not-allowed"))
    yield from check_object(path, item)


def _kind(path: str, item: Manifest, custom_kinds: Collection[str]) -> Problems:
    kind, api_version = item.get("kind"), item.get("apiVersion")
    if not isinstance(kind, str) or not isinstance(api_version, (str, type(None))):
        yield Problem(f"{path}.kind", _why_not(str(kind)))
        return
    if key_of(item) in custom_kinds and is_custom(key_of(item)) and kind not in NEVER:
        return
    known = KINDS.get(kind)
    if known is None or not known.deployable:
        yield Problem(f"{path}.kind", _why_not(kind, str(api_version or "")))
    elif api_version != known.api_version:
        yield Problem(f"{path}.apiVersion", because("api-version-wrong", expected=known.api_version))


def _why_not(kind: str, api_version: str = "") -> Reason:
    if kind == "Secret":
        return because("kind-secret")
    if kind in CLUSTER_SCOPED:
        return because("kind-cluster-scoped", kind=kind)
    if "." in api_version.partition("/")[0] and not api_version.partition("/")[0].endswith(".k8s.io"):
        return because("kind-custom", kind=f"{kind}.{api_version}"[:200])
    return because("kind-not-allowed", kind=kind[:63])


def _names(objects: list[tuple[int, Manifest]]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], int] = {}
    for i, item in objects:
        kind = "component" if key_of(item) in COMPONENT_KINDS else key_of(item)
        first = seen.setdefault((kind, name_of(item)), i)
        if first != i:
            reason = because("object-twice", kind=kind_of(item), name=name_of(item), first=first)
            yield Problem(f"documents[{i}].metadata.name", reason)


def _whole(manifests: list[Manifest]) -> Iterator[Problem]:
    if len(manifests) > OBJECTS_MAX:
        yield Problem("", because("too-many-objects", objects=len(manifests), limit=OBJECTS_MAX))
    if sum(len(canonical(item)) for item in manifests) > BYTES_MAX:
        yield Problem("", because("file-too-large", limit_kib=BYTES_MAX // 1024))
    if not any(key_of(item) in COMPONENT_KINDS for item in manifests):
        yield Problem("", because("no-component"))


def _cleaned(item: Manifest) -> Manifest:
    """Without the empty fields that generators print."""
    metadata = {field: value for field, value in item["metadata"].items() if value is not None}
    return {**{field: value for field, value in item.items() if field != "status"}, "metadata": metadata}
