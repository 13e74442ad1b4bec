"""Clusters over the API: every way to connect, every field, no secret out."""

import json
from typing import Any

import pytest

from clusters.models import Cluster
from clusters.vault import decrypt
from journal.models import Event
from tests import build
from tests.api.conftest import Call
from tests.core.clusters.kubeconfigs import CA, CLIENT, config, two_contexts

SECRET = "canary-7c1f"
FACTS = {"provider": "gke", "region": "eu", "failure_domain": "eu-a", "purpose": "edge"}
TOKEN = {"server": "https://a.example", "token": SECRET}
WAYS: dict[str, dict[str, Any]] = {
    "kubeconfig": {"kubeconfig": json.dumps(config(user={"token": SECRET}))},
    "token": TOKEN | {"ca": CA.cert_pem},
    "certificate": {
        "server": "https://a.example",
        "client_certificate": CLIENT.cert_pem,
        "client_key": CLIENT.key_pem,
    },
    "eks": {
        "eks_cluster": "shop",
        "aws_region": "eu-central-1",
        "server": "https://AB12.gr7.eu-central-1.eks.amazonaws.com",
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_access_key": f"{SECRET}AAAAAAAAAAAAAAAA".replace("-", "/"),
    },
}


def new(**changes: Any) -> dict[str, Any]:
    return {"name": "b", **FACTS, "access": "token", "credentials": TOKEN} | changes


@pytest.fixture
def a(db: None) -> Cluster:
    return build.cluster("a")


