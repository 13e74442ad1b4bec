"""Lists, pages and watches, on a simulated and a real cluster."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Answer, Api
from tests.adapters.kubernetes.asked import MERGE, config, path

EXPIRED_PAGE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the "
    "continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing "
    "with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the "
    "time the first chunk was returned and now may show up in the list."
)
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def labelled(name: str, tier: str = "b") -> Manifest:
    return config(name, metadata={"name": name, "labels": {"tier": tier}})


def names(found: Manifest) -> list[str]:
    return [item["metadata"]["name"] for item in found["items"]]


def events(api: Api, where: str, **query: str) -> list[Any]:
    """What a watch of one second brings, but for bookmarks that only come now and then."""
    asked = {"watch": "1", "timeoutSeconds": "1", "labelSelector": "tier", **query}
    text = api.answer("GET", f"{where}?" + "&".join(f"{key}={value}" for key, value in asked.items())).body
    found = [json.loads(line) for line in text.splitlines()]
    return [
        event
        for event in found
        if event["type"] != "BOOKMARK" or event["object"]["metadata"].get("annotations")
    ]


def told(found: list[Any]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in found]


def test_pages_are_of_the_moment_of_the_first(api: Api, space: str) -> None:
    where = path(space, "configmaps")
    for number in range(5):
        api.post(where, labelled(f"c{number}"))
    pages = [api.get(f"{where}?labelSelector=tier&limit=2")]
    api.delete(f"{where}/c3")
    api.post(where, labelled("c9"))
    api.merge(f"{where}/c2", {"data": {"a": "new"}})
    while token := pages[-1]["metadata"].get("continue"):
        pages.append(api.get(f"{where}?labelSelector=tier&limit=2&continue={token}"))
    assert [names(page) for page in pages] == [["c0", "c1"], ["c2", "c3"], ["c4"]]
    assert pages[1]["items"][0]["data"] == {"a": "1"}
    assert len({page["metadata"]["resourceVersion"] for page in pages}) == 1
    then = pages[0]["metadata"]["resourceVersion"]
    exactly = api.get(f"{where}?labelSelector=tier&resourceVersion={then}&resourceVersionMatch=Exact")
    assert names(exactly) == ["c0", "c1", "c2", "c3", "c4"]
    assert exactly["metadata"]["resourceVersion"] == then
    newer = api.get(f"{where}?labelSelector=tier&resourceVersion={then}&resourceVersionMatch=NotOlderThan")
    assert names(newer) == ["c0", "c1", "c2", "c4", "c9"]


def test_a_page_that_comes_too_late_is_expired_and_says_how_to_go_on(
    api: Api, space: str, compact: Callable[[], object]
) -> None:
    """Of Events, since a real server keeps the latest past of all other kinds in memory."""
    where = f"/api/v1/namespaces/{space}/events"
    about = {"kind": "Pod", "name": "api", "namespace": space}
    for number in range(5):
        api.post(where, {"metadata": {"name": f"e{number}"}, "involvedObject": about})
    first = api.get(f"{where}?limit=2")["metadata"]
    for name in ("e0x", "e9"):
        api.post(where, {"metadata": {"name": name}, "involvedObject": about})
    api.delete(f"{where}/e3")
    compact()
    expired = api.answer("GET", f"{where}?limit=2&continue={first['continue']}")
    going_on = expired.body["metadata"].pop("continue")
    assert expired == Answer(410, {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": EXPIRED_PAGE,
        "reason": "Expired", "code": 410,
    })  # fmt: skip
    rest = api.get(f"{where}?limit=2&continue={going_on}")
    assert names(rest) == ["e2", "e4"]
    assert int(rest["metadata"]["resourceVersion"]) > int(first["resourceVersion"])
    last = api.get(f"{where}?limit=2&continue={rest['metadata']['continue']}")
    assert names(last) == ["e9"]
    assert last["metadata"]["resourceVersion"] == rest["metadata"]["resourceVersion"]


def test_a_list_from_memory_has_no_pages(api: Api, space: str) -> None:
    where = path(space, "configmaps")
    for number in range(3):
        api.post(where, labelled(f"c{number}"))
    assert len(api.get(f"{where}?labelSelector=tier&limit=1&resourceVersion=0")["items"]) >= 2
    assert len(api.get(f"{where}?labelSelector=tier&limit=1")["items"]) == 1


def test_how_much_is_left_is_told_when_nothing_is_selected(api: Api, space: str) -> None:
    where = path(space, "secrets")
    for number in range(3):
        api.post(where, {"metadata": {"name": f"s{number}"}})
    assert api.get(f"{where}?limit=1")["metadata"]["remainingItemCount"] == 2


@pytest.mark.parametrize("where", ["", "/absent"])
def test_a_version_that_is_not_there_yet_is_a_timeout(where: str, api: Api, space: str) -> None:
    refused = api.answer("GET", f"{path(space, 'configmaps')}{where}?resourceVersion=999999999")
    assert (refused.status, refused.body["reason"]) == (504, "Timeout")
    assert refused.message.startswith("Timeout: Too large resource version: 999999999, current: ")
    assert refused.body["details"]["causes"] == [
        {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    ]


SELECTED = {
    "tier=b": ["c0", "c2"],
    "tier==b": ["c0", "c2"],
    "tier!=b,tier": ["c1"],
    "tier in (a,b),extra": ["c2"],
    "tier notin (b),tier": ["c1"],
    "tier,!extra": ["c0", "c1"],
}


@pytest.mark.parametrize("selector", SELECTED)
def test_labels_are_selected(selector: str, api: Api, space: str) -> None:
    where = path(space, "configmaps")
    for name, labels in {"c0": {"tier": "b"}, "c1": {"tier": "a"}, "c2": {"tier": "b", "extra": "x"}}.items():
        api.post(where, config(name, metadata={"name": name, "labels": labels}))
    asked = selector.replace(" ", "%20").replace("=", "%3D")
    assert names(api.get(f"{where}?labelSelector={asked}")) == SELECTED[selector]


def test_a_watch_goes_on_from_a_version_and_sees_what_enters_and_leaves_its_selector(
    api: Api, space: str
) -> None:
    where = path(space, "configmaps")
    then = api.get(where)["metadata"]["resourceVersion"]
    api.post(where, labelled("c1", "a"))
    api.post(where, labelled("c2", "b"))
    api.ask("PATCH", f"{where}/c1", {"metadata": {"labels": {"tier": "b"}}}, MERGE)
    api.ask("PATCH", f"{where}/c2", {"data": {"a": "2"}}, MERGE)
    api.ask("PATCH", f"{where}/c1", {"metadata": {"labels": {"tier": "a"}}}, MERGE)
    api.delete(f"{where}/c2")
    found = events(api, where, resourceVersion=then, labelSelector="tier%3Db")
    assert told(found) == [
        ("ADDED", "c2"),
        ("ADDED", "c1"),
        ("MODIFIED", "c2"),
        ("DELETED", "c1"),
        ("DELETED", "c2"),
    ]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in found]
    assert versions == sorted(versions)
    assert versions[0] > int(then)
    one = events(api, where, resourceVersion=then, fieldSelector="metadata.name%3Dc2")
    assert told(one) == [("ADDED", "c2"), ("MODIFIED", "c2"), ("DELETED", "c2")]


@pytest.mark.parametrize("version", ["", "0"])
def test_a_watch_from_no_version_begins_with_all_there_is(version: str, api: Api, space: str) -> None:
    where = path(space, "configmaps")
    api.post(where, labelled("c1"))
    query = {"resourceVersion": version} if version else {}
    assert told(events(api, where, **query)) == [("ADDED", "c1")]


def test_a_watch_tells_when_it_has_told_all_there_was(api: Api, space: str) -> None:
    where = path(space, "configmaps")
    api.post(where, labelled("c1"))
    asked = {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
    }
    first, end = events(api, where, **asked)
    assert (first["type"], end["type"]) == ("ADDED", "BOOKMARK")
    assert end["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert int(end["object"]["metadata"]["resourceVersion"]) >= int(
        first["object"]["metadata"]["resourceVersion"]
    )


# The columns that `kubectl get` prints; those that only `-o wide` shows stand in brackets.
COLUMNS = {
    "/api/v1/pods": "Name Ready Status Restarts Age [IP] [Node] [Nominated Node] [Readiness Gates]",
    "/api/v1/services": "Name Type Cluster-IP External-IP Port(s) Age [Selector]",
    "/api/v1/configmaps": "Name Data Age",
    "/api/v1/secrets": "Name Type Data Age",
    "/api/v1/serviceaccounts": "Name Age",
    "/api/v1/namespaces": "Name Status Age",
    "/api/v1/nodes": "Name Status Roles Age Version [Internal-IP] [External-IP] [OS-Image] [Kernel-Version] [Container-Runtime]",
    "/api/v1/events": "Last Seen Type Reason Object [Subobject] [Source] Message [First Seen] [Count] [Name]",
    "/apis/apps/v1/deployments": "Name Ready Up-to-date Available Age [Containers] [Images] [Selector]",
    "/apis/apps/v1/replicasets": "Name Desired Current Ready Age [Containers] [Images] [Selector]",
    "/apis/apps/v1/statefulsets": "Name Ready Age [Containers] [Images]",
    "/apis/apps/v1/daemonsets": "Name Desired Current Ready Up-to-date Available Node Selector Age [Containers] [Images] [Selector]",
    "/apis/apps/v1/controllerrevisions": "Name Controller Revision Age",
    "/apis/batch/v1/jobs": "Name Status Completions Duration Age [Containers] [Images] [Selector]",
    "/apis/batch/v1/cronjobs": "Name Schedule Timezone Suspend Active Last Schedule Age [Containers] [Images] [Selector]",
    "/apis/policy/v1/poddisruptionbudgets": "Name Min Available Max Unavailable Allowed Disruptions Age",
    "/apis/autoscaling/v2/horizontalpodautoscalers": "Name Reference Targets MinPods MaxPods Replicas Age",
    "/apis/networking.k8s.io/v1/ingresses": "Name Class Hosts Address Ports Age",
    "/apis/networking.k8s.io/v1/networkpolicies": "Name Pod-Selector Age",
    "/apis/discovery.k8s.io/v1/endpointslices": "Name AddressType Ports Endpoints Age",
    "/apis/rbac.authorization.k8s.io/v1/roles": "Name Created At",
    "/apis/rbac.authorization.k8s.io/v1/rolebindings": "Name Role Age [Users] [Groups] [ServiceAccounts]",
    "/apis/coordination.k8s.io/v1/leases": "Name Holder Age",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": "Name Created At",
}  # fmt: skip


@pytest.mark.parametrize("where", COLUMNS)
def test_the_columns_of_a_kind(where: str, api: Api) -> None:
    table = api.answer("GET", where, accept=TABLE).body
    columns = [f"[{one['name']}]" if one["priority"] else one["name"] for one in table["columnDefinitions"]]
    assert " ".join(columns) == COLUMNS[where]


DISCOVERED = {
    "/apis/apps/v1": {"deployments", "deployments/scale", "deployments/status", "replicasets", "replicasets/scale",
                      "replicasets/status", "statefulsets", "statefulsets/scale", "statefulsets/status", "daemonsets",
                      "daemonsets/status", "controllerrevisions"},
    "/apis/batch/v1": {"jobs", "jobs/status", "cronjobs", "cronjobs/status"},
    "/apis/policy/v1": {"poddisruptionbudgets", "poddisruptionbudgets/status"},
    "/apis/discovery.k8s.io/v1": {"endpointslices"},
    "/apis/autoscaling/v2": {"horizontalpodautoscalers", "horizontalpodautoscalers/status"},
}  # fmt: skip


@pytest.mark.parametrize("where", DISCOVERED)
def test_what_a_group_serves(where: str, api: Api) -> None:
    found = api.get(where)["resources"]
    assert {entry["name"] for entry in found} == DISCOVERED[where]
    written = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
    assert all(set(entry["verbs"]) == written for entry in found if "/" not in entry["name"])
    assert all(set(entry["verbs"]) == {"get", "patch", "update"} for entry in found if "/" in entry["name"])


def test_short_names_and_categories(api: Api) -> None:
    found = {entry["name"]: entry for entry in api.get("/apis/apps/v1")["resources"]}
    assert found["deployments"]["shortNames"] == ["deploy"]
    assert found["deployments"]["categories"] == ["all"]
    assert found["deployments/scale"]["kind"] == "Scale"
