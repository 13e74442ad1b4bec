"""Ingresses, Gateways and HTTPRoutes say how they stand."""

from typing import Any

import pytest

from tests.simulator.space import Space, service, until


def ingress(**path: Any) -> dict[str, Any]:
    entry = {
        "path": "/",
        "pathType": "Prefix",
        "backend": {"service": {"name": "api", "port": {"number": 80}}},
        **path,
    }
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "shop"},
            "spec": {"rules": [{"host": "shop.example", "http": {"paths": [entry]}}]}}  # fmt: skip


def gateway(**allowed: Any) -> dict[str, Any]:
    listener: dict[str, Any] = {"name": "http", "port": 80, "protocol": "HTTP"}
    if allowed:
        listener["allowedRoutes"] = {"namespaces": allowed}
    return {"metadata": {"name": "edge"}, "spec": {"gatewayClassName": "simulated", "listeners": [listener]}}


def route(**parent: Any) -> dict[str, Any]:
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "shop"},
            "spec": {"parentRefs": [{"name": "edge", **parent}],
                     "rules": [{"backendRefs": [{"name": "api", "port": 80}]}]}}  # fmt: skip


def verdict(space: Space, type_: str = "Accepted") -> tuple[str, str]:
    parents = space.get("httproutes", "shop").get("status", {}).get("parents") or [{"conditions": []}]
    return next(
        ((c["status"], c["reason"]) for c in parents[0]["conditions"] if c["type"] == type_), ("", "")
    )


def attached(space: Space) -> int:
    listeners = space.get("gateways", "edge")["status"].get("listeners") or [{"attachedRoutes": 0}]
    return int(listeners[0]["attachedRoutes"])


def test_an_ingress_gets_an_address(space: Space) -> None:
    space.create("ingresses", ingress())
    until(lambda: space.get("ingresses", "shop")["status"]["loadBalancer"], "an address")
    assert space.get("ingresses", "shop")["status"]["loadBalancer"]["ingress"] == [{"ip": "127.0.0.1"}]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pathType": None}, "spec.rules[0].http.paths[0].pathType"),
        ({"pathType": "Nonsense"}, "spec.rules[0].http.paths[0].pathType"),
        ({"path": "x"}, "spec.rules[0].http.paths[0].path"),
        ({"backend": {}}, "spec.rules[0].http.paths[0].backend"),
    ],
)
def test_an_ingress_that_makes_no_sense_is_refused(space: Space, change: dict[str, Any], field: str) -> None:
    status, answer = space.ask("POST", "ingresses", body=ingress(**change))
    assert (status, answer["details"]["causes"][0]["field"]) == (422, field)


def test_a_route_is_accepted_once_its_gateway_and_services_are_there(space: Space) -> None:
    space.create("httproutes", route())
    until(lambda: verdict(space) == ("False", "NoMatchingParent"), "no parent")
    until(lambda: verdict(space, "ResolvedRefs") == ("False", "BackendNotFound"), "no backend")
    space.create("services", service(kind="ClusterIP"))
    until(lambda: verdict(space, "ResolvedRefs") == ("True", "ResolvedRefs"), "resolved")
    space.create("gateways", gateway())
    until(lambda: verdict(space) == ("True", "Accepted"), "accepted")
    until(lambda: attached(space) == 1, "attached")
    found = space.get("gateways", "edge")["status"]
    assert found["addresses"] == [{"type": "IPAddress", "value": "127.0.0.1"}]
    assert {c["type"]: c["status"] for c in found["conditions"]} == {"Accepted": "True", "Programmed": "True"}


def test_a_route_names_a_listener_that_is_not_there(space: Space) -> None:
    space.create("gateways", gateway())
    space.create("httproutes", route(sectionName="https"))
    until(lambda: verdict(space) == ("False", "NoMatchingParent"), "no listener")


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [({}, ("False", "NotAllowedByListeners")), ({"from": "All"}, ("True", "Accepted"))],
    ids=["same namespace", "all namespaces"],
)
def test_a_gateway_of_another_namespace_lets_in_whom_it_wants(
    space: Space, allowed: dict[str, Any], expected: tuple[str, str]
) -> None:
    path = "/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways"
    space.fleet.request("a", "POST", path, gateway(**allowed))
    space.create("httproutes", route(namespace="default"))
    until(lambda: verdict(space) == expected, f"{expected}")
    space.fleet.request("a", "DELETE", f"{path}/edge")
    until(lambda: verdict(space) == ("False", "NoMatchingParent"), "gone")


def test_what_the_api_fills_in_is_filled_in(space: Space) -> None:
    spec = space.create("httproutes", route())["spec"]
    assert spec["parentRefs"] == [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}]
    assert spec["rules"][0]["matches"] == [{"path": {"type": "PathPrefix", "value": "/"}}]
    assert spec["rules"][0]["backendRefs"] == [
        {"group": "", "kind": "Service", "name": "api", "port": 80, "weight": 1}
    ]


@pytest.mark.parametrize("kind", ["httproutes", "ingresses"])
def test_an_unchanged_apply_is_no_change(space: Space, kind: str) -> None:
    body = route() if kind == "httproutes" else ingress()
    assert space.apply(kind, body)[0] == 201
    until(
        lambda: (
            verdict(space)[0] if kind == "httproutes" else space.get(kind, "shop")["status"]["loadBalancer"]
        ),
        "seen",
    )
    version = space.get(kind, "shop")["metadata"]["resourceVersion"]
    assert space.apply(kind, body)[1]["metadata"]["resourceVersion"] == version


def test_leases_and_network_policies_are_kept(space: Space) -> None:
    space.create(
        "leases",
        {"metadata": {"name": "leader"}, "spec": {"holderIdentity": "x", "leaseDurationSeconds": 15}},
    )
    policy = {"metadata": {"name": "quiet"}, "spec": {"podSelector": {}}}
    assert space.create("networkpolicies", policy)["spec"]["policyTypes"] == ["Ingress"]
