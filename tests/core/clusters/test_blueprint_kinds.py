"""What each kind has to be like in a Blueprint, custom resources, and what no database can hold."""

from typing import Any

import pytest
import yaml

from clusters.core.blueprint import check_documents, parse_blueprint
from clusters.core.manifests import key_of
from clusters.core.yaml_lines import Lines
from clusters.core.yaml_text import BYTES_MAX, BadFile
from tests.core.clusters.shop import deployment, manifests

CACHE = "Cache.shop.example/v1"
POD = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "x", "image": "x:1"}]}}


def an_object(kind: str, api_version: str, spec: Any = None, **metadata: Any) -> dict[str, Any]:
    made = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "it", **metadata}}
    return made if spec is None else {**made, "spec": spec}


def problems_with(*items: Any, custom: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """What is wrong once `items` stand behind the shop, without `documents[5]` in front of the paths."""
    try:
        check_documents([*manifests(), *items], custom)
    except BadFile as bad:
        return [(problem.path.removeprefix("documents[5]"), problem.reason.code) for problem in bad.problems]
    return []


JOB, CRON, ROUTE = "batch/v1", "batch/v1", "gateway.networking.k8s.io/v1"
GOOD = {
    "job": an_object("Job", JOB, {"template": POD}),
    "cron job": an_object("CronJob", CRON, {"jobTemplate": {"spec": {"template": POD}}}),
    "disruption budget": an_object("PodDisruptionBudget", "policy/v1", {"minAvailable": 1}),
    "autoscaler": an_object(
        "HorizontalPodAutoscaler",
        "autoscaling/v2",
        {"scaleTargetRef": {"kind": "Deployment", "name": "api"}, "maxReplicas": 5},
    ),
    "ingress": an_object("Ingress", "networking.k8s.io/v1", {"rules": []}),
    "route to a gateway elsewhere": an_object(
        "HTTPRoute", ROUTE, {"parentRefs": [{"name": "gw", "namespace": "gateways"}]}
    ),
    "service account": an_object("ServiceAccount", "v1"),
}
BAD: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "job without pods": (an_object("Job", JOB, {}), (".spec.template", "field-missing")),
    "job without containers": (
        an_object("Job", JOB, {"template": {"spec": {"containers": []}}}),
        (".spec.template.spec.containers", "field-type"),
    ),
    "job that removes itself": (
        an_object("Job", JOB, {"template": POD, "ttlSecondsAfterFinished": 5}),
        (".spec.ttlSecondsAfterFinished", "job-ttl"),
    ),
    "job whose pods say whose they are": (
        an_object("Job", JOB, {"template": {**POD, "metadata": {"labels": {"drover.dev/prod": "x"}}}}),
        (".spec.template.metadata.labels[drover.dev/prod]", "label-is-reserved"),
    ),
    "cron job whose jobs are elsewhere": (
        an_object(
            "CronJob", CRON, {"jobTemplate": {"metadata": {"namespace": "x"}, "spec": {"template": POD}}}
        ),
        (".spec.jobTemplate.metadata.namespace", "namespace-given"),
    ),
    "pods elsewhere": (
        {
            **deployment("web"),
            "spec": {
                **deployment("web")["spec"],
                "template": {
                    **deployment("web")["spec"]["template"],
                    "metadata": {"namespace": "x", "labels": {"app": "web"}},
                },
            },
        },
        (".spec.template.metadata.namespace", "namespace-given"),
    ),
    "paused": (
        {**deployment("web"), "spec": {**deployment("web")["spec"], "paused": True}},
        (".spec.paused", "deployment-paused"),
    ),
    "replaced by hand": (
        {
            **deployment("web"),
            "kind": "StatefulSet",
            "spec": {**deployment("web")["spec"], "updateStrategy": {"type": "OnDelete"}},
        },
        (".spec.updateStrategy.type", "update-on-delete"),
    ),
    "route to users elsewhere": (
        an_object("HTTPRoute", ROUTE, {"rules": [{"backendRefs": [{"name": "x", "namespace": "y"}]}]}),
        (".spec.rules[0].backendRefs[0].namespace", "namespace-given"),
    ),
    "autoscaler of nothing": (
        an_object("HorizontalPodAutoscaler", "autoscaling/v2", {"maxReplicas": 3}),
        (".spec.scaleTargetRef", "field-missing"),
    ),
    "namespace, be it the right one": (
        an_object("ServiceAccount", "v1", namespace="default"),
        (".metadata.namespace", "namespace-given"),
    ),
    "a name made by the server": (
        an_object("ServiceAccount", "v1", generateName="x-"),
        (".metadata.generateName", "field-not-allowed"),
    ),
    "markup in a name": (
        {**an_object("ServiceAccount", "v1"), "metadata": {"name": "<b>x</b>"}},
        (".metadata.name", "name-invalid"),
    ),
    "markup in a label": (
        an_object("ServiceAccount", "v1", labels={"a": "<b>"}),
        (".metadata.labels[a]", "mark-invalid"),
    ),
    "markup in the name of a label": (
        an_object("ServiceAccount", "v1", labels={"<b>": "a"}),
        (".metadata.labels[<b>]", "mark-invalid"),
    ),
}


