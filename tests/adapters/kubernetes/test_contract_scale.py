"""The Scale of a custom resource stands where its definition says, on a simulated and a real cluster."""

import secrets
from collections.abc import Iterator

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import MERGE
from tests.adapters.kubernetes.custom import definition
from tests.adapters.kubernetes.test_contract_schemas import DEFINITIONS, cache
from tests.adapters.kubernetes.watched import eventually

PATHS = {
    "specReplicasPath": ".spec.size",
    "statusReplicasPath": ".status.have",
    "labelSelectorPath": ".status.which",
}
NUMBER = {"type": "integer"}
SPEC = {"type": "object", "properties": {"size": {"type": "integer", "maximum": 5}}}
STATUS = {"type": "object", "properties": {"have": NUMBER, "which": {"type": "string"}}}


@pytest.fixture
def caches(api: Api, space: str) -> Iterator[str]:
    """The path of a namespace's Caches, which can be scaled."""
    group = f"g{secrets.token_hex(4)}.drover.test"
    body = definition(group)
    (version,) = body["spec"]["versions"]
    version["schema"]["openAPIV3Schema"]["properties"] = {"spec": SPEC, "status": STATUS}
    version["subresources"] = {"status": {}, "scale": PATHS}
    api.post(DEFINITIONS, body)
    where = f"/apis/{group}/v1/namespaces/{space}/caches"
    eventually(lambda: api.answer("GET", where).status == 200)
    yield where
    api.delete(f"{DEFINITIONS}/caches.{group}")


def scale(replicas: int) -> Manifest:
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "one"},
        "spec": {"replicas": replicas},
    }


def test_the_numbers_stand_where_the_definition_says(api: Api, caches: str) -> None:
    api.post(caches, cache(caches, size=3))
    found = api.get(f"{caches}/one/scale")
    assert (found["spec"], found["status"]) == ({"replicas": 3}, {"replicas": 0})
    api.merge(f"{caches}/one/status", {"status": {"have": 2, "which": "app=api"}})
    assert api.get(f"{caches}/one/scale")["status"] == {"replicas": 2, "selector": "app=api"}


def test_a_scale_is_put_without_a_version(api: Api, caches: str) -> None:
    api.post(caches, cache(caches, size=3))
    body = scale(4)
    body["metadata"]["namespace"] = caches.split("/")[5]
    assert api.answer("PUT", f"{caches}/one/scale", body).status == 200
    assert api.get(f"{caches}/one")["spec"] == {"size": 4}


@pytest.mark.parametrize(
    ("replicas", "field", "words"),
    [(9, "spec.size", "spec.size in body should be less than or equal to 5"),
     (-9, ".spec.size", "should be a non-negative integer")],
)  # fmt: skip
def test_the_schema_holds_for_a_scale_too(
    replicas: int, field: str, words: str, api: Api, caches: str
) -> None:
    api.post(caches, cache(caches, size=3))
    refused = api.answer("PATCH", f"{caches}/one/scale", {"spec": {"replicas": replicas}}, MERGE)
    (cause,) = refused.body["details"]["causes"]
    assert (cause["field"], cause["message"]) == (field, f"Invalid value: {replicas}: {words}")
    assert refused.body["details"]["kind"] == "Cache"


def test_what_does_not_say_how_many_has_no_scale(api: Api, caches: str) -> None:
    api.post(caches, cache(caches))
    refused = api.answer("GET", f"{caches}/one/scale")
    words = 'the spec replicas field ".spec.size" does not exist'
    assert (refused.status, refused.message) == (500, f"Internal error occurred: {words}")
