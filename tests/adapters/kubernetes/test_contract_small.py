"""Small requests that a simulated and a real cluster answer alike: forms of answers, selectors, names, bodies."""

import json
from typing import Any

import pytest
import yaml

from tests.adapters.kubernetes.api import Answer, Api
from tests.adapters.kubernetes.asked import JSON_PATCH, MERGE, config, path

META = "meta.k8s.io"
ALONE, ALL_ALONE = (
    f"application/json;as={what};g={META};v=v1"
    for what in ("PartialObjectMetadata", "PartialObjectMetadataList")
)
WATCH = "?watch=1&timeoutSeconds=1&fieldSelector=metadata.name=settings"


@pytest.fixture
def settings(api: Api, space: str) -> str:
    """The path of a ConfigMap."""
    api.post(path(space, "configmaps"), config(metadata={"name": "settings", "labels": {"num": "5"}}))
    return path(space, "configmaps", "settings")


def test_an_object_may_be_answered_by_its_metadata_alone(api: Api, settings: str) -> None:
    found = api.answer("GET", settings, accept=ALONE).body
    assert (found.keys(), found["kind"], found["apiVersion"]) == (
        {"kind", "apiVersion", "metadata"}, "PartialObjectMetadata", f"{META}/v1")  # fmt: skip
    assert found["metadata"]["labels"] == {"num": "5"}


def test_a_list_may_be_answered_by_metadata_alone(api: Api, settings: str) -> None:
    found = api.answer("GET", settings.rpartition("/")[0] + "?labelSelector=num", accept=ALL_ALONE).body
    assert (found["kind"], found["apiVersion"]) == ("PartialObjectMetadataList", f"{META}/v1")
    (item,) = found["items"]
    assert (item.keys(), item["kind"]) == ({"kind", "apiVersion", "metadata"}, "PartialObjectMetadata")


def test_a_watch_may_tell_of_metadata_alone(api: Api, settings: str) -> None:
    told = api.answer("GET", settings.rpartition("/")[0] + WATCH, accept=ALONE).body.splitlines()
    assert [json.loads(line)["object"]["kind"] for line in told] == ["PartialObjectMetadata"]
    assert "data" not in json.loads(told[0])["object"]


@pytest.mark.parametrize(
    ("what", "accept", "words"),
    [("", ALL_ALONE, "you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)"),
     ("list", ALONE, "you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)"),
     ("", "text/html", ("406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
                       "application/vnd.kubernetes.protobuf")),
     ("", ALONE.replace("v=v1", "v=v9"), ("only the following media types are accepted: application/json, "
                                         "application/yaml, application/vnd.kubernetes.protobuf"))],
)  # fmt: skip
def test_a_form_that_is_not_there_is_not_acceptable(
    what: str, accept: str, words: str, api: Api, settings: str
) -> None:
    refused = api.answer("GET", settings.rpartition("/")[0] if what else settings, accept=accept)
    assert (refused.status, refused.message) == (406, words)


def test_an_answer_may_be_yaml(api: Api, settings: str) -> None:
    found = yaml.safe_load(api.answer("GET", settings, accept="application/yaml").body)
    assert (found["kind"], found["data"]) == ("ConfigMap", {"a": "1"})


@pytest.mark.parametrize(("selector", "count"), [("num>4", 1), ("num>5", 0), ("num<6", 1), ("none<6", 0)])
def test_labels_are_compared_as_numbers(selector: str, count: int, api: Api, settings: str) -> None:
    where = settings.rpartition("/")[0] + f"?labelSelector={selector}"
    assert len(api.get(where)["items"]) == count


@pytest.mark.parametrize(
    ("selector", "words"),
    [("num>x", "values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"),
     ("-a=x", '<nil>: Invalid value: "-a": name part must consist of'),
     ("a=" + "x" * 64, f'values[0][a]: Invalid value: "{"x" * 64}": must be no more than 63 bytes'),
     ("a,", "")],
)  # fmt: skip
def test_what_no_label_can_be_is_not_selected(selector: str, words: str, api: Api, space: str) -> None:
    refused = api.answer("GET", path(space, "configmaps") + f"?labelSelector={selector}")
    assert refused.status == 400
    assert words in refused.message


def test_replica_sets_are_not_selected_by_their_number(api: Api, space: str) -> None:
    assert api.answer("GET", path(space, "replicasets") + "?fieldSelector=status.replicas=1").status == 400


def test_an_object_without_its_namespace_is_not_made(api: Api) -> None:
    assert api.answer("POST", "/api/v1/configmaps", config()).status == 405


def test_a_body_is_needed(api: Api, space: str) -> None:
    refused = api.answer("POST", path(space, "configmaps"))
    assert (refused.status, refused.message) == (
        400, ("the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse "
             "error: unexpected end of JSON input (<empty>)"))  # fmt: skip


def patched(api: Api, where: str, change: Any, kind: str = MERGE) -> Answer:
    return api.answer("PATCH", where, change, kind)


def test_a_version_is_a_number(api: Api, settings: str) -> None:
    refused = patched(api, settings, {"metadata": {"resourceVersion": "abc"}})
    assert (refused.status, refused.message) == (500, 'strconv.ParseUint: parsing "abc": invalid syntax')


def test_what_is_not_there_is_null(api: Api, settings: str) -> None:
    absent = {"op": "test", "path": "/binaryData", "value": None}
    assert patched(api, settings, [absent], JSON_PATCH).status == 200
    assert patched(api, settings, [{**absent, "path": "/data"}], JSON_PATCH).status == 422


def test_a_finalizer_names_its_domain(api: Api, settings: str) -> None:
    refused = patched(api, settings, {"metadata": {"finalizers": ["plain"]}})
    words = 'Invalid value: "plain": name is neither a standard finalizer name nor is it fully qualified'
    causes = refused.body["details"]["causes"]
    assert {(cause["field"], cause["message"]) for cause in causes} == {("metadata.finalizers[0]", words)}


def test_what_is_going_is_still_there(api: Api, settings: str) -> None:
    patched(api, settings, {"metadata": {"finalizers": ["drover.test/held"]}})
    api.delete(settings)
    refused = api.answer("POST", settings.rpartition("/")[0], config())
    assert refused.message == 'object is being deleted: configmaps "settings" already exists'
    patched(api, settings, {"metadata": {"finalizers": None}})


def test_a_token_lasts_ten_minutes_at_least(api: Api, space: str) -> None:
    api.post(path(space, "serviceaccounts"), {"metadata": {"name": "robot"}})
    where = path(space, "serviceaccounts", "robot") + "/token"
    refused = api.answer("POST", where, {"spec": {"expirationSeconds": 5}})
    (cause,) = refused.body["details"]["causes"]
    assert cause["message"] == "Invalid value: 5: may not specify a duration less than 10 minutes"
    assert refused.body["details"]["kind"] == "TokenRequest"
