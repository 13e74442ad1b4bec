"""Tokens, rules and what they let through."""

import http.client
import json
from contextlib import closing
from typing import Any

import pytest

from simulator.testing import Fleet, start_fleet
from tests.simulator.space import Space, config_map, until

READ_PODS = [{"verbs": ["get", "list", "watch"], "apiGroups": [""], "resources": ["pods"]}]
REVIEWS = "/apis/authorization.k8s.io/v1"
RBAC = "/apis/rbac.authorization.k8s.io/v1"


def ask(
    space: Space, token: str, method: str, path: str, body: Any = None, kind: str = "application/json"
) -> Any:
    return space.fleet.request("a", method, path, body, kind, token=token)


def can_i(space: Space, token: str, **attributes: str) -> bool:
    body = {"spec": {"resourceAttributes": attributes}}
    status, answer = ask(space, token, "POST", f"{REVIEWS}/selfsubjectaccessreviews", body)
    assert status == 201, answer
    return bool(answer["status"]["allowed"])


NO_RIGHT = {
    ("GET", "/api/v1/secrets"): 'secrets is forbidden: User "x" cannot list resource "secrets" in API group "" at the cluster scope',
    ("GET", "/api/v1/namespaces/n/secrets/s"): 'secrets "s" is forbidden: User "x" cannot get resource "secrets" in API group "" in the namespace "n"',
    ("GET", "/api/v1/namespaces/n/pods/p/log"): 'pods "p" is forbidden: User "x" cannot get resource "pods/log" in API group "" in the namespace "n"',
    ("POST", "/apis/apps/v1/namespaces/n/deployments"): 'deployments.apps is forbidden: User "x" cannot create resource "deployments" in API group "apps" in the namespace "n"',
    ("DELETE", "/api/v1/namespaces/n"): 'namespaces "n" is forbidden: User "x" cannot delete resource "namespaces" in API group "" in the namespace "n"',
    ("DELETE", "/api/v1/namespaces/n/pods"): 'pods is forbidden: User "x" cannot deletecollection resource "pods" in API group "" in the namespace "n"',
    ("GET", "/metrics"): 'forbidden: User "x" cannot get path "/metrics"',
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "message"), [(*key, message) for key, message in NO_RIGHT.items()]
)
def test_what_no_rule_allows_is_403_in_the_real_words(
    space: Space, method: str, path: str, message: str
) -> None:
    token = space.fleet.mint_token("a", READ_PODS, user="x")
    status, answer = ask(space, token, method, path, {} if method == "POST" else None)
    assert (status, answer["reason"], answer["message"]) == (403, "Forbidden", message)


def test_rules_at_the_cluster_scope_hold_everywhere(space: Space) -> None:
    token = space.fleet.mint_token("a", READ_PODS)
    assert ask(space, token, "GET", "/api/v1/pods")[0] == 200
    assert ask(space, token, "GET", space.path("pods"))[0] == 200


def test_rules_of_one_namespace_hold_only_there(space: Space) -> None:
    token = space.fleet.mint_token("a", READ_PODS, namespace=space.name)
    assert ask(space, token, "GET", space.path("pods"))[0] == 200
    assert ask(space, token, "GET", "/api/v1/pods")[0] == 403
    assert ask(space, token, "GET", "/api/v1/namespaces/default/pods")[0] == 403


def test_resource_names_cover_only_requests_that_name_them(space: Space) -> None:
    rules = [
        {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["one"]}
    ]
    token = space.fleet.mint_token("a", rules)
    space.create("configmaps", config_map("one"))
    assert ask(space, token, "GET", space.path("configmaps", "one"))[0] == 200
    assert ask(space, token, "GET", space.path("configmaps", "two"))[0] == 403
    assert ask(space, token, "GET", space.path("configmaps"))[0] == 403
    assert ask(space, token, "GET", space.path("configmaps") + "?fieldSelector=metadata.name=one")[0] == 200


