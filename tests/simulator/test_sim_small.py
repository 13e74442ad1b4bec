"""Small things that a simulated cluster does as a real one; on a real one they need a pod."""

import json
from typing import Any

import pytest

from tests.simulator.space import Space, until

POD = {"metadata": {"name": "api"}, "spec": {"containers": [{"name": "api", "image": "shop/api:v1"}]}}


@pytest.fixture
def running(space: Space) -> Space:
    space.create("pods", POD)
    until(lambda: space.get("pods", "api")["spec"].get("nodeName"), "bound")
    return space


def test_a_bound_pod_stays_where_it_is(running: Space) -> None:
    status, answer = running.patch("pods", "api", {"spec": {"nodeName": "other"}})
    assert (status, answer["details"]["causes"][0]["field"]) == (422, "spec")


@pytest.mark.parametrize("metadata", [{"name": "other"}, {}])
def test_an_eviction_names_its_pod(metadata: dict[str, str], running: Space) -> None:
    status, answer = running.ask("POST", "pods", "api", {"metadata": metadata}, sub="eviction")
    assert (status, answer["message"]) == (400, "name in URL does not match name in Eviction object")


@pytest.mark.parametrize(
    ("option", "words"),
    [("tailLines=-1", "Invalid value: -1: must be greater than or equal to 0"),
     ("limitBytes=0", "Invalid value: 0: must be greater than 0"),
     ("sinceSeconds=-1", "Invalid value: -1: must be greater than 0")],
)  # fmt: skip
def test_no_log_is_less_than_nothing(option: str, words: str, running: Space) -> None:
    status, answer = running.ask("GET", "pods", "api", sub="log", query=option)
    assert (status, answer["details"]["causes"][0]["message"]) == (422, words)


def test_the_end_of_a_watch_is_marked_once(space: Space) -> None:
    query = "watch=1&timeoutSeconds=2&allowWatchBookmarks=true"
    told = space.ask("GET", "secrets", query=query)[1]
    lines = told.splitlines() if isinstance(told, str) else [json.dumps(told)]
    assert [json.loads(line)["type"] for line in lines] == ["BOOKMARK"]


ROUTES: dict[str, tuple[dict[str, Any], str]] = {
    "a match nobody knows": ({"rules": [{"matches": [{"path": {"type": "Foo", "value": "/x"}}]}]},
                             "spec.rules[0].matches[0].path.type"),
    "a path from nowhere": ({"rules": [{"matches": [{"path": {"value": "x"}}]}]}, "spec.rules[0].matches[0].path"),
    "a method nobody knows": ({"rules": [{"matches": [{"method": "GRAB"}]}]}, "spec.rules[0].matches[0].method"),
    "a filter nobody knows": ({"rules": [{"filters": [{"type": "Zoo"}]}]}, "spec.rules[0].filters[0].type"),
    "no hostname": ({"hostnames": ["A_b"]}, "spec.hostnames[0]"),
}  # fmt: skip


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_is_as_its_definition_wants(name: str, space: Space) -> None:
    spec, field = ROUTES[name]
    status, answer = space.ask("POST", "httproutes", body={"metadata": {"name": "shop"}, "spec": spec})
    assert (status, [cause["field"] for cause in answer["details"]["causes"]]) == (422, [field])


@pytest.mark.parametrize(
    "path", [{"type": "RegularExpression", "value": "x.*"}, {"type": "Exact", "value": "/x"}]
)
def test_a_route_may_match_in_three_ways(path: dict[str, str], space: Space) -> None:
    space.create(
        "httproutes", {"metadata": {"name": "shop"}, "spec": {"rules": [{"matches": [{"path": path}]}]}}
    )
