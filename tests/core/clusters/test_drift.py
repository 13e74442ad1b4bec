"""Drift: what counts as a difference and what does not; rules that always hold."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.core.drift import Difference, What, differences, key
from clusters.core.manifests import Manifest
from tests.core.clusters.drifted import AT, IMAGE, RENDERED, live, own, pod, told, with_api


def test_what_was_applied_is_no_drift() -> None:
    assert told(live()) == []


def test_a_field_of_ours_that_is_otherwise_is_named_with_who_wrote_it() -> None:
    there = live()
    pod(there)["containers"][0]["image"] = "shop/api:hot"
    own(there["Deployment/api"], "kubectl-edit", IMAGE)
    assert differences(RENDERED, there.values()) == (
        Difference(
            "Deployment", "api", "containers[api].image", What.CHANGED,
            "shop/api:v1", "shop/api:hot", "kubectl-edit", AT,
        ),
    )  # fmt: skip


Change = Callable[[dict[str, Manifest]], object]
CHANGES: dict[str, tuple[Change, list[tuple[str, ...]]]] = {
    "a field is gone": (
        lambda there: pod(there)["containers"][0].pop("ports"),
        [("changed", "Deployment/api", "containers[api].ports", '[{"containerPort":8080}]', "")],
    ),
    "a container is gone": (
        lambda there: pod(there)["containers"].pop(1),
        [("changed", "Deployment/api", "containers[proxy]", '{"image":"envoy:1","name":"proxy"}', "")],
    ),
    "an object is gone": (
        lambda there: there.pop("ConfigMap/settings"),
        [("missing", "ConfigMap/settings", "", "", "")],
    ),
    "data of a ConfigMap": (
        lambda there: there["ConfigMap/settings"]["data"].update(color="red"),
        [("changed", "ConfigMap/settings", "data.color", "blue", "red")],
    ),
    "replicas": (
        lambda there: there["Deployment/api"]["spec"].update(replicas=0),
        [("changed", "Deployment/api", "spec.replicas", "3", "0")],
    ),
    "a label of ours": (
        lambda there: there["Service/api"]["metadata"]["labels"].pop("drover.dev/version"),
        [("changed", "Service/api", "metadata.labels[drover.dev/version]", "v1", "")],
    ),
    "text instead of a number": (
        lambda there: there["Service/api"]["spec"]["ports"][0].update(targetPort="8080"),
        [("changed", "Service/api", "spec.ports[80].targetPort", "8080", '"8080"')],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_set_must_be_there(name: str) -> None:
    change, expected = CHANGES[name]
    there = live()
    change(there)
    assert told(there) == expected


def test_text_and_number_are_shown_apart() -> None:
    there = live()
    there["Service/api"]["spec"]["ports"][0]["targetPort"] = "8080"
    (one,) = differences(RENDERED, there.values())
    assert one.desired != one.live


NO_DRIFT: dict[str, Change] = {
    "defaults of the API server": lambda there: pod(there).update(dnsPolicy="ClusterFirst"),
    "a default inside an item": lambda there: pod(there)["containers"][0].update(imagePullPolicy="Always"),
    "status": lambda there: there["Deployment/api"].update(status={"replicas": 1}),
    "our own mark": lambda there: there["Service/api"]["metadata"].update(
        annotations={"drover.dev/epoch": "1.2.3"}
    ),
    "items in another order": lambda there: pod(there)["containers"].reverse(),
    "the protocol of a port": lambda there: pod(there)["containers"][0]["ports"][0].update(protocol="TCP"),
    "another version of the API": lambda there: there["Deployment/api"].update(apiVersion="apps/v1"),
}


@pytest.mark.parametrize("name", NO_DRIFT)
def test_what_the_server_adds_is_no_drift(name: str) -> None:
    there = live()
    NO_DRIFT[name](there)
    assert told(there) == []


EQUAL = [
    ({"resources": {"limits": {"cpu": "500m"}}}, {"resources": {"limits": {"cpu": "0.5"}}}),
    ({"resources": {"requests": {"memory": "1Gi"}}}, {"resources": {"requests": {"memory": "1024Mi"}}}),
    ({"args": []}, {}),
    ({"tty": False}, {}),
    ({"resources": {"limits": {}}}, {}),
    ({"workingDir": None}, {"workingDir": ""}),
]


@pytest.mark.parametrize(("desired", "found"), EQUAL)
def test_the_same_in_other_words_is_no_drift(desired: Manifest, found: Manifest) -> None:
    rendered = with_api(**desired)
    there = live(rendered)
    container = pod(there)["containers"][0]
    for name in desired:
        container.pop(name)
    container.update(found)
    assert told(there, rendered) == []


def test_a_quantity_elsewhere_is_a_text_like_any_other() -> None:
    rendered = with_api(env=[{"name": "LIMIT", "value": "1Gi"}])
    there = live(rendered)
    pod(there)["containers"][0]["env"][0]["value"] = "1024Mi"
    assert told(there, rendered)[0][2:] == ("containers[api].env[LIMIT].value", "1Gi", "1024Mi")


def test_what_the_server_would_leave_as_it_is_is_no_drift() -> None:
    """An admission webhook has put a mirror in front of the image, and would do so again."""
    there = live()
    pod(there)["containers"][0]["image"] = "mirror/shop/api:v1"
    there["ConfigMap/settings"]["data"]["color"] = "red"
    again = deepcopy(there["Deployment/api"])
    found = differences(RENDERED, there.values(), {key(again): again})
    assert [one.path for one in found] == ["data.color"]


def test_replicas_under_an_autoscaler_are_no_drift() -> None:
    there = live()
    there["Deployment/api"]["spec"]["replicas"] = 7
    own(
        there["Deployment/api"],
        "kube-controller-manager",
        {"f:spec": {"f:replicas": {}}},
        subresource="scale",
    )
    assert told(there) == []
    other = live()
    other["Deployment/api"]["spec"]["replicas"] = 7
    own(other["Deployment/api"], "kubectl", {"f:spec": {"f:replicas": {}}}, subresource="scale")
    (one,) = differences(RENDERED, other.values())
    assert (one.path, one.manager) == ("spec.replicas", "kubectl")


FIELDS = st.sampled_from(["uid", "dnsPolicy", "protocol", "nodePort", "schedulerName"])
MORE = st.dictionaries(FIELDS, st.one_of(st.sampled_from(["x", ""]), st.integers(0, 9)), max_size=2)
VALUES = st.one_of(st.text(max_size=5), st.integers(0, 9), st.booleans(), st.just({"a": 1}))


@st.composite
def defaulted(draw: st.DrawFn, value: Any, path: str = "") -> Any:
    """`value` as an API server might complete it: more fields, keyed items in another order."""
    if isinstance(value, dict):
        result = {name: draw(defaulted(item, name)) for name, item in value.items()}
        labels = path in {"labels", "annotations", "data", "matchLabels", "selector"}
        for name, more in draw(MORE).items():
            if name not in result and not labels:
                result[name] = "TCP" if name == "protocol" else more
        return result
    if isinstance(value, list):
        items = [draw(defaulted(item)) for item in value]
        return draw(st.permutations(items)) if path == "containers" else items
    return value


@given(st.data())
def test_what_a_server_completes_is_never_drift(data: st.DataObject) -> None:
    there = live()
    name = data.draw(st.sampled_from(sorted(there)))
    there[name] = data.draw(defaulted(there[name]))
    assert told(there) == []


@given(st.data())
def test_the_order_in_which_objects_come_changes_nothing(data: st.DataObject) -> None:
    there = live()
    there.pop("Service/api")
    pod(there)["containers"][0]["image"] = "other"
    pod(there, "frontend")["containers"].pop()
    shuffled = data.draw(st.permutations(list(there.values())))
    assert differences(RENDERED, shuffled) == differences(RENDERED, there.values())


@given(st.recursive(VALUES, lambda inner: st.dictionaries(st.text(max_size=6), inner) | st.lists(inner)))
def test_whatever_stands_in_managed_fields_nothing_breaks(fields: Any) -> None:
    there = live()
    there["Deployment/api"]["metadata"]["managedFields"] = [{"manager": "x", "fieldsV1": fields}, fields]
    assert told(there) == []