def test_an_apply_that_creates_needs_the_right_to_create(space: Space) -> None:
    rules = [{"verbs": ["patch"], "apiGroups": [""], "resources": ["configmaps"]}]
    token = space.fleet.mint_token("a", rules, user="x")
    path = space.path("configmaps", "settings") + "?fieldManager=x"
    kind = "application/apply-patch+yaml"
    status, answer = ask(space, token, "PATCH", path, config_map(a="1"), kind)
    assert status == 403
    assert 'configmaps "settings" is forbidden: User "x" cannot create resource' in answer["message"]
    space.create("configmaps", config_map())
    assert ask(space, token, "PATCH", path, config_map(a="1"), kind)[0] == 200


def test_a_refused_write_changes_nothing_and_is_in_the_audit_log_with_its_user(space: Space) -> None:
    token = space.fleet.mint_token("a", READ_PODS, user="intruder")
    assert ask(space, token, "POST", space.path("configmaps"), config_map("evil"))[0] == 403
    assert space.ask("GET", "configmaps", "evil")[0] == 404
    entries = [e for e in space.fleet.audit() if e["type"] == "request" and e["user"] == "intruder"]
    assert [(e["verb"], e["code"]) for e in entries if e["namespace"] == space.name] == [("create", 403)]


def test_anybody_may_read_discovery_and_ask_about_itself(space: Space) -> None:
    token = space.fleet.mint_token("a", [])
    for path in ("/version", "/readyz", "/api", "/apis", "/api/v1", "/apis/apps/v1", "/openapi/v3"):
        assert ask(space, token, "GET", path)[0] == 200
    status, answer = ask(space, token, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    assert (status, answer["status"]["userInfo"]["username"]) == (201, "simulated-user")


def test_whoever_may_impersonate_speaks_for_others(space: Space) -> None:
    def seen_as(token: str, *headers: tuple[str, str]) -> tuple[int, Any]:
        access = space.fleet.clusters["a"]
        connection = http.client.HTTPConnection(access.server.removeprefix("http://"), timeout=10)
        with closing(connection):
            connection.putrequest("GET", space.path("pods"))
            for name, value in (("Authorization", f"Bearer {token or access.token}"), *headers):
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    jane, dev, ops = ("Impersonate-User", "jane"), ("Impersonate-Group", "dev"), ("Impersonate-Group", "ops")
    status, refused = seen_as("", jane)
    assert (status, refused["message"][:40]) == (403, 'pods is forbidden: User "jane" cannot li')
    space.fleet.request(
        "a", "POST", f"{RBAC}/clusterroles", {"metadata": {"name": "dev"}, "rules": READ_PODS}
    )
    binding = {"metadata": {"name": "dev"}, "subjects": [{"kind": "Group", "name": "dev"}],
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "dev"}}  # fmt: skip
    assert space.fleet.request("a", "POST", f"{RBAC}/namespaces/{space.name}/rolebindings", binding)[0] == 201
    assert seen_as("", jane, dev, ops)[0] == 200
    rules = [{"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"]}]
    token = space.fleet.mint_token("a", rules, user="robot")
    status, refused = seen_as(token, jane, dev)
    assert (status, refused["message"]) == (
        403,
        'groups "dev" is forbidden: User "robot" cannot impersonate resource "groups" in API group "" at the cluster scope',
    )
    assert 'User "jane"' in seen_as(token, jane)[1]["message"]


def test_a_revoked_token_is_unknown_at_once(space: Space) -> None:
    token = space.fleet.mint_token("a", READ_PODS)
    assert ask(space, token, "GET", "/api/v1/pods")[0] == 200
    space.fleet.revoke_token("a", token)
    assert ask(space, token, "GET", "/api/v1/pods")[0] == 401
    with pytest.raises(RuntimeError, match="no such minted token"):
        space.fleet.revoke_token("a", token)


def test_a_token_of_one_cluster_is_unknown_in_another(space: Space) -> None:
    token = space.fleet.mint_token("a", READ_PODS)
    assert space.fleet.request("b", "GET", "/api/v1/pods", token=token)[0] == 401


