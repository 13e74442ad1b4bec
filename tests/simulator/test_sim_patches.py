"""The patch types as pure functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.controllers import rollout
from simulator.patches.apply import ApplyConflict, applied
from simulator.patches.fields import decoded, difference, encoded, fields_of, intersection, union
from simulator.patches.json_patch import PatchFailed, json_patched
from simulator.patches.managers import written
from simulator.patches.merge_patch import merge_patched
from simulator.patches.schema import BUILT_IN
from simulator.patches.strategic import strategic_patched

CONTAINERS = [
    {"name": "api", "image": "api:1", "env": [{"name": "A", "value": "1"}]},
    {"name": "side", "image": "s:1"},
]


def pod_spec(*containers: dict) -> dict:
    return {"spec": {"containers": list(containers)}}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        pytest.param(
            [{"name": "api", "image": "api:2"}], ["api:2", "s:1"], id="an item is merged by its key"
        ),
        pytest.param([{"name": "new", "image": "n:1"}], ["n:1", "api:1", "s:1"], id="a new item comes first"),
        pytest.param(
            [{"name": "side", "$patch": "delete"}], ["api:1"], id="$patch delete takes an item away"
        ),
        pytest.param(
            [{"name": "x", "image": "x:1"}, {"$patch": "replace"}], ["x:1"], id="$patch replace replaces"
        ),
    ],
)
def test_a_strategic_merge_knows_lists_with_keys(patch: list, expected: list) -> None:
    result = strategic_patched(pod_spec(*CONTAINERS), {"spec": {"containers": patch}})
    assert [container["image"] for container in result["spec"]["containers"]] == expected


def test_a_strategic_merge_keeps_what_the_patch_does_not_name() -> None:
    result = strategic_patched(
        pod_spec(*CONTAINERS), pod_spec({"name": "api", "env": [{"name": "B", "value": "2"}]})
    )
    assert result["spec"]["containers"][0]["env"] == [
        {"name": "B", "value": "2"},
        {"name": "A", "value": "1"},
    ]


def test_a_strategic_merge_without_the_merge_key_is_refused() -> None:
    with pytest.raises(PatchFailed, match="does not contain declared merge key: name"):
        strategic_patched(pod_spec(*CONTAINERS), pod_spec({"image": "x"}))


def test_retain_keys_drops_the_others() -> None:
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    live = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    assert strategic_patched(live, patch) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_a_list_without_a_key_is_replaced() -> None:
    assert strategic_patched({"args": ["a", "b"]}, {"args": ["c"]}) == {"args": ["c"]}


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "replace", "path": "/a", "value": 2}], {"a": 2, "b": [1, 2]}),
        ([{"op": "add", "path": "/b/-", "value": 3}], {"a": 1, "b": [1, 2, 3]}),
        ([{"op": "remove", "path": "/b/0"}], {"a": 1, "b": [2]}),
        ([{"op": "move", "from": "/a", "path": "/c~1d"}], {"c/d": 1, "b": [1, 2]}),
        ([{"op": "copy", "from": "/a", "path": "/c"}], {"a": 1, "b": [1, 2], "c": 1}),
    ],
)
def test_json_patch_operations(operations: list, expected: dict) -> None:
    assert json_patched({"a": 1, "b": [1, 2]}, operations) == expected


@pytest.mark.parametrize("operation", [
    {"op": "test", "path": "/a", "value": 2}, {"op": "remove", "path": "/x"}, {"op": "nonsense", "path": "/a"},
])  # fmt: skip
def test_a_json_patch_that_does_not_fit_is_refused(operation: dict) -> None:
    with pytest.raises(PatchFailed):
        json_patched({"a": 1}, [operation])


def test_merge_patch_removes_nulls_and_replaces_lists() -> None:
    assert merge_patched({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": None}, "d": [2]}) == {
        "a": {"c": 2},
        "d": [2],
    }


TREES = st.recursive(
    st.just({".": {}}),
    lambda inner: st.dictionaries(st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', "."]), inner, min_size=1),
    max_leaves=6,
).map(lambda tree: {key: ({} if key == "." else value) for key, value in tree.items()})


def paths(tree: dict, prefix: tuple = ()) -> set:
    found = {prefix} if "." in tree else set()
    return found.union(*(paths(value, (*prefix, key)) for key, value in tree.items() if key != "."))


def clean(tree: dict) -> dict:
    return {key: ({} if key == "." else clean(value)) for key, value in tree.items()}


@given(TREES, TREES)
def test_field_trees_behave_like_sets_of_paths(left: dict, right: dict) -> None:
    left, right = clean(left), clean(right)
    assert paths(union(left, right)) == paths(left) | paths(right)
    assert paths(intersection(left, right)) == paths(left) & paths(right)
    assert paths(difference(left, right)) == paths(left) - paths(right)
    assert paths(decoded(encoded(left))) == paths(left)


def apply_as(name: str, live: dict, config: dict, force: bool = False) -> dict:
    merged, managers = applied(live, {"apiVersion": "v1", **config}, name, force, BUILT_IN)
    merged = {**merged, "metadata": {**merged.get("metadata", {}), "managedFields": written(managers)}}
    return {**merged, "apiVersion": "v1"}


def test_a_second_manager_with_the_same_value_shares_the_field() -> None:
    first = apply_as("one", {"metadata": {}}, {"data": {"a": "1"}})
    second = apply_as("two", first, {"data": {"a": "1"}})
    assert apply_as("one", second, {"data": {"b": "1"}})["data"] == {"a": "1", "b": "1"}


def test_a_field_that_only_we_applied_goes_when_we_drop_it() -> None:
    first = apply_as("one", {"metadata": {}}, {"data": {"a": "1", "b": "2"}})
    assert apply_as("one", first, {"data": {"a": "1"}})["data"] == {"a": "1"}


def test_a_changed_field_of_another_manager_is_a_conflict_unless_forced() -> None:
    first = apply_as("one", {"metadata": {}}, {"data": {"a": "1"}})
    with pytest.raises(ApplyConflict):
        apply_as("two", first, {"data": {"a": "2"}})
    forced = apply_as("two", first, {"data": {"a": "2"}}, force=True)
    assert [entry["manager"] for entry in forced["metadata"]["managedFields"]] == ["two"]


def test_applied_containers_keep_those_of_others_in_place() -> None:
    live = apply_as("other", {"metadata": {}}, pod_spec({"name": "side", "image": "s:1"}))
    merged = apply_as("drover", live, pod_spec({"name": "api", "image": "api:1"}))
    assert [c["name"] for c in merged["spec"]["containers"]] == ["side", "api"]
    gone = apply_as("drover", merged, {"spec": {}})
    assert [c["name"] for c in gone["spec"]["containers"]] == ["side"]


def test_identity_and_system_fields_are_never_owned() -> None:
    fields = fields_of(
        {"apiVersion": "v1", "kind": "X", "metadata": {"name": "n", "labels": {"a": "b"}}}, BUILT_IN
    )
    assert encoded(fields) == {"f:metadata": {"f:labels": {"f:a": {}}}}


@given(
    st.integers(0, 20),
    st.integers(0, 5),
    st.integers(0, 5),
    st.lists(st.integers(0, 20), min_size=1, max_size=4),
)
def test_a_rolling_update_never_plans_beyond_surge(
    replicas: int, surge: int, unavailable: int, sizes: list
) -> None:
    total = sum(sizes)
    target = rollout.new_size(replicas, surge, total, sizes[0])
    assert target <= max(replicas, sizes[0])
    assert total - sizes[0] + target <= max(total, replicas + surge)
    assert rollout.removable_unhealthy(total, replicas - unavailable, 0) <= max(
        0, total - replicas + unavailable
    )