def wrong(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


@pytest.mark.parametrize("access", WAYS)
def test_a_cluster_is_registered_and_its_secrets_are_never_shown(call: Call, access: str) -> None:
    answer = call("POST", "clusters/", new(access=access, credentials=WAYS[access]), "admin")
    assert answer.status_code == 201, answer.content
    row = Cluster.objects.get(name="b")
    assert (row.access, row.purpose, row.failure_domain) == (access, "edge", "eu-a")
    assert answer.json()["server"] == row.server == decrypt(row.credentials).server
    for path in ("clusters/", "clusters/b/"):
        told = call("GET", path, role="admin").content.decode()
        assert SECRET not in told and "PRIVATE KEY" not in told and "CERTIFICATE" not in told
    assert SECRET.encode() not in bytes(row.credentials)
    assert SECRET not in str(list(Event.objects.values()))


def test_the_own_service_account_is_only_for_those_who_allow_it(call: Call, settings: Any) -> None:
    body = new(access="in-cluster", credentials={})
    assert wrong(call("POST", "clusters/", body, "admin")) == {"access": "not-in-cluster"}
    settings.IN_CLUSTER = True
    assert call("POST", "clusters/", body, "admin").status_code == 201
    assert decrypt(Cluster.objects.get().credentials).in_cluster


MISSING = {
    "name": {"name": "value-needed"},
    "provider": {"provider": "value-needed"},
    "failure_domain": {"failure_domain": "value-needed"},
    "access": {"access": "value-unknown"},
    "credentials": {"credentials.server": "value-needed", "credentials.token": "value-needed"},
}


@pytest.mark.parametrize(("field", "expected"), MISSING.items(), ids=MISSING.keys())
def test_a_field_that_is_missing_is_asked_for(call: Call, field: str, expected: dict[str, str]) -> None:
    body = {name: value for name, value in new().items() if name != field}
    assert wrong(call("POST", "clusters/", body, "admin")) == expected
    assert not Cluster.objects.exists()


@pytest.mark.parametrize("field", ["name", *FACTS, "access", "credentials"])
@pytest.mark.parametrize("value", [None, 7, True, ["x"], "x" * 5000, "<b>\x00", "../a"], ids=repr)
def test_a_hostile_value_changes_nothing(call: Call, field: str, value: Any) -> None:
    if value == "../a" and field in ("provider", "region", "failure_domain"):
        value = "x\ny"  # no path is ever made of these
    answer = call("POST", "clusters/", new(**{field: value}), "admin")
    assert field in wrong(answer)
    assert not Cluster.objects.exists()


@pytest.mark.parametrize("body", [None, [], "x", 7, "{", "\x00"], ids=repr)
def test_a_body_that_is_no_object_is_refused(call: Call, body: Any) -> None:
    assert call("POST", "clusters/", body, "admin").status_code == 400
    assert not Cluster.objects.exists()


def test_unknown_fields_are_refused_by_name(call: Call, a: Cluster) -> None:
    assert wrong(call("POST", "clusters/", new(surprise=1), "admin")) == {"surprise": "field-unknown"}
    assert wrong(call("PATCH", "clusters/a/", {"server": "https://evil.example"}, "admin")) == {
        "server": "field-unknown"
    }


def test_everything_that_is_wrong_is_told_at_once(call: Call) -> None:
    body = new(name="-", provider="", credentials={"server": "x", "token": "a b"})
    assert set(wrong(call("POST", "clusters/", body, "admin"))) == {
        "name", "provider", "credentials.server", "credentials.token",
    }  # fmt: skip


def test_a_context_has_to_be_chosen(call: Call) -> None:
    body = new(access="kubeconfig", credentials={"kubeconfig": two_contexts()})
    assert wrong(call("POST", "clusters/", body, "admin")) == {"credentials.context": "context-needed"}
    body["credentials"]["context"] = "b"
    assert call("POST", "clusters/", body, "admin").json()["server"] == "https://b.example"


def test_a_name_is_given_once(call: Call, a: Cluster) -> None:
    answer = call("POST", "clusters/", new(name="a"), "admin")
    assert (answer.status_code, answer.json()["code"]) == (409, "cluster-exists")
    assert Cluster.objects.get().provider == "on-premises"


def test_facts_are_changed_one_by_one(call: Call, a: Cluster) -> None:
    answer = call("PATCH", "clusters/a/", {"region": "eu-1"}, "admin")
    assert answer.status_code == 200
    assert (answer.json()["region"], answer.json()["provider"]) == ("eu-1", "on-premises")
    assert wrong(call("PATCH", "clusters/a/", {"purpose": "party"}, "admin")) == {"purpose": "value-unknown"}


def test_a_change_on_what_is_no_longer_so_is_refused(call: Call, a: Cluster) -> None:
    from django.test import Client

    from access.tokens import create_token

    tag = call("GET", "clusters/a/", role="admin").headers["ETag"]
    call("PATCH", "clusters/a/", {"region": "first"}, "admin")
    headers = {
        "Authorization": f"Bearer {create_token(build.person('admin'), 't', 'admin')}",
        "If-Match": tag,
    }
    answer = Client().patch(
        "/api/v1/clusters/a/", '{"region": "second"}', content_type="application/json", headers=headers
    )
    assert answer.status_code == 412
    assert Cluster.objects.get().region == "first"


def test_credentials_are_replaced_whole(call: Call, a: Cluster) -> None:
    before = bytes(a.credentials)
    half = {"access": "token", "credentials": {"server": "https://evil.example"}}
    assert wrong(call("PUT", "clusters/a/credentials/", half, "admin")) == {
        "credentials.token": "value-needed"
    }
    assert bytes(Cluster.objects.get().credentials) == before
    whole = {"access": "token", "credentials": TOKEN}
    assert call("PUT", "clusters/a/credentials/", whole, "admin").json()["server"] == "https://a.example"
    assert decrypt(Cluster.objects.get().credentials).token == SECRET
    assert call("GET", "clusters/a/credentials/", role="admin").status_code in {403, 405}


def test_acts_move_the_intent_or_say_why_not(call: Call, a: Cluster) -> None:
    assert (
        call("POST", "clusters/a/actions/cordon/", {"reason": "why"}, "admin").json()["intent"] == "cordoned"
    )
    answer = call("POST", "clusters/a/actions/cordon/", {}, "admin")
    assert (answer.status_code, answer.json()["code"]) == (409, "cluster-intent")
    assert call("POST", "clusters/a/actions/uncordon/", {}, "admin").json()["intent"] == "active"
    assert call("POST", "clusters/a/actions/retire/", {}, "admin").json()["intent"] == "retired"
    assert call("POST", "clusters/a/actions/explode/", {}, "admin").status_code == 404


@pytest.mark.parametrize(
    "reason", [7 * "x" * 1000, ["x"], {"a": 1}, "a\x00b"], ids=["long", "list", "object", "nul"]
)
def test_a_wrong_reason_is_refused(call: Call, a: Cluster, reason: Any) -> None:
    assert "reason" in wrong(call("POST", "clusters/a/actions/cordon/", {"reason": reason}, "admin"))
    assert Cluster.objects.get().intent == "active"


def test_a_cluster_in_use_is_not_removed(call: Call) -> None:
    build.fleet()
    answer = call("DELETE", "clusters/a/", role="admin")
    assert (answer.status_code, answer.json()["code"]) == (409, "cluster-in-use")
    assert "a-1, a-2" in answer.json()["detail"]


def test_a_cluster_without_use_is_removed(call: Call, a: Cluster) -> None:
    assert call("DELETE", "clusters/a/", role="admin").status_code == 204
    assert call("GET", "clusters/a/", role="admin").status_code == 404


def test_a_cluster_that_does_not_answer_says_so(call: Call, a: Cluster) -> None:
    answer = call("POST", "clusters/a/actions/test/", role="on-call")
    assert (answer.status_code, answer.json()["code"]) == (409, "cluster-not-reached")


def test_the_list_is_filtered_and_paged(call: Call) -> None:
    for name in ("a", "b", "c"):
        build.cluster(name)
    Cluster.objects.filter(name="b").update(health="unreachable", intent="cordoned", purpose="edge")
    for query in ("health=unreachable", "intent=cordoned", "purpose=edge"):
        assert [one["name"] for one in call("GET", f"clusters/?{query}").json()["results"]] == ["b"]
    assert call("GET", "clusters/?health=fine").status_code == 400
    first = call("GET", "clusters/?page_size=2").json()
    assert [one["name"] for one in first["results"]] == ["a", "b"]
    assert first["next"]


ROLES = {
    ("GET", "clusters/"): "viewer",
    ("GET", "clusters/a/"): "viewer",
    ("POST", "clusters/"): "admin",
    ("PATCH", "clusters/a/"): "admin",
    ("DELETE", "clusters/a/"): "admin",
    ("PUT", "clusters/a/credentials/"): "admin",
    ("POST", "clusters/a/actions/test/"): "on-call",
    ("POST", "clusters/a/actions/cordon/"): "admin",
    ("POST", "clusters/a/actions/uncordon/"): "admin",
    ("POST", "clusters/a/actions/retire/"): "admin",
}


@pytest.mark.parametrize(("door", "least"), ROLES.items(), ids=[" ".join(door) for door in ROLES])
def test_each_door_asks_for_its_role(call: Call, a: Cluster, door: tuple[str, str], least: str) -> None:
    for role in build.ROLES:
        if build.ROLES.index(role) < build.ROLES.index(least):
            assert call(*door, {}, role).status_code == 403, role
    assert call(*door, {}, least).status_code != 403


@pytest.mark.parametrize("name", ["%00", "a%00", "..%2f", "x" * 300, "%ff", "a%0a"])
def test_a_hostile_name_is_not_found(call: Call, a: Cluster, name: str) -> None:
    assert call("GET", f"clusters/{name}/", role="admin").status_code in {400, 404}
