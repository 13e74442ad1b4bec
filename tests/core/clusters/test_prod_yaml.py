"""prod.yaml: what it says, and where it is wrong."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from clusters.core.overrides import overrides_to_json
from clusters.core.prod_yaml import ProdSpec, parse_prods, schema
from clusters.core.yaml_text import BadFile

DOCS = Path(__file__).parents[3] / "docs" / "prod-yaml.md"
LEAST = """
apiVersion: drover.dev/v1alpha1
kind: Prod
metadata: {name: a-1}
spec: {cluster: a, blueprint: shop, version: v1.0.0, capacity: 1000}
"""
PATCH: dict[str, Any] = {"kind": "Deployment", "metadata": {"name": "api"}, "spec": {"paused": True}}


def document(**spec: Any) -> dict[str, Any]:
    whole: dict[str, Any] = yaml.safe_load(LEAST)
    whole["spec"] |= spec
    return whole


def problems(*documents: Any) -> list[tuple[str, str]]:
    with pytest.raises(BadFile) as caught:
        parse_prods("---\n".join(json.dumps(one) + "\n" for one in documents))
    return [(problem.path, problem.reason.code) for problem in caught.value.problems]


def test_the_least_that_is_needed_and_its_defaults() -> None:
    expected = ProdSpec("a-1", "a", "prod-a-1", "shop", "v1.0.0", "live", 1000)
    assert parse_prods(LEAST) == (expected,)


def test_everything_can_be_said() -> None:
    overrides = {"replicas": {"api": 5}, "labels": {"ring": "one"}, "patches": [PATCH]}
    (spec,) = parse_prods(
        yaml.safe_dump(
            document(role="test", namespace="other", endpoint="https://a-1.example", overrides=overrides)
        )
    )
    assert (spec.role, spec.namespace, spec.endpoint) == ("test", "other", "https://a-1.example")
    assert overrides_to_json(spec.overrides) == overrides


def test_one_file_may_hold_several_prods() -> None:
    second = document()
    second["metadata"]["name"] = "a-2"
    assert [spec.name for spec in parse_prods(yaml.safe_dump_all([document(), None, second]))] == [
        "a-1",
        "a-2",
    ]


ROWS: dict[str, tuple[Any, tuple[str, str]]] = {
    "capacity": (document(capacity=0), ("spec.capacity", "field-limit")),
    "capacity is text": (document(capacity="1000"), ("spec.capacity", "field-type")),
    "capacity is true": (document(capacity=True), ("spec.capacity", "field-type")),
    "role": (document(role="prod"), ("spec.role", "field-value")),
    "cluster": (document(cluster="A"), ("spec.cluster", "field-pattern")),
    "typing mistake": (document(overides={}), ("spec.overides", "field-unknown")),
    "replicas": (
        document(overrides={"replicas": {"api": -1}}),
        ("spec.overrides.replicas.api", "field-limit"),
    ),
    "replicas is text": (
        document(overrides={"replicas": {"api": "3"}}),
        ("spec.overrides.replicas.api", "field-type"),
    ),
    "replicas is a list": (document(overrides={"replicas": [3]}), ("spec.overrides.replicas", "field-type")),
    "label": (document(overrides={"labels": {"a": "b c"}}), ("spec.overrides.labels.a", "field-pattern")),
    "endpoint": (document(endpoint="javascript:alert(1)"), ("spec.endpoint", "field-pattern")),
    "endpoint with a password": (document(endpoint="https://u:p@x"), ("spec.endpoint", "field-pattern")),
    "patch without a name": (
        document(overrides={"patches": [{"kind": "Deployment", "metadata": {}}]}),
        ("spec.overrides.patches[0].metadata.name", "field-missing"),
    ),
    "patch of a selector": (
        document(overrides={"patches": [PATCH, {**PATCH, "spec": {"selector": {}}}]}),
        ("spec.overrides.patches[1]", "patch-forbidden"),
    ),
    "patch of our labels": (
        document(overrides={"patches": [{**PATCH, "spec": {"x": [{"drover.dev/prod": "y"}]}}]}),
        ("spec.overrides.patches[0]", "patch-forbidden"),
    ),
    "version is a number": (document(version=1.1), ("spec.version", "field-type")),
    "kind": ({**document(), "kind": "Pod"}, ("kind", "field-value")),
    "apiVersion": ({**document(), "apiVersion": "v1"}, ("apiVersion", "field-value")),
    "no spec": (
        {key: value for key, value in document().items() if key != "spec"},
        ("spec", "field-missing"),
    ),
    "a name too long for its namespace": (
        {**document(), "metadata": {"name": "x" * 59}},
        ("metadata.name", "field-limit"),
    ),
    "a list": ([], ("", "field-type")),
}


@pytest.mark.parametrize(("content", "expected"), ROWS.values(), ids=ROWS.keys())
def test_a_mistake_is_named_with_its_path(content: Any, expected: tuple[str, str]) -> None:
    assert expected in problems(content)


def test_all_problems_are_told_at_once() -> None:
    bad = document(capacity=0, role="x", overrides={"replicas": {"api": "x"}})
    del bad["spec"]["cluster"], bad["spec"]["blueprint"]
    assert [path for path, _ in problems(bad)] == [
        "spec.blueprint",
        "spec.capacity",
        "spec.cluster",
        "spec.overrides.replicas.api",
        "spec.role",
    ]


def test_in_a_file_of_several_the_document_is_named() -> None:
    assert problems(document(), document(capacity=0)) == [("documents[1].spec.capacity", "field-limit")]
    assert problems(document(), document()) == [("documents[1].metadata.name", "object-twice")]


def test_an_empty_file_is_no_prod() -> None:
    assert problems(None) == [("", "file-empty")]


def test_the_schema_is_one_and_the_documented_example_fits_it() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    example = DOCS.read_text().split("```yaml\n")[1].split("```")[0]
    (spec,) = parse_prods(example)
    jsonschema.validate(yaml.safe_load(example), schema())
    assert spec.namespace == "prod-a-1"


def test_every_field_of_the_schema_is_documented() -> None:
    fields = schema()["properties"]["spec"]["properties"]
    text = DOCS.read_text()
    assert [name for name in fields if f"`{name}`" not in text] == []
