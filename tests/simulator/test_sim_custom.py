"""Custom resources: from the definition to objects, and away again."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from simulator.testing import Fleet, start_fleet
from tests.simulator.space import APPLY, Space, condition_of, table_at, until

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NUMBERS = itertools.count(1)
SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 9},
        "mode": {"type": "string", "enum": ["fast", "safe"], "default": "safe"},
        "code": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
        "port": {"x-kubernetes-int-or-string": True},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "parts": {
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "required": ["name"],
                      "properties": {"name": {"type": "string"}, "count": {"type": "integer"}}},
        },
    },
}  # fmt: skip
STATUS = {"type": "object", "properties": {"phase": {"type": "string"}}}


def definition(group: str, scope: str = "Namespaced", **version: Any) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": SPEC, "status": STATUS}}}
    first = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": schema,
        "subresources": {"status": {}},
        **version,
    }
    names = {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"widgets.{group}"},
            "spec": {"group": group, "scope": scope, "names": names, "versions": [first]}}  # fmt: skip


def widget(name: str = "one", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"size": 3, **spec}}


class Widgets:
    """The widgets of a group of their own, in the namespace of a test."""

    def __init__(self, space: Space, group: str) -> None:
        self.space, self.fleet, self.group = space, space.fleet, group
        self.definition = f"{DEFINITIONS}/widgets.{group}"

    def ask(
        self, method: str, name: str = "", body: Any = None, kind: str = "application/json", tail: str = ""
    ) -> Any:
        path = f"/apis/{self.group}/v1/namespaces/{self.space.name}/widgets" + (f"/{name}" if name else "")
        full = (
            {"apiVersion": f"{self.group}/v1", "kind": "Widget", **body} if isinstance(body, dict) else body
        )
        return self.fleet.request("a", method, path + tail, full, kind)

    def define(self, **changes: Any) -> None:
        status, answer = self.fleet.request("a", "POST", DEFINITIONS, definition(self.group, **changes))
        assert status == 201, answer
        until(lambda: condition_of(self.seen(), "Established")["status"] == "True", "established")

    def seen(self) -> Any:
        return self.fleet.request("a", "GET", self.definition)[1]


@pytest.fixture
def widgets(space: Space) -> Iterator[Widgets]:
    found = Widgets(space, f"g{next(NUMBERS)}.example.com")
    found.define()
    yield found
    space.fleet.request("a", "DELETE", found.definition)


def test_a_definition_makes_a_kind_that_discovery_lists(widgets: Widgets) -> None:
    groups = widgets.fleet.request("a", "GET", "/apis")[1]["groups"]
    assert widgets.group in [group["name"] for group in groups]
    found = widgets.fleet.request("a", "GET", f"/apis/{widgets.group}/v1")[1]["resources"]
    assert [entry["name"] for entry in found] == ["widgets", "widgets/status"]
    assert (found[0]["kind"], found[0]["shortNames"], found[0]["namespaced"]) == ("Widget", ["wd"], True)
    assert widgets.seen()["status"]["storedVersions"] == ["v1"]


def test_before_its_definition_a_kind_is_404(space: Space) -> None:
    assert space.fleet.request("a", "GET", "/apis/none.example.com/v1/widgets")[0] == 404


def test_objects_are_created_read_listed_changed_and_deleted(widgets: Widgets) -> None:
    status, made = widgets.ask("POST", body=widget())
    assert (status, made["metadata"]["generation"], made["spec"]["mode"]) == (201, 1, "safe")
    listed = widgets.ask("GET")[1]
    assert (listed["kind"], listed["items"][0]["kind"]) == ("WidgetList", "Widget")
    merge = "application/merge-patch+json"
    assert widgets.ask("PATCH", "one", {"spec": {"size": 4}}, merge)[1]["metadata"]["generation"] == 2
    assert (
        widgets.ask("PATCH", "one", {"metadata": {"labels": {"a": "b"}}}, merge)[1]["metadata"]["generation"]
        == 2
    )
    assert widgets.ask("DELETE", "one")[0] == 200
    assert widgets.ask("GET", "one")[0] == 404


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"size": "3"},
            'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
        ),
        ({"size": None}, "spec.size: Required value"),
        ({"size": 0}, "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"),
        ({"size": 10}, "spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9"),
        ({"mode": "wild"}, 'spec.mode: Unsupported value: "wild": supported values: "fast", "safe"'),
        ({"code": "A1"}, "spec.code: Invalid value: \"A1\": spec.code in body should match '^[a-z]+$'"),
        ({"code": "abcdef"}, "spec.code: Too long: may not be more than 5 bytes"),
        ({"parts": [{"name": "a"}, {"name": "a"}]}, 'spec.parts[1]: Duplicate value: {"name":"a"}'),
        ({"port": True}, 'spec.port in body must be of type integer,string: "boolean"'),
    ],
)
def test_what_the_schema_forbids_is_422_in_the_real_words(widgets: Widgets, spec: Any, message: str) -> None:
    status, answer = widgets.ask("POST", body=widget(**spec))
    assert (status, answer["reason"]) == (422, "Invalid")
    assert message in answer["message"]
    assert f'Widget.{widgets.group} "one" is invalid' in answer["message"]


def test_unknown_fields_are_pruned_warned_of_or_refused(widgets: Widgets) -> None:
    body = widget(bogus=1, free={"any": "thing"}, labels={"a": "b"})
    made = widgets.ask("POST", body=body)[1]
    assert made["spec"] == {"size": 3, "mode": "safe", "free": {"any": "thing"}, "labels": {"a": "b"}}
    status, answer = widgets.ask("POST", body=widget("two", bogus=1), tail="?fieldValidation=Strict")
    assert status == 400
    assert 'strict decoding error: unknown field "spec.bogus"' in answer["message"]


def test_status_has_a_door_of_its_own(widgets: Widgets) -> None:
    made = widgets.ask("POST", body={**widget(), "status": {"phase": "Lies"}})[1]
    assert "status" not in made
    merge = "application/merge-patch+json"
    done = widgets.ask("PATCH", "one", {"status": {"phase": "Good"}, "spec": {"size": 9}}, merge, "/status")[
        1
    ]
    assert (done["status"], done["spec"]["size"], done["metadata"]["generation"]) == ({"phase": "Good"}, 3, 1)
    kept = widgets.ask("PATCH", "one", {"status": {"phase": "Lies"}}, merge)[1]
    assert kept["status"] == {"phase": "Good"}


def test_apply_merges_lists_by_their_keys_and_keeps_owners_apart(widgets: Widgets) -> None:
    first = widget(parts=[{"name": "a", "count": 1}])
    assert widgets.ask("PATCH", "one", first, APPLY, "?fieldManager=one")[0] == 201
    second = {"metadata": {"name": "one"}, "spec": {"parts": [{"name": "b", "count": 2}]}}
    both = widgets.ask("PATCH", "one", second, APPLY, "?fieldManager=two")[1]
    assert both["spec"]["parts"] == [{"name": "a", "count": 1}, {"name": "b", "count": 2}]
    status, answer = widgets.ask("PATCH", "one", widget(size=4), APPLY, "?fieldManager=two")
    assert (status, answer["details"]["causes"][0]["field"]) == (409, ".spec.size")
    gone = widgets.ask("PATCH", "one", widget(), APPLY, "?fieldManager=one")[1]
    assert gone["spec"]["parts"] == [{"name": "b", "count": 2}]


def test_an_apply_with_an_unknown_field_is_refused(widgets: Widgets) -> None:
    status, answer = widgets.ask("PATCH", "one", widget(bogus=1), APPLY, "?fieldManager=one")
    assert status == 500
    assert ".spec.bogus: field not declared in schema" in answer["message"]


def test_deleting_the_definition_deletes_its_objects_first(widgets: Widgets) -> None:
    widgets.ask(
        "POST", body={"metadata": {"name": "held", "finalizers": ["example.com/hold"]}, "spec": {"size": 1}}
    )
    widgets.ask("POST", body=widget())
    widgets.fleet.request("a", "DELETE", widgets.definition)
    until(lambda: len(widgets.ask("GET")[1]["items"]) == 1, "one is held")
    status, answer = widgets.ask("POST", body=widget("late"))
    assert (status, "create not allowed" in answer["message"]) == (403, True)
    widgets.ask("PATCH", "held", {"metadata": {"finalizers": None}}, "application/merge-patch+json")
    until(lambda: widgets.fleet.request("a", "GET", widgets.definition)[0] == 404, "the definition is gone")
    assert widgets.ask("GET")[0] == 404
    assert widgets.group not in [g["name"] for g in widgets.fleet.request("a", "GET", "/apis")[1]["groups"]]


def test_a_namespace_takes_custom_objects_along(widgets: Widgets) -> None:
    path = "/api/v1/namespaces/custom"
    widgets.fleet.request("a", "POST", "/api/v1/namespaces", {"metadata": {"name": "custom"}})
    made = f"/apis/{widgets.group}/v1/namespaces/custom/widgets"
    assert widgets.fleet.request("a", "POST", made, widget())[0] == 201
    widgets.fleet.request("a", "DELETE", path)
    until(lambda: widgets.fleet.request("a", "GET", path)[0] == 404, "namespace gone")
    assert widgets.fleet.request("a", "GET", f"/apis/{widgets.group}/v1/widgets")[1]["items"] == []


def test_two_versions_show_the_same_object(space: Space) -> None:
    widgets = Widgets(space, f"g{next(NUMBERS)}.example.com")
    body = definition(widgets.group)
    body["spec"]["versions"].append({**body["spec"]["versions"][0], "name": "v1beta1", "storage": False})
    space.fleet.request("a", "POST", DEFINITIONS, body)
    until(lambda: condition_of(widgets.seen(), "Established")["status"] == "True", "established")
    widgets.ask("POST", body=widget())
    old = f"/apis/{widgets.group}/v1beta1/namespaces/{space.name}/widgets"
    assert space.fleet.request("a", "GET", f"{old}/one")[1]["apiVersion"] == f"{widgets.group}/v1beta1"
    assert space.fleet.request("a", "GET", old)[1]["items"][0]["apiVersion"] == f"{widgets.group}/v1beta1"
    versions = space.fleet.request("a", "GET", f"/apis/{widgets.group}")[1]
    assert [entry["version"] for entry in versions["versions"]] == ["v1", "v1beta1"]
    assert versions["preferredVersion"]["version"] == "v1"


def test_columns_of_the_definition_show_in_tables(space: Space) -> None:
    widgets = Widgets(space, f"g{next(NUMBERS)}.example.com")
    columns = [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
               {"name": "Part", "type": "string", "jsonPath": '.spec.parts[?(@.name=="b")].count'}]  # fmt: skip
    body = definition(widgets.group, additionalPrinterColumns=columns)
    space.fleet.request("a", "POST", DEFINITIONS, body)
    until(lambda: condition_of(widgets.seen(), "Established")["status"] == "True", "established")
    widgets.ask("POST", body=widget(parts=[{"name": "a", "count": 1}, {"name": "b", "count": 2}]))
    table = widgets.ask("GET")[1]
    assert table["items"][0]["spec"]["size"] == 3
    cells = table_at(space.fleet, f"/apis/{widgets.group}/v1/namespaces/{space.name}/widgets")
    assert ([c["name"] for c in cells["columnDefinitions"]], cells["rows"][0]["cells"]) == (
        ["Name", "Size", "Part"], ["one", 3, 2])  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metadata": {"name": "wrong.example.com"}}, "metadata.name"),
        ({"spec": {"scope": "Everywhere"}}, "spec.scope"),
        ({"spec": {"versions": []}}, "spec.versions"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(fleet: Fleet, change: Any, field: str) -> None:
    body = definition("bad.example.com")
    for key, value in change.items():
        body[key] |= value
    status, answer = fleet.request("a", "POST", DEFINITIONS, body)
    assert (status, answer["details"]["causes"][0]["field"]) == (422, field)


def test_a_name_that_is_taken_is_not_accepted(space: Space) -> None:
    body = definition("networking.k8s.io")
    body["metadata"]["name"] = "ingresses.networking.k8s.io"
    body["spec"]["names"]["plural"] = "ingresses"
    space.fleet.request("a", "POST", DEFINITIONS, body)
    path = f"{DEFINITIONS}/ingresses.networking.k8s.io"
    until(
        lambda: condition_of(space.fleet.request("a", "GET", path)[1], "NamesAccepted")["status"] == "False",
        "refused",
    )
    space.fleet.request("a", "DELETE", path)
    until(lambda: space.fleet.request("a", "GET", path)[0] == 404, "gone")
    assert space.ask("GET", "poddisruptionbudgets")[0] == 200


def test_definitions_and_their_objects_survive_a_restart(tmp_path: Any) -> None:
    group = "kept.example.com"
    path = f"/apis/{group}/v1/widgets"
    with start_fleet(["a"], state=tmp_path) as fleet:
        assert fleet.request("a", "POST", DEFINITIONS, definition(group, scope="Cluster"))[0] == 201
        until(lambda: fleet.request("a", "POST", path, widget())[0] == 201, "served")
    with start_fleet(["a"], state=tmp_path) as fleet:
        assert fleet.request("a", "GET", f"{path}/one")[1]["spec"]["size"] == 3
