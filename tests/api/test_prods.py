"""Prods over the API: made from prod.yaml as JSON, shown, filtered, and their facts changed."""

from copy import deepcopy
from typing import Any

import pytest
import yaml

from clusters.models import Cluster, Overrides, Prod
from journal.models import Event
from releases.models import Run
from tests import build
from tests.api.conftest import Call

pytestmark = pytest.mark.django_db

C_3 = yaml.safe_load((build.DEMO / "prod.yaml").read_text())


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    build.fleet()


def with_spec(**changes: Any) -> dict[str, Any]:
    document = deepcopy(C_3)
    document["spec"] |= changes
    return {
        **document,
        "spec": {name: value for name, value in document["spec"].items() if value is not None},
    }


def test_a_prod_is_made_and_built(call: Call) -> None:
    answer = call("POST", "prods/", C_3, role="admin")
    assert answer.status_code == 201, answer.content
    told = answer.json()
    run = Run.objects.get()
    assert (told["new"], told["run"]["id"], told["run"]["kind"]) == (True, run.pk, "build")
    assert told["prod"]["name"] == "c-3" and told["prod"]["lifecycle"] == "building"


def test_the_same_again_is_no_new_prod_and_no_new_run(call: Call) -> None:
    call("POST", "prods/", C_3, role="admin")
    answer = call("POST", "prods/", C_3, role="admin")
    assert (answer.status_code, answer.json()["new"], answer.json()["run"]) == (200, False, None)
    assert Run.objects.count() == 1


def test_a_dry_run_shows_objects_and_plan_and_stores_nothing(call: Call) -> None:
    answer = call("POST", "prods/?dry_run=true", C_3, role="admin")
    told = answer.json()
    assert answer.status_code == 200 and told["dry_run"] is True
    assert {"Deployment", "Service"} <= {one["kind"] for one in told["objects"]}
    assert [step["kind"] for step in told["plan"]["waves"][0]["prods"][0]["steps"]] == [
        "set_version",
        "wait_ready",
    ]
    assert [note["code"] for note in told["notes"]] == ["namespace-not-looked-at"]  # nobody answers there
    assert not Prod.objects.filter(name="c-3").exists()
    assert not Run.objects.exists() and not Event.objects.filter(prod="c-3").exists()


def test_a_dry_run_is_yes_or_no(call: Call) -> None:
    answer = call("POST", "prods/?dry_run=perhaps", C_3, role="admin")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "dry_run")
    assert not Prod.objects.filter(name="c-3").exists()


@pytest.mark.parametrize("role", ["viewer", "on-call", "release-manager"])
def test_who_may_not_makes_none_and_sees_no_dry_run(call: Call, role: str) -> None:
    for path in ("prods/", "prods/?dry_run=true"):
        assert call("POST", path, C_3, role=role).status_code == 403


