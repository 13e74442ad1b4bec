"""What may not change any more, and patches that make no sense: refused in the same words by both."""

from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Answer, Api
from tests.adapters.kubernetes.asked import MERGE, STRATEGIC, path, workload

ONCE = {"restartPolicy": "Never", "containers": [{"name": "job", "image": "shop/job:v1"}]}
JOB: Manifest = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "api"},
                 "spec": {"suspend": True, "template": {"spec": ONCE}}}  # fmt: skip
RBAC = "rbac.authorization.k8s.io"
BINDING: Manifest = {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": {"name": "api"},
                     "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}}  # fmt: skip
BODIES = {"deployments": workload(replicas=0), "rolebindings": BINDING, "jobs": JOB}
UNMATCHED = 'Invalid value: {"app":"api"}: `selector` does not match template `labels`'
LABELS_AT = "spec.template.metadata.labels"
# The plural, what a merge patch changes, and the causes.
FIXED: dict[str, tuple[str, Manifest, dict[str, str]]] = {
    "the labels a Deployment selects": (
        "deployments", {"spec": {"selector": {"matchLabels": {"app": "b"}}}},
        {LABELS_AT: UNMATCHED, "spec.selector": 'Invalid value: {"matchLabels":{"app":"b"}}: field is immutable'}),
    "what a Deployment selects by": (
        "deployments", {"spec": {"selector": {"matchLabels": None, "matchExpressions": [
            {"key": "app", "operator": "In", "values": ["api"]}]}}},
        {"spec.selector": 'Invalid value: {"matchExpressions":[{"key":"app","operator":"In","values":["api"]}]}: '
                          "field is immutable"}),
    "the role of a binding": (
        "rolebindings", {"roleRef": {"name": "edit"}},
        {"roleRef": f'Invalid value: {{"APIGroup":"{RBAC}","Kind":"ClusterRole","Name":"edit"}}: cannot change roleRef'}),
    "how often a Job runs": (
        "jobs", {"spec": {"completions": 5}}, {"spec.completions": "Invalid value: 5: field is immutable"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FIXED)
def test_what_is_fixed_stays(name: str, api: Api, space: str) -> None:
    plural, change, causes = FIXED[name]
    api.post(path(space, plural), BODIES[plural])
    refused = api.answer("PATCH", path(space, plural, "api"), change, MERGE)
    assert refused.status == 422
    assert {cause["field"]: cause["message"] for cause in refused.body["details"]["causes"]} == causes


def test_the_pods_of_a_job_are_fixed(api: Api, space: str) -> None:
    api.post(path(space, "jobs"), JOB)
    change = {"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}}
    (cause,) = api.answer("PATCH", path(space, "jobs", "api"), change, MERGE).body["details"]["causes"]
    assert cause["field"] == "spec.template.spec"
    assert cause["message"].endswith(": field is immutable")


@pytest.mark.parametrize(
    ("strategy", "shown"),
    [({"type": "Foo"}, '{"Type":"Foo","RollingUpdate":null}'),
     ({"type": "Foo", "rollingUpdate": {"partition": 1}},
      '{"Type":"Foo","RollingUpdate":{"Partition":1,"MaxUnavailable":null}}')],
)  # fmt: skip
def test_a_strategy_is_shown_as_its_type_is(strategy: Manifest, shown: str, api: Api, space: str) -> None:
    body = workload("StatefulSet", serviceName="api", updateStrategy=strategy)
    (cause,) = api.answer("POST", path(space, "statefulsets"), body).body["details"]["causes"]
    assert cause["message"] == f"Invalid value: {shown}: must be 'RollingUpdate' or 'OnDelete'"


def containers(*items: Any) -> Manifest:
    return {"spec": {"template": {"spec": {"containers": list(items)}}}}


SENSELESS: dict[str, tuple[Manifest, str]] = {
    "an item without its name": (containers({"image": "a", "env": [{"name": "b", "value": "c"}]}),
        "map: map[env:[map[name:b value:c]] image:a] does not contain declared merge key: name"),
    "an unknown directive": ({"spec": {"$patch": "bogus"}}, "unknown patch type: bogus in map: map[$patch:bogus]"),
    "an unknown directive for an item": (containers({"name": "api", "$patch": "bogus"}),
        "unknown patch type: bogus in map: map[$patch:bogus name:api]"),
}  # fmt: skip


@pytest.mark.parametrize("name", SENSELESS)
def test_a_senseless_strategic_patch_is_an_error(name: str, api: Api, space: str) -> None:
    patch, words = SENSELESS[name]
    api.post(path(space, "deployments"), workload(replicas=0))
    refused = api.answer("PATCH", path(space, "deployments", "api"), patch, STRATEGIC)
    assert (refused.status, refused.message) == (500, words)


def test_a_strategic_patch_may_take_away_what_an_item_is_known_by(api: Api, space: str) -> None:
    api.post(path(space, "deployments"), workload(replicas=0))
    patch = containers({"name": "api", "ports": [{"name": "http", "containerPort": None}]})
    (cause,) = api.answer("PATCH", path(space, "deployments", "api"), patch, STRATEGIC).body["details"][
        "causes"
    ]
    assert cause["field"] == "spec.template.spec.containers[0].ports[0].containerPort"


def deleted(api: Api, space: str, plural: str, query: str = "") -> Answer:
    return api.answer("DELETE", path(space, plural, "api") + query)


def test_a_job_that_is_deleted_leaves_its_pods_unless_told_otherwise(api: Api, space: str) -> None:
    api.post(path(space, "jobs"), JOB)
    assert deleted(api, space, "jobs").body["metadata"]["finalizers"] == ["orphan"]


def test_a_job_may_take_its_pods_along(api: Api, space: str) -> None:
    api.post(path(space, "jobs"), JOB)
    gone = deleted(api, space, "jobs", "?propagationPolicy=Background").body
    assert (gone["kind"], gone["status"]) == ("Status", "Success")
