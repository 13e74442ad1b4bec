"""Requests that a client gets wrong: a simulated cluster and a real one refuse the same, in the same words."""

from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import APPLY, JSON_PATCH, MERGE, config, path, service

CONFIGS, ABSENT = "/api/v1/namespaces/SPACE/configmaps", "/api/v1/namespaces/SPACE/configmaps/absent"
SERVICES = "/api/v1/namespaces/SPACE/services"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
NUMBER = 'strconv.ParseInt: parsing "abc": invalid syntax'
VERSION = 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax'
NO_METHOD = "the server does not allow this method on the requested resource"
UNKNOWN = "the server could not find the requested resource"
MATCH = "resourceVersionMatch"
MEDIA = "the body of the request was in an unknown format - accepted media types include: "
PLAIN = "404 page not found\n"
BOTH = {"resourceAttributes": {"verb": "get", "resource": "pods"}, "nonResourceAttributes": {"verb": "get", "path": "/"}}  # fmt: skip
ONE = "exactly one of nonResourceAttributes or resourceAttributes must be specified"


def options(of: str, field: str, words: str) -> str:
    return f'{of}.meta.k8s.io "" is invalid: {field}: {words}'


# What is asked: (method, path, body, content type), and the status and the words that come back.
Row = tuple[str, str, Any, str, int, str]
JSON = "application/json"
REFUSED: dict[str, Row] = {
    "a list of a version that is none": ("GET", f"{CONFIGS}?resourceVersion=abc", None, JSON, 400,
                                         f"invalid resource version: {VERSION}"),
    "a watch from a version that is none": ("GET", f"{CONFIGS}?watch=1&resourceVersion=abc", None, JSON, 500, VERSION),
    "an object of a version that is none": ("GET", f"{ABSENT}?resourceVersion=abc", None, JSON, 500, VERSION),
    "a limit that is no number": ("GET", f"{CONFIGS}?limit=abc", None, JSON, 400, NUMBER),
    "a timeout that is no number": ("GET", f"{CONFIGS}?timeoutSeconds=abc", None, JSON, 400, NUMBER),
    "a match without a version": ("GET", f"{CONFIGS}?{MATCH}=Exact", None, JSON, 422, options(
        "ListOptions", MATCH, f"Forbidden: {MATCH} is forbidden unless resourceVersion is provided")),
    "a match that is none": ("GET", f"{CONFIGS}?{MATCH}=Foo&resourceVersion=1", None, JSON, 422, options(
        "ListOptions", MATCH, 'Unsupported value: "Foo": supported values: "Exact", "NotOlderThan", ""')),
    "exactly at any version": ("GET", f"{CONFIGS}?{MATCH}=Exact&resourceVersion=0", None, JSON, 422, options(
        "ListOptions", MATCH, f'Forbidden: {MATCH} "exact" is forbidden for resourceVersion "0"')),
    "initial events of a list": ("GET", f"{CONFIGS}?sendInitialEvents=true", None, JSON, 422, options(
        "ListOptions", "sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for list")),
    "initial events without a match": ("GET", f"{CONFIGS}?watch=1&sendInitialEvents=true", None, JSON, 422, options(
        "ListOptions", MATCH, f"Forbidden: sendInitialEvents requires setting {MATCH} to NotOlderThan")),
    "a field nobody selects by": ("GET", f"{CONFIGS}?fieldSelector=foo=bar", None, JSON, 400,
                                  '"foo" is not a known field selector: only "metadata.name", "metadata.namespace"'),
    "a field without a value": ("GET", f"{CONFIGS}?fieldSelector=metadata.name", None, JSON, 400,
                                "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
    "a kind that the group has not": ("GET", "/apis/apps/v1/nopes", None, JSON, 404, UNKNOWN),
    "a version that the group has not": ("GET", "/apis/apps/v2", None, JSON, 404, UNKNOWN),
    "a group that is not there": ("GET", "/apis/nope", None, JSON, 404, PLAIN),
    "a kind of a group that is not there": ("GET", "/apis/nope/v1/things", None, JSON, 404, PLAIN),
    "a path that is not there": ("GET", "/foo", None, JSON, 404, PLAIN),
    "a POST to an object": ("POST", ABSENT, config("absent"), JSON, 405, NO_METHOD),
    "a PUT to a collection": ("PUT", CONFIGS, config(), JSON, 405, NO_METHOD),
    "a GET of an eviction": ("GET", "/api/v1/namespaces/SPACE/pods/x/eviction", None, JSON, 405, NO_METHOD),
    "no name": ("POST", CONFIGS, {"metadata": {}}, JSON, 422,
                'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'),
    "a namespace that is not there": ("POST", "/api/v1/namespaces/absent/configmaps", config(), JSON, 404,
                                      'namespaces "absent" not found'),
    "another name than the path's": ("PUT", ABSENT, config("other"), JSON, 400,
                                     "the name of the object (other) does not match the name on the URL (absent)"),
    "a patch of what is not there": ("PATCH", ABSENT, config("absent"), MERGE, 404, 'configmaps "absent" not found'),
    "an apply without a manager": ("PATCH", ABSENT, config("absent"), APPLY, 422, options(
        "PatchOptions", "fieldManager", "Required value: is required for apply patch")),
    "a body in plain text": ("POST", CONFIGS, config(), "text/plain", 415,
                             f"{MEDIA}application/json, application/yaml, application/vnd.kubernetes.protobuf"),
    "a dry run of some": ("POST", f"{CONFIGS}?dryRun=Foo", config(), JSON, 422, options(
        "CreateOptions", "dryRun", 'Unsupported value: ["Foo"]: supported values: "All"')),
    "a validation nobody knows": ("POST", f"{CONFIGS}?fieldValidation=Foo", config(), JSON, 422, options(
        "CreateOptions", "fieldValidation", 'Unsupported value: "Foo": supported values: "", "Ignore", "Strict", "Warn"')),
    "a manager with a long name": ("POST", f"{CONFIGS}?fieldManager={'x' * 129}", config(), JSON, 422, options(
        "CreateOptions", "fieldManager", "Too long: may not be more than 128 bytes")),
    "force without apply": ("PATCH", f"{ABSENT}?force=true", {}, MERGE, 422, options(
        "PatchOptions", "force", "Forbidden: may not be specified for non-apply patch")),
    "a JSON patch that is no list": ("PATCH", "/api/v1/namespaces/SPACE", {"a": 1}, JSON_PATCH, 400,
                                     "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"),
    "a JSON patch that does not fit": ("PATCH", "/api/v1/namespaces/SPACE", [{"op": "remove", "path": "/spec/nope"}], JSON_PATCH,
                                       422, "the server rejected our request due to an error in our request"),
    "another uid by patch": ("PATCH", "/api/v1/namespaces/SPACE", {"metadata": {"uid": "x"}}, MERGE, 422,
                             'Namespace "SPACE" is invalid: metadata.uid: Invalid value: "x": field is immutable'),
    "a policy nobody knows": ("DELETE", f"{ABSENT}?propagationPolicy=Foo", None, JSON, 422, options(
        "DeleteOptions", "propagationPolicy", 'Unsupported value: "Foo": supported values: "Foreground", "Background", "Orphan", "nil"')),
    "two policies": ("DELETE", ABSENT, {"orphanDependents": True, "propagationPolicy": "Orphan"}, JSON, 422, options(
        "DeleteOptions", "propagationPolicy", 'Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set')),
    "a grace that is no number": ("DELETE", f"{ABSENT}?gracePeriodSeconds=abc", None, JSON, 400, NUMBER),
    "a namespace that is kept": ("DELETE", "/api/v1/namespaces/default", None, JSON, 403,
                                 'namespaces "default" is forbidden: this namespace may not be deleted'),
    "a policy for traffic from outside": ("POST", SERVICES, service(externalTrafficPolicy="Local"), JSON, 422,
        'Service "api" is invalid: spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'),
    "a review that asks nothing": ("POST", REVIEWS, {"spec": {}}, JSON, 422,
        f'.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: {ONE}'),
    "a review that asks twice": ("POST", REVIEWS, {"spec": BOTH}, JSON, 422,
        ('.authorization.k8s.io "" is invalid: spec.nonResourceAttributes: Invalid value: {"Path":"/","Verb":"get"}: '
        "cannot be specified in combination with resourceAttributes")),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_asked_wrongly_is_refused(name: str, api: Api, space: str) -> None:
    method, where, body, content_type, status, words = REFUSED[name]
    answer = api.answer(method, where.replace("SPACE", space), body, content_type)
    assert (answer.status, answer.message) == (status, words.replace("SPACE", space))


# The details of a Status, where a client looks for them.
DETAILS: dict[str, tuple[str, Manifest | None]] = {
    "/api/v1/namespaces/SPACE/configmaps/absent": ("GET", {"name": "absent", "kind": "configmaps"}),
    "/apis/apps/v1/namespaces/SPACE/deployments/absent": (
        "GET",
        {"name": "absent", "group": "apps", "kind": "deployments"},
    ),
    "/apis/apps/v1/nopes": ("GET", {}),
    "/api/v1/namespaces/SPACE/configmaps?limit=abc": ("GET", None),
}


@pytest.mark.parametrize("where", DETAILS)
def test_what_a_status_tells_of_its_object(where: str, api: Api, space: str) -> None:
    method, details = DETAILS[where]
    answer = api.answer(method, where.replace("SPACE", space))
    assert answer.body.get("details") == details
    assert (answer.body["kind"], answer.body["status"], answer.body["code"]) == (
        "Status",
        "Failure",
        answer.status,
    )


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("/api/v1/namespaces", ('namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" '
                               'in API group "" at the cluster scope')),
        ("/apis/apps/v1/namespaces/x/deployments", ('deployments.apps is forbidden: User "system:anonymous" cannot list '
                                                   'resource "deployments" in API group "apps" in the namespace "x"')),
        ("/api", 'forbidden: User "system:anonymous" cannot get path "/api"'),
        ("/apis/nope/v1", 'forbidden: User "system:anonymous" cannot get path "/apis/nope/v1"'),
        ("/foo", 'forbidden: User "system:anonymous" cannot get path "/foo"'),
    ],
)  # fmt: skip
def test_who_gives_no_name_may_nothing(where: str, words: str, api: Api) -> None:
    answer = api.unnamed().answer("GET", where)
    assert (answer.status, answer.message) == (403, words)


@pytest.mark.parametrize("where", ["/readyz", "/livez", "/version"])
def test_who_gives_no_name_may_ask_for_health(where: str, api: Api) -> None:
    assert api.unnamed().answer("GET", where).status == 200


# Whether the object is there after a DELETE that asked for a dry run: a body is the whole question.
DRY_RUNS: dict[str, tuple[str, Manifest | None, int]] = {
    "in the query": ("?dryRun=All", None, 200),
    "in the body": ("", {"dryRun": ["All"]}, 200),
    "in the query, beside a body": ("?dryRun=All", {"propagationPolicy": "Background"}, 404),
}


@pytest.mark.parametrize("name", DRY_RUNS)
def test_a_dry_run_of_a_deletion(name: str, api: Api, space: str) -> None:
    query, body, after = DRY_RUNS[name]
    api.post(path(space, "configmaps"), config())
    where = path(space, "configmaps", "settings")
    assert api.answer("DELETE", where + query, body).status == 200
    assert api.answer("GET", where).status == after
