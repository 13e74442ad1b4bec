"""Definitions of custom resources for tests, and waiting until a cluster serves them."""

from collections.abc import Callable
from typing import Any

from clusters.core.manifests import Manifest
from clusters.kube.protocol import NotFound
from tests.adapters.kubernetes.watched import eventually


def definition(
    group: str, plural: str = "caches", kind: str = "Cache", scope: str = "Namespaced"
) -> Manifest:
    """The definition of `kind`, whose objects may have any `spec`."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything}}}
    names = {"plural": plural, "singular": plural[:-1], "kind": kind, "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": scope,
            "names": names,
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


def atomic(most: int, **more: Any) -> Manifest:
    """The schema of a list that is owned as a whole."""
    items = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {"type": "array", "x-kubernetes-list-type": "atomic", "maxItems": most, "items": items, **more}


# What matters here of gateway.networking.k8s.io/v1 (config/crd/standard of kubernetes-sigs/gateway-api, v1.6.1).
EVERYTHING = [{"path": {"type": "PathPrefix", "value": "/"}}]
HTTP_ROUTE = {
    "parentRefs": atomic(32),
    "hostnames": atomic(16, items={"type": "string"}),
    "rules": atomic(16, default=[{"matches": EVERYTHING}]),
}
HTTP_ROUTES = definition("gateway.networking.k8s.io", "httproutes", "HTTPRoute")
HTTP_ROUTES["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] = {
    "type": "object",
    "properties": HTTP_ROUTE,
}
# Names that end in k8s.io are kept for Kubernetes: a definition of them has to say who let it be.
HTTP_ROUTES["metadata"]["annotations"] = {"api-approved.kubernetes.io": "unapproved, for a test"}


def once_served(call: Callable[[], Any]) -> Any:
    """What `call` gives once the cluster serves the new kind."""
    found: list[Any] = []

    def tried() -> bool:
        try:
            found.append(call())
        except NotFound:
            return False
        return True

    eventually(tried)
    return found[0]