@pytest.mark.parametrize("item", GOOD.values(), ids=GOOD.keys())
def test_every_kind_of_the_table_is_taken(item: dict[str, Any]) -> None:
    assert problems_with(item) == []


@pytest.mark.parametrize(("item", "expected"), BAD.values(), ids=BAD.keys())
def test_what_could_never_be_run_or_proven_is_refused(
    item: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert problems_with(item) == [expected]


def test_a_custom_resource_is_taken_only_where_it_is_allowed() -> None:
    cache = an_object("Cache", "shop.example/v1", {"size": 3})
    assert problems_with(cache) == [(".kind", "kind-custom")]
    assert problems_with(cache, custom=(CACHE,)) == []
    other = an_object("Cache", "shop.example/v2", {"size": 3})
    assert problems_with(other, custom=(CACHE,)) == [(".kind", "kind-custom")]


def test_a_custom_resource_named_like_a_kind_of_ours_is_another_kind() -> None:
    like = an_object("Deployment", "shop.example/v1", name="api")
    (*_, parsed) = check_documents([*manifests(), like], ("Deployment.shop.example/v1",))
    assert key_of(parsed) == "Deployment.shop.example/v1"


@pytest.mark.parametrize(
    ("kind", "api_version"),
    [
        ("Secret", "v1"),
        ("Secret", "shop.example/v1"),
        ("Pod", "v1"),
        ("ClusterRole", "rbac.authorization.k8s.io/v1"),
        ("Namespace", "shop.example/v1"),
    ],
)
def test_the_allow_list_does_not_open_what_is_closed(kind: str, api_version: str) -> None:
    item = an_object(kind, api_version)
    ((path, _),) = problems_with(item, custom=(f"{kind}.{api_version}",))
    assert path == ".kind"


UNSTORABLE: dict[str, Any] = {
    "NUL in a value": "a\0b",
    "half a character": "\ud800",
    "no number": float("inf"),
    "NUL in a key": {"a\0": 1},
    "too deep": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],
}


@pytest.mark.parametrize("value", UNSTORABLE.values(), ids=UNSTORABLE.keys())
def test_what_no_column_can_hold_is_refused_with_its_place(value: Any) -> None:
    found = problems_with({**an_object("ConfigMap", "v1"), "data": {"a": value}})
    assert found
    assert all(path.startswith(".data.a") for path, _ in found)


@pytest.mark.parametrize("text", ['a: "\\0"', "a: 1e999", "a: \ud800"], ids=["NUL", "huge", "surrogate"])
def test_text_that_hides_what_no_column_can_hold_is_refused(text: str) -> None:
    with pytest.raises(BadFile):
        parse_blueprint(yaml.safe_dump_all(manifests()) + "---\n" + text)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(BOMB, "yaml-alias", id="billion laughs"),
        pytest.param("x" * 20 * 2**20, "file-too-large", id="20 MB"),
        pytest.param("[" * 10_000, "yaml-too-deep", id="deep"),
        pytest.param("a: !!python/object/apply:os.system [id]", "yaml-broken", id="a tag that runs code"),
    ],
)
def test_a_hostile_text_costs_nothing(text: str, code: str) -> None:
    with pytest.raises(BadFile) as bad:
        parse_blueprint(text)
    assert [problem.reason.code for problem in bad.value.problems] == [code]


def test_json_that_is_large_is_refused_too() -> None:
    large = {**an_object("ConfigMap", "v1"), "data": {"a": "x" * BYTES_MAX}}
    assert problems_with(large) == [("", "file-too-large")]


TEXT = """# a chart
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
---
---
apiVersion: v1
kind: Service
metadata:
  name: api
  labels:
    app.example/x: y
spec:
  ports:
    - port: 80
    - port: 81
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("documents[0].metadata.name", 5),
        ("documents[0].kind", 3),
        ("documents[0]", 2),
        ("documents[1]", 7),
        ("documents[2].metadata.labels[app.example/x]", 13),
        ("documents[2].spec.ports[1].port", 17),
        ("documents[2].metadata.namespace", 10),
        ("documents[9].kind", 0),
        ("", 0),
    ],
)
def test_a_problem_has_a_line(path: str, line: int) -> None:
    assert Lines(TEXT).line_of(path) == line
