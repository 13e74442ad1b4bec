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


HTTP_ROUTES = definition("gateway.networking.k8s.io", "httproutes", "HTTPRoute")
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