def test_an_access_review_answers_as_the_door_would(space: Space) -> None:
    token = space.fleet.mint_token("a", READ_PODS, namespace=space.name)
    assert can_i(space, token, verb="list", resource="pods", namespace=space.name)
    assert not can_i(space, token, verb="list", resource="pods")
    assert not can_i(space, token, verb="delete", resource="pods", namespace=space.name)
    assert not can_i(space, token, verb="get", resource="pods", subresource="log", namespace=space.name)
    admin = space.fleet.clusters["a"].token
    assert can_i(space, admin, verb="*", resource="*", group="*")


def test_an_access_review_about_a_path(space: Space) -> None:
    body = {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/metrics"}}}
    path = f"{REVIEWS}/selfsubjectaccessreviews"
    token = space.fleet.mint_token("a", [{"verbs": ["get"], "nonResourceURLs": ["/metrics"]}])
    assert ask(space, token, "POST", path, body)[1]["status"]["allowed"] is True
    assert ask(space, space.fleet.mint_token("a"), "POST", path, body)[1]["status"]["allowed"] is False
    assert ask(space, token, "POST", path, {"spec": {}})[0] == 422


def test_a_rules_review_lists_what_holds_in_the_namespace(space: Space) -> None:
    token = space.fleet.mint_token("a", READ_PODS, namespace=space.name)
    path = f"{REVIEWS}/selfsubjectrulesreviews"
    status, answer = ask(space, token, "POST", path, {"spec": {"namespace": space.name}})
    assert status == 201
    assert READ_PODS[0] in answer["status"]["resourceRules"]
    elsewhere = ask(space, token, "POST", path, {"spec": {"namespace": "default"}})[1]
    assert READ_PODS[0] not in elsewhere["status"]["resourceRules"]


def test_role_bindings_in_the_cluster_count(space: Space) -> None:
    token = space.fleet.mint_token("a", user="alice")
    space.fleet.request("a", "POST", f"{RBAC}/namespaces/{space.name}/roles",
                        {"metadata": {"name": "reader"}, "rules": READ_PODS})  # fmt: skip
    binding = {"metadata": {"name": "alice"}, "roleRef": {"kind": "Role", "name": "reader"},
               "subjects": [{"kind": "User", "name": "alice"}]}  # fmt: skip
    assert ask(space, token, "GET", space.path("pods"))[0] == 403
    assert space.fleet.request("a", "POST", f"{RBAC}/namespaces/{space.name}/rolebindings", binding)[0] == 201
    assert ask(space, token, "GET", space.path("pods"))[0] == 200
    assert ask(space, token, "GET", "/api/v1/namespaces/default/pods")[0] == 403


def test_a_service_account_can_be_given_a_token(space: Space) -> None:
    until(lambda: space.ask("GET", "serviceaccounts", "default")[0] == 200, "the account of the namespace")
    status, answer = space.ask("POST", "serviceaccounts", "default", {"spec": {}}, sub="token")
    assert status == 201
    whoami = ask(
        space, answer["status"]["token"], "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}
    )
    assert whoami[1]["status"]["userInfo"]["username"] == f"system:serviceaccount:{space.name}:default"


@pytest.mark.parametrize(
    "body", [{"rules": [{}]}, {"rules": "x"}, {"rules": [{"verbs": ["get"], "nonsense": []}]}, {"cluster": "zz"}]
)  # fmt: skip
def test_a_token_with_senseless_rules_is_refused(fleet: Fleet, body: Any) -> None:
    with pytest.raises(RuntimeError, match="400"):
        fleet.ask("POST", "/tokens", {"cluster": "a", **body})


def test_rotating_makes_the_old_admin_token_unknown_and_survives_a_restart(tmp_path: Any) -> None:
    with start_fleet(["a"], state=tmp_path) as fleet:
        old, minted = fleet.clusters["a"].token, fleet.mint_token("a", READ_PODS)
        new = fleet.rotate_token("a")
        assert fleet.request("a", "GET", "/api/v1/pods", token=old)[0] == 401
        assert fleet.request("a", "GET", "/api/v1/pods")[0] == 200
        assert new in fleet.kubeconfig.read_text()
    with start_fleet(["a"], state=tmp_path) as fleet:
        assert fleet.clusters["a"].token == new
        assert fleet.request("a", "GET", "/api/v1/pods", token=minted)[0] == 200