WRONG = {
    "nothing": (None, 400, ""),
    "a list": ([C_3], 400, ""),
    "a text": ("prod", 400, ""),
    "no kind": ({name: value for name, value in C_3.items() if name != "kind"}, 400, "kind"),
    "another kind": (C_3 | {"kind": "Pod"}, 400, "kind"),
    "unknown field": (C_3 | {"status": {}}, 400, "status"),
    "no name": (C_3 | {"metadata": {}}, 400, "metadata.name"),
    "name as a number": (C_3 | {"metadata": {"name": 3}}, 400, "metadata.name"),
    "name too long": (C_3 | {"metadata": {"name": "a" * 59}}, 400, "metadata.name"),
    "name with markup": (C_3 | {"metadata": {"name": "<b>"}}, 400, "metadata.name"),
    "name with a path": (C_3 | {"metadata": {"name": "../a"}}, 400, "metadata.name"),
    "name with a line": (C_3 | {"metadata": {"name": "c-3\n"}}, 400, "metadata.name"),
    "no cluster": (with_spec(cluster=None), 400, "spec.cluster"),
    "unknown cluster": (with_spec(cluster="z"), 422, "cluster-not-registered"),
    "cluster as a list": (with_spec(cluster=["c"]), 400, "spec.cluster"),
    "unknown blueprint": (with_spec(blueprint="nope"), 422, "version-unknown"),
    "unknown version": (with_spec(version="v9"), 422, "version-unknown"),
    "version too long": (with_spec(version="v" * 101), 400, "spec.version"),
    "version with NUL": (with_spec(version="v1\0"), 400, "spec.version"),
    "half a surrogate": (with_spec(version="v1\ud800"), 400, "spec.version"),
    "unknown role": (with_spec(role="king"), 400, "spec.role"),
    "capacity as text": (with_spec(capacity="9"), 400, "spec.capacity"),
    "capacity of zero": (with_spec(capacity=0), 400, "spec.capacity"),
    "capacity beyond": (with_spec(capacity=2**31), 400, "spec.capacity"),
    "capacity yes": (with_spec(capacity=True), 400, "spec.capacity"),
    "half a unit": (with_spec(capacity=1.5), 400, "spec.capacity"),
    "endpoint that runs": (with_spec(endpoint="javascript:alert(1)"), 400, "spec.endpoint"),
    "endpoint with a password": (with_spec(endpoint="https://me:pw@shop.example"), 400, "spec.endpoint"),
    "endpoint too long": (with_spec(endpoint="https://x/" + "a" * 200), 400, "spec.endpoint"),
    "namespace that is taken": (with_spec(namespace="prod-c-1"), 409, "namespace-taken"),
    "namespace of the cluster": (with_spec(namespace="kube-system"), 400, "spec.namespace"),
    "the default namespace": (with_spec(namespace="default"), 400, "spec.namespace"),
    "replicas of nobody": (with_spec(overrides={"replicas": {"db": 1}}), 422, "replicas-without-component"),
    "reserved label": (with_spec(overrides={"labels": {"drover.dev/prod": "x"}}), 422, "label-is-reserved"),
    "patch of nothing": (
        with_spec(overrides={"patches": [{"kind": "Secret", "metadata": {"name": "x"}}]}),
        422,
        "patch-without-object",
    ),
}


