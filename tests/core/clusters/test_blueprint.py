"""A Blueprint is what `helm template` prints, without anything that reaches out of its namespace."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.core.blueprint import OBJECTS_MAX, digest_of_manifests, parse_blueprint
from clusters.core.manifests import components
from clusters.core.render import ProdTarget, render
from clusters.core.yaml_text import BYTES_MAX, BadFile
from tests.core.clusters.shop import IMAGES, config, deployment, manifests, service


def text_of(objects: list[Any]) -> str:
    return "---\n".join(json.dumps(item) + "\n" for item in objects)


def problems(text: str) -> list[tuple[str, str]]:
    with pytest.raises(BadFile) as caught:
        parse_blueprint(text)
    return [(problem.path, problem.reason.code) for problem in caught.value.problems]


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    """The shop with its Deployment `frontend` (document 0) changed."""
    objects = deepcopy(manifests())
    change(objects[0])
    return text_of(objects)


def at(path: str, value: Any) -> Callable[[dict[str, Any]], object]:
    """Sets the field at a dotted path."""

    def change(item: dict[str, Any]) -> None:
        *parents, last = path.split("/")
        for parent in parents:
            item = item.setdefault(parent, {})
        item[last] = value

    return change


def test_the_objects_come_back_in_order() -> None:
    assert list(parse_blueprint(text_of(manifests()))) == manifests()
    assert components(manifests()) == ("api", "frontend")


def test_what_generators_print_in_vain_is_dropped() -> None:
    noisy = changed(lambda item: item.update(status={}) or item["metadata"].update(creationTimestamp=None))
    assert list(parse_blueprint("# Source: shop\n---\n" + noisy)) == manifests()


ROWS: dict[str, tuple[str, tuple[str, str]]] = {
    "namespace": (
        changed(at("metadata/namespace", "kube-system")),
        ("documents[0].metadata.namespace", "namespace-given"),
    ),
    "own namespace": (
        changed(at("metadata/namespace", "")),
        ("documents[0].metadata.namespace", "namespace-given"),
    ),
    "no name": (
        changed(lambda item: item["metadata"].pop("name")),
        ("documents[0].metadata.name", "name-invalid"),
    ),
    "name": (changed(at("metadata/name", "../x")), ("documents[0].metadata.name", "name-invalid")),
    "metadata": (changed(at("metadata", "x")), ("documents[0].metadata", "field-missing")),
    "uid": (changed(at("metadata/uid", "x")), ("documents[0].metadata.uid", "field-not-allowed")),
    "finalizers": (
        changed(at("metadata/finalizers", ["x"])),
        ("documents[0].metadata.finalizers", "field-not-allowed"),
    ),
    "status": (changed(at("status", {"replicas": 1})), ("documents[0].status", "field-not-allowed")),
    "labels": (changed(at("metadata/labels", ["x"])), ("documents[0].metadata.labels", "field-type")),
    "label value": (
        changed(at("metadata/labels", {"a": 1})),
        ("documents[0].metadata.labels[a]", "field-type"),
    ),
    "our label": (
        changed(at("metadata/labels", {"drover.dev/prod": "x"})),
        ("documents[0].metadata.labels[drover.dev/prod]", "label-is-reserved"),
    ),
    "our annotation on pods": (
        changed(at("spec/template/metadata/annotations", {"drover.dev/digest": "x"})),
        ("documents[0].spec.template.metadata.annotations[drover.dev/digest]", "label-is-reserved"),
    ),
    "helm hook": (
        changed(at("metadata/annotations", {"helm.sh/hook": "test"})),
        ("documents[0].metadata.annotations[helm.sh/hook]", "helm-hook"),
    ),
    "apiVersion": (
        changed(at("apiVersion", "extensions/v1beta1")),
        ("documents[0].apiVersion", "api-version-wrong"),
    ),
    "kind is a list": (changed(at("kind", ["Deployment"])), ("documents[0].kind", "kind-not-allowed")),
    "template": (changed(at("spec/template", None)), ("documents[0].spec.template", "field-missing")),
    "containers": (
        changed(at("spec/template/spec/containers", "x")),
        ("documents[0].spec.template.spec.containers", "field-type"),
    ),
    "container name": (
        changed(at("spec/template/spec/containers", [{"name": "web"}])),
        ("documents[0].spec.template.spec.containers", "container-missing"),
    ),
    "no selector": (
        changed(at("spec/selector", None)),
        ("documents[0].spec.selector.matchLabels", "field-missing"),
    ),
    "selector": (
        changed(at("spec/selector/matchLabels", {"app": "other"})),
        ("documents[0].spec.selector", "selector-misses-pods"),
    ),
    "twice": (text_of([*manifests(), service("api")]), ("documents[5].metadata.name", "object-twice")),
    "component twice": (
        text_of([*manifests(), {**deployment("api"), "kind": "StatefulSet"}]),
        ("documents[5].metadata.name", "object-twice"),
    ),
    "no object": (text_of([*manifests(), "x"]), ("documents[5]", "not-an-object")),
    "nothing runs": (text_of([service("api")]), ("", "no-component")),
    "nothing": ("# nothing\n", ("", "no-component")),
    "too large": ("# " + "x" * BYTES_MAX, ("", "file-too-large")),
}
KINDS = {
    "Secret": "kind-secret",
    "ClusterRole": "kind-cluster-scoped",
    "ClusterRoleBinding": "kind-cluster-scoped",
    "Namespace": "kind-cluster-scoped",
    "CustomResourceDefinition": "kind-cluster-scoped",
    "MutatingWebhookConfiguration": "kind-cluster-scoped",
    "PersistentVolume": "kind-cluster-scoped",
    "RoleBinding": "kind-not-allowed",
    "Pod": "kind-not-allowed",
    "List": "kind-not-allowed",
}


@pytest.mark.parametrize(("text", "expected"), ROWS.values(), ids=ROWS.keys())
def test_a_mistake_is_named_with_its_place(text: str, expected: tuple[str, str]) -> None:
    assert expected in problems(text)


@pytest.mark.parametrize(("kind", "code"), KINDS.items())
def test_only_namespaced_kinds_of_the_list_are_taken(kind: str, code: str) -> None:
    stranger = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}}
    assert problems(text_of([*manifests(), stranger])) == [("documents[5].kind", code)]


def test_all_problems_are_told_at_once_and_empty_documents_count() -> None:
    bad = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "X", "namespace": "y"}}
    text = "---\n# empty\n---\n" + text_of([*manifests(), bad])
    assert problems(text) == [
        ("documents[6].kind", "kind-secret"),
        ("documents[6].metadata.name", "name-invalid"),
        ("documents[6].metadata.namespace", "namespace-given"),
    ]


def test_a_blueprint_has_a_size() -> None:
    many = [{**config(), "metadata": {"name": f"c-{i}"}} for i in range(OBJECTS_MAX)]
    assert problems(text_of([*manifests(), *many])) == [("", "too-many-objects")]


@given(st.permutations(manifests()))
def test_the_digest_is_of_the_content_and_not_of_its_order(shuffled: list[dict[str, Any]]) -> None:
    turned = [dict(reversed(item.items())) for item in shuffled]
    assert digest_of_manifests(turned) == digest_of_manifests(manifests())
    turned[0] = {**turned[0], "metadata": {**turned[0]["metadata"], "labels": {"x": "y"}}}
    assert digest_of_manifests(turned) != digest_of_manifests(manifests())


FIELDS = [
    "name",
    "labels",
    "annotations",
    "volumes",
    "configMap",
    "projected",
    "sources",
    "env",
    "envFrom",
    "valueFrom",
]
ANYTHING = st.recursive(
    st.none() | st.integers() | st.sampled_from(["api", "settings", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=20,
)


@given(
    ANYTHING,
    st.sampled_from(["spec", "metadata", "spec/template/spec", "spec/template/spec/volumes", "spec/x"]),
)
def test_whatever_stands_in_a_document_it_is_refused_or_can_be_rendered(item: Any, path: str) -> None:
    text = changed(at(path, item))
    try:
        parsed = parse_blueprint(text)
    except BadFile:
        return
    rendered = render(parsed, IMAGES, ProdTarget("a-1", "prod-a-1", "v1"))
    assert len(rendered) == len(manifests())


@given(ANYTHING)
def test_whatever_stands_in_the_pods_of_a_document_it_is_refused_or_can_be_rendered(item: Any) -> None:
    containers = [{"name": "frontend", "env": item, "envFrom": item}]
    pods = {"containers": containers, "volumes": item, "initContainers": item}
    parsed = parse_blueprint(changed(at("spec/template/spec", pods)))
    assert render(parsed, IMAGES, ProdTarget("a-1", "prod-a-1", "v1"))
