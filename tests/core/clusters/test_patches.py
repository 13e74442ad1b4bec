"""Strategic merge as Kubernetes does it, for the lists that a Blueprint may hold."""

from typing import Any

import pytest

from clusters.core.patches import merge
from journal.core.reasons import Refused, because

ROWS: dict[str, tuple[Any, Any, Any]] = {
    "field": ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
    "null removes": ({"a": 1, "b": 2}, {"b": None}, {"a": 1}),
    "null of nothing": ({"a": 1}, {"b": None}, {"a": 1}),
    "nested": ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
    "replace": ({"a": {"x": 1}}, {"a": {"$patch": "replace", "y": 3}}, {"a": {"y": 3}}),
    "containers by name": (
        {"containers": [{"name": "api", "image": "1", "args": ["x"]}, {"name": "b"}]},
        {"containers": [{"name": "api", "image": "2"}]},
        {"containers": [{"name": "api", "image": "2", "args": ["x"]}, {"name": "b"}]},
    ),
    "a new container": (
        {"containers": [{"name": "api"}]},
        {"containers": [{"name": "log"}]},
        {"containers": [{"name": "api"}, {"name": "log"}]},
    ),
    "an item deleted": (
        {"env": [{"name": "A"}, {"name": "B"}]},
        {"env": [{"name": "A", "$patch": "delete"}]},
        {"env": [{"name": "B"}]},
    ),
    "deleted and not there": ({"env": []}, {"env": [{"name": "A", "$patch": "delete"}]}, {"env": []}),
    "container ports by containerPort": (
        {"ports": [{"containerPort": 80, "name": "http"}]},
        {"ports": [{"containerPort": 80, "name": "web"}, {"containerPort": 81}]},
        {"ports": [{"containerPort": 80, "name": "web"}, {"containerPort": 81}]},
    ),
    "mounts by path": (
        {"volumeMounts": [{"mountPath": "/a", "name": "x"}]},
        {"volumeMounts": [{"mountPath": "/a", "name": "y"}]},
        {"volumeMounts": [{"mountPath": "/a", "name": "y"}]},
    ),
    "a list without a key is one value": ({"args": ["a", "b"]}, {"args": ["c"]}, {"args": ["c"]}),
    "tolerations are one value": (
        {"tolerations": [{"key": "a"}]},
        {"tolerations": [{"key": "b"}]},
        {"tolerations": [{"key": "b"}]},
    ),
}


@pytest.mark.parametrize(("base", "patch", "expected"), ROWS.values(), ids=ROWS.keys())
def test_merge(base: Any, patch: Any, expected: Any) -> None:
    assert merge(base, patch, "Deployment") == expected


def test_service_ports_are_told_apart_by_port() -> None:
    base, patch = {"ports": [{"port": 80, "name": "http"}]}, {"ports": [{"port": 80, "name": "web"}]}
    assert merge(base, patch, "Service") == patch


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ({"$retainKeys": ["a"]}, because("patch-directive-unknown", directive="$retainKeys")),
        ({"$patch": "merge"}, because("patch-directive-unknown", directive="$patch")),
        ({"env": [{"value": "x"}]}, because("patch-without-key", key="name")),
    ],
)
def test_what_we_do_not_know_is_refused(patch: Any, reason: Any) -> None:
    with pytest.raises(Refused) as caught:
        merge({}, patch, "Deployment")
    assert caught.value.reasons == (reason,)