@pytest.mark.parametrize(("body", "status", "named"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_and_nothing_is_made(call: Call, body: Any, status: int, named: str) -> None:
    before = Prod.objects.count()
    for path in ("prods/", "prods/?dry_run=true"):
        answer = call("POST", path, body, role="admin")
        assert answer.status_code == status, answer.content
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert named in answer.content.decode()
    assert Prod.objects.count() == before and not Run.objects.exists()


def test_a_body_that_is_too_deep_or_too_large_is_refused(call: Call) -> None:
    deep: Any = {}
    for _ in range(60):
        deep = {"a": deep}
    patch = {"kind": "Deployment", "metadata": {"name": "api"}, "spec": deep}
    assert call("POST", "prods/", with_spec(overrides={"patches": [patch]}), role="admin").status_code == 400
    for body in ("[" * 100_000, " " * 20_000_000 + "{}"):
        assert call("POST", "prods/", body, role="admin").status_code in {400, 413}


def test_another_content_for_a_prod_that_exists_is_refused(call: Call) -> None:
    call("POST", "prods/", C_3, role="admin")
    answer = call("POST", "prods/", with_spec(capacity=7), role="admin")
    assert (answer.status_code, answer.json()["code"]) == (409, "prod-exists")


def test_a_cordoned_cluster_takes_no_new_prods(call: Call) -> None:
    Cluster.objects.filter(name="c").update(intent="cordoned")
    assert call("POST", "prods/", C_3, role="admin").json()["code"] == "cluster-takes-none"


FILTERS = [
    ("cluster=a", {"a-1", "a-2"}),
    ("role=test", {"c-2"}),
    ("blueprint=shop&cluster=c&role=live", {"c-1"}),
    ("lifecycle=retired", set()),
    ("version=v9", set()),
]


@pytest.mark.parametrize(("query", "names"), FILTERS, ids=[query for query, _ in FILTERS])
def test_prods_are_filtered(call: Call, query: str, names: set[str]) -> None:
    told = call("GET", f"prods/?{query}", role="viewer").json()
    assert {one["name"] for one in told["results"]} == names


@pytest.mark.parametrize("query", ["role=king", "lifecycle=", "cluster=" + "a" * 64, "role=live&role=king"])
def test_a_filter_that_cannot_be_is_told(call: Call, query: str) -> None:
    assert call("GET", f"prods/?{query}", role="viewer").status_code == 400


def test_one_prod_is_shown_with_its_overrides_and_its_hold(call: Call) -> None:
    call("POST", "prods/a-1/actions/hold/", {"reason": "we look at it"}, role="on-call")
    told = call("GET", "prods/a-1/", role="viewer").json()
    assert told["overrides"] == {"replicas": {}, "labels": {}, "patches": []}
    assert told["hold"]["reason"] == "we look at it"
    for unknown in ("z-9", "..", "a" * 300):
        assert call("GET", f"prods/{unknown}/", role="viewer").status_code == 404
    for odd in ("%00", "a%0a"):
        assert call("GET", f"prods/{odd}/", role="viewer").status_code == 400


def test_facts_are_changed_without_a_run_and_leave_an_event(call: Call) -> None:
    answer = call("PATCH", "prods/a-1/", {"capacity": 1200, "endpoint": "https://a-1.shop.example"})
    assert (answer.status_code, answer.json()["capacity"]) == (200, 1200)
    said = Event.objects.filter(prod="a-1", reason__code="prod-facts").get()
    assert "1200" in said.reason["params"]["fields"] and said.actor is not None
    call("PATCH", "prods/a-1/", {"capacity": 1200})
    assert Event.objects.filter(reason__code="prod-facts").count() == 1 and not Run.objects.exists()
    assert call("PATCH", "prods/a-1/", {"endpoint": ""}).json()["endpoint"] == ""


BAD_FACTS: list[tuple[Any, str]] = [
    ({}, ""),
    (None, ""),
    ([], ""),
    ({"name": "b"}, "name"),
    ({"version": "v1.1.0"}, "version"),
    ({"lifecycle": "retired"}, "lifecycle"),
    ({"capacity": "9"}, "capacity"),
    ({"capacity": -1}, "capacity"),
    ({"capacity": None}, "capacity"),
    ({"role": "king"}, "role"),
    ({"role": ["live"]}, "role"),
    ({"endpoint": "ftp://x"}, "endpoint"),
    ({"endpoint": "http://x/\n"}, "endpoint"),
    ({"endpoint": 5}, "endpoint"),
    ({"capacity": 5, "role": "king"}, "role"),
]


@pytest.mark.parametrize(("facts", "field"), BAD_FACTS, ids=[str(facts) for facts, _ in BAD_FACTS])
def test_facts_that_cannot_be_change_nothing(call: Call, facts: Any, field: str) -> None:
    answer = call("PATCH", "prods/a-1/", facts)
    assert answer.status_code == 400 and answer.headers["Content-Type"] == "application/problem+json"
    assert field in answer.content.decode()
    prod = Prod.objects.get(name="a-1")
    assert (prod.role, prod.lifecycle, Overrides.objects.filter(prod=prod).count()) == (
        "live",
        "in-service",
        1,
    )
    assert prod.capacity != 5


def test_facts_are_written_on_what_was_read(call: Call) -> None:
    assert call("PATCH", "prods/z-9/", {"capacity": 5}).status_code == 404
    assert call("PATCH", "prods/a-1/", {"capacity": 5}, role="on-call").status_code == 403


def test_the_runs_of_a_prod_are_its_history(call: Call) -> None:
    call("POST", "prods/", C_3, role="admin")
    told = call("GET", "prods/c-3/runs/", role="viewer").json()["results"]
    assert [run["kind"] for run in told] == ["build"]
    assert call("GET", "prods/a-1/runs/", role="viewer").json()["results"] == []
