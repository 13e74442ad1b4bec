"""Definitions of custom resources: what is wrong with their schemas, what these forbid, and how a definition ends."""

import secrets
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import APPLY
from tests.adapters.kubernetes.custom import definition
from tests.adapters.kubernetes.test_contract_schemas import DEFINITIONS, cache
from tests.adapters.kubernetes.watched import eventually

ROOT = "spec.validation.openAPIV3Schema"
X = f"{ROOT}.properties[spec].properties[x]"
TEXT = {"type": "string"}


def with_fields(group: str, **fields: Any) -> Manifest:
    """A definition of Caches whose spec has these fields."""
    body = deepcopy(definition(group))
    (version,) = body["spec"]["versions"]
    version["schema"]["openAPIV3Schema"]["properties"] = {"spec": {"type": "object", "properties": fields}}
    return body


def mistaken(x: Any) -> Manifest:
    return with_fields("drover.test", x=x)


# The definition, and its causes by field.
WRONG: dict[str, tuple[Manifest, dict[str, str]]] = {
    "no type": (mistaken({}), {f"{X}.type": "Required value: must not be empty for specified object fields"}),
    "no type of an item": (mistaken({"type": "array", "items": {}}), {
        f"{X}.items.type": "Required value: must not be empty for specified array items"}),
    "a type nobody knows": (mistaken({"type": "strin"}), {
        f"{X}.type": 'Unsupported value: "strin": supported values: "array", "boolean", "integer", "number", "object", "string"'}),
    "fields and others": (mistaken({"type": "object", "properties": {"a": TEXT}, "additionalProperties": TEXT}), {
        f"{X}.additionalProperties": "Forbidden: additionalProperties and properties are mutual exclusive"}),
    "a default of another type": (mistaken({"type": "string", "default": 3}), {
        f"{X}.default": 'Invalid value: "integer":  in body must be of type string: "integer"'}),
    "a list of nothing": (mistaken({"type": "array"}), {f"{X}.items": "Required value: must be specified"}),
    "a map without keys": (
        mistaken({"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map"}), {
            f"{X}.x-kubernetes-list-map-keys": "Required value: must not be empty if x-kubernetes-list-type is map"}),
    "a group without a domain": (with_fields("drover"), {
        "spec.group": 'Invalid value: "drover": should be a domain with at least one dot'}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_definition_that_makes_no_sense_is_refused(name: str, api: Api) -> None:
    body, causes = WRONG[name]
    refused = api.answer("POST", f"{DEFINITIONS}?dryRun=All", body)
    assert refused.status == 422, refused.message
    assert {cause["field"]: cause["message"] for cause in refused.body["details"]["causes"]} == causes


def test_a_pattern_can_be_read(api: Api) -> None:
    refused = api.answer("POST", f"{DEFINITIONS}?dryRun=All", mistaken({"type": "string", "pattern": "("}))
    (cause,) = refused.body["details"]["causes"]
    assert cause["field"] == f"{X}.pattern"
    assert cause["message"].startswith('Invalid value: "(": must be a valid regular expression, but isn\'t: ')


FIELDS = {
    "step": {"type": "number", "multipleOf": 0.5}, "map": {"type": "object", "additionalProperties": TEXT, "minProperties": 1,
    "maxProperties": 2}, "at": {"type": "string", "format": "date-time"}, "none": {"type": "string", "nullable": True}, "some": TEXT,
}  # fmt: skip


@pytest.fixture
def caches(api: Api, space: str) -> Iterator[str]:
    """The path of a namespace's Caches."""
    group = f"g{secrets.token_hex(4)}.drover.test"
    api.post(DEFINITIONS, with_fields(group, **FIELDS))
    where = f"/apis/{group}/v1/namespaces/{space}/caches"
    eventually(lambda: api.answer("GET", where).status == 200)
    yield where
    api.answer("DELETE", f"{DEFINITIONS}/caches.{group}")


REFUSED: dict[str, tuple[Manifest, str, str]] = {
    "no multiple": ({"step": 0.7}, "spec.step", "Invalid value: 0.7: spec.step in body should be a multiple of 0.5"),
    "too many": ({"map": {"a": "", "b": "", "c": ""}}, "spec.map", "Too many: 3: must have at most 2 items"),
    "too few": ({"map": {}}, "spec.map", "Invalid value: 0: spec.map in body should have at least 1 properties"),
    "no moment": ({"at": "nope"}, "spec.at", 'Invalid value: "nope": spec.at in body must be of type date-time: "nope"'),
    "a day": ({"at": "2026-01-01"}, "spec.at",
              'Invalid value: "2026-01-01": spec.at in body must be of type date-time: "2026-01-01"'),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_schema_forbids(name: str, api: Api, caches: str) -> None:
    spec, field, words = REFUSED[name]
    (cause,) = api.answer("POST", caches, cache(caches, **spec)).body["details"]["causes"]
    assert (cause["field"], cause["message"]) == (field, words)


@pytest.mark.parametrize(
    "spec",
    [{"step": 1.5}, {"map": {"a": ""}}, {"at": "2026-01-01T00:00:00Z"}, {"at": "2026-01-01T00:00:00.5+01:00"}, {"none": None}],
)  # fmt: skip
def test_what_a_schema_allows_is_kept(spec: Manifest, api: Api, caches: str) -> None:
    assert api.post(caches, cache(caches, **spec))["spec"] == spec


def test_a_definition_that_ends_takes_no_objects(api: Api, caches: str) -> None:
    held = cache(caches)
    held["metadata"]["finalizers"] = ["drover.test/held"]
    api.post(caches, held)
    where = f"{DEFINITIONS}/caches.{caches.split('/')[2]}"
    api.delete(where)

    def ending() -> bool:
        conditions = {one["type"]: one for one in api.get(where)["status"]["conditions"]}
        return conditions.get("Terminating", {}).get("reason") == "InstanceDeletionInProgress"

    eventually(ending)
    words = f'caches.{caches.split("/")[2]} "late" is forbidden: create not allowed while custom resource definition is '
    for refused in (
        api.answer("POST", caches, cache(caches, "late")),
        api.answer("PATCH", f"{caches}/late?fieldManager=test", cache(caches, "late"), APPLY),
    ):
        assert (refused.status, refused.message) == (403, f"{words}terminating")
    api.merge(f"{caches}/one", {"metadata": {"finalizers": None}})
    eventually(lambda: api.answer("GET", where).status == 404)
