"""Objects and paths for what the contract suite asks of an API server."""

from copy import deepcopy
from typing import Any

from clusters.core.manifests import Manifest

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
CORE = ("configmaps", "services", "pods", "secrets", "persistentvolumeclaims", "serviceaccounts")
GROUPS = {**dict.fromkeys(CORE, "/api/v1"), **dict.fromkeys(("jobs", "cronjobs"), "/apis/batch/v1"),
          "poddisruptionbudgets": "/apis/policy/v1", "horizontalpodautoscalers": "/apis/autoscaling/v2",
          "ingresses": "/apis/networking.k8s.io/v1", "rolebindings": "/apis/rbac.authorization.k8s.io/v1"}  # fmt: skip


def path(space: str, plural: str, name: str = "") -> str:
    """The path of objects of a kind in a namespace, or of one; apps/v1 unless it is known otherwise."""
    found = f"{GROUPS.get(plural, '/apis/apps/v1')}/namespaces/{space}/{plural}"
    return f"{found}/{name}" if name else found


def config(name: str = "settings", **fields: Any) -> Manifest:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}}
    return {**body, **fields}


def service(**spec: Any) -> Manifest:
    body = {"selector": {"app": "api"}, "ports": [{"port": 80}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api"}, "spec": body}


def workload(kind: str = "Deployment", image: str = "shop/api:v1", **spec: Any) -> Manifest:
    """A workload `api` with one container."""
    labels = {"app": "api"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "api", "image": image}]}}
    body = {"selector": {"matchLabels": labels}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "api"}, "spec": body}


def container(**fields: Any) -> Manifest:
    """The Deployment `api`, its container with these fields."""
    found = deepcopy(workload())
    found["spec"]["template"]["spec"]["containers"][0].update(fields)
    return found
