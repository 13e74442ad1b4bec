"""Custom resources with a schema: types, unknown fields and patches, on a simulated and a real cluster."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import APPLY, JSON_PATCH, MERGE, STRATEGIC
from tests.adapters.kubernetes.custom import definition
from tests.adapters.kubernetes.watched import eventually

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
KEYED = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["k"],
    "items": {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}},
}
FIELDS = {
    "size": {"type": "integer", "minimum": 1},
    "title": {"type": "string", "maxLength": 5},
    "on": {"type": "boolean"},
    "many": {"type": "array", "items": {"type": "string"}},
    "map": {"type": "object", "additionalProperties": {"type": "string"}},
    "tier": {"type": "string", "enum": ["gold", "silver"], "default": "silver"},
    "any": {"x-kubernetes-preserve-unknown-fields": True},
    "port": {"x-kubernetes-int-or-string": True},
    "keyed": KEYED,
}
STATUS = {"type": "object", "properties": {"n": {"type": "integer"}}}


@pytest.fixture
def caches(api: Api, space: str) -> Iterator[str]:
    """The path of a namespace's Caches, whose definition has a schema and a status of its own."""
    group = f"g{secrets.token_hex(4)}.drover.test"
    body = definition(group)
    (version,) = body["spec"]["versions"]
    spec = {"type": "object", "properties": FIELDS}
    version["schema"]["openAPIV3Schema"]["properties"] = {"spec": spec, "status": STATUS}
    version["subresources"] = {"status": {}}
    api.post(DEFINITIONS, body)
    where = f"/apis/{group}/v1/namespaces/{space}/caches"
    eventually(lambda: api.answer("GET", where).status == 200)
    probe = where.replace("/caches", "/caches/probe?fieldManager=probe&dryRun=All")
    # The schema is known to applies a moment later than the path.
    eventually(lambda: api.answer("PATCH", probe, cache(where, "probe", nope=1), APPLY).status == 500)
    yield where
    api.delete(f"{DEFINITIONS}/caches.{group}")


def cache(where: str, name: str = "one", **spec: Any) -> Manifest:
    group = where.split("/")[2]
    return {"apiVersion": f"{group}/v1", "kind": "Cache", "metadata": {"name": name}, "spec": spec}


def wrong(field: str, found: str, wanted: str) -> str:
    return f'Invalid value: "{found}": spec.{field} in body must be of type {wanted}: "{found}"'


# The spec, the status and the words of an apply, and the status and the words of a POST.
REFUSED: dict[str, tuple[Manifest, int, str, int, str]] = {
    "text for a number": ({"size": "x"}, 500, ".spec.size: expected numeric (int or float), got string",
                          422, wrong("size", "string", "integer")),
    "a number for text": ({"title": 3}, 500, ".spec.title: expected string, got &value.valueUnstructured{Value:3}",
                          422, wrong("title", "integer", "string")),
    "text for yes or no": ({"on": "x"}, 500, ".spec.on: expected boolean, got &{x}", 422, wrong("on", "string", "boolean")),
    "text for a list": ({"many": "x"}, 500, ".spec.many: expected list, got &{x}", 422, wrong("many", "string", "array")),
    "a number in a list": ({"many": [1]}, 500, ".spec.many[0]: expected string, got &value.valueUnstructured{Value:1}",
                           422, wrong("many[0]", "integer", "string")),
    "a number in a map": ({"map": {"a": 1}}, 500, ".spec.map.a: expected string, got &value.valueUnstructured{Value:1}",
                          422, wrong("map.a", "integer", "string")),
    "an unknown field": ({"foo": 1}, 500, ".spec.foo: field not declared in schema",
                         400, 'strict decoding error: unknown field "spec.foo"'),
    "an item twice": ({"keyed": [{"k": "a"}, {"k": "a"}]}, 500, '.spec.keyed: duplicate entries for key [k="a"]',
                      422, 'Duplicate value: {"k":"a"}'),
    "an item without its key": ({"keyed": [{}]}, 500, (".spec.keyed: element 0: associative list with keys has an element "
                                "that omits all key fields [\"k\"] (and doesn't have default values for any key fields)"),
                                422, "spec.keyed[0].k: Required value"),
    "too long": ({"title": "toolong"}, 422, "Too long: may not be more than 5 bytes", 422, "Too long: may not be more than 5 bytes"),
    "too small": ({"size": 0}, 422, "should be greater than or equal to 1", 422, "should be greater than or equal to 1"),
    "not one of those": ({"tier": "tin"}, 422, 'Unsupported value: "tin": supported values: "gold", "silver"',
                         422, 'Unsupported value: "tin": supported values: "gold", "silver"'),
    "neither a number nor text": ({"port": True}, 422, wrong("port", "boolean", "integer,string"),
                                  422, wrong("port", "boolean", "integer,string")),
}  # fmt: skip


def test_what_a_schema_refuses(api: Api, caches: str) -> None:
    for name, (spec, status, words, by_post, post_words) in REFUSED.items():
        body = cache(caches, **spec)
        applied = api.answer("PATCH", f"{caches}/one?fieldManager=m&fieldValidation=Strict", body, APPLY)
        assert (name, applied.status) == (name, status)
        assert words in applied.message, name
        posted = api.answer("POST", f"{caches}?fieldValidation=Strict", body)
        assert (name, posted.status) == (name, by_post)
        assert post_words in posted.message, name


def test_what_a_schema_takes(api: Api, caches: str) -> None:
    taken = {"size": 2, "any": {"x": [1]}, "port": "http", "keyed": [{"k": "a"}]}
    found = api.post(caches, cache(caches, **taken))
    assert found["spec"] == {**taken, "tier": "silver"}
    (entry,) = found["metadata"]["managedFields"]
    assert entry["fieldsV1"]["f:spec"]["f:keyed"] == {".": {}, 'k:{"k":"a"}': {".": {}, "f:k": {}}}
    whole = api.ask("PATCH", f"{caches}/two?fieldManager=m", cache(caches, "two", size=2.0), APPLY)
    assert str(whole["spec"]["size"]) == "2"


def test_how_a_custom_resource_is_changed(api: Api, caches: str) -> None:
    where = f"{caches}/one"
    api.post(caches, cache(caches, size=1))
    strategic = api.answer("PATCH", where, {"spec": {"size": 2}}, STRATEGIC)
    accepted = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    assert (strategic.status, strategic.message.endswith(f"include: {accepted}")) == (415, True)
    assert api.ask("PATCH", where, {"spec": {"size": 2}}, MERGE)["metadata"]["generation"] == 2
    wrong_size = [{"op": "replace", "path": "/spec/size", "value": "3"}]
    assert api.answer("PATCH", where, wrong_size, JSON_PATCH).status == 422
    found = api.ask("PATCH", f"{where}/status", {"status": {"n": 7}, "spec": {"size": 9}}, MERGE)
    assert (found["spec"]["size"], found["status"], found["metadata"]["generation"]) == (2, {"n": 7}, 2)
    refused = api.answer("PUT", where, cache(caches, size=3))
    words = "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    assert (refused.status, refused.message.endswith(words)) == (422, True)
    body = {**cache(caches, size=3), "metadata": found["metadata"]}
    assert api.ask("PUT", where, body)["spec"]["size"] == 3
