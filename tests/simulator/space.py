"""What tests of the simulator say to it: a namespace to work in, and objects to put there."""

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from simulator.testing import Fleet

JSON = "application/json"
APPLY = "application/apply-patch+yaml"


APPS = ("deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions")
GROUPS = {
    **dict.fromkeys(APPS, "apps/v1"),
    **dict.fromkeys(("jobs", "cronjobs"), "batch/v1"),
    **dict.fromkeys(("ingresses", "networkpolicies"), "networking.k8s.io/v1"),
    **dict.fromkeys(("gateways", "httproutes"), "gateway.networking.k8s.io/v1"),
    "endpointslices": "discovery.k8s.io/v1",
    "poddisruptionbudgets": "policy/v1",
    "horizontalpodautoscalers": "autoscaling/v2",
    "leases": "coordination.k8s.io/v1",
}


class Space:
    """A namespace of cluster `a` and short ways to ask for what is in it."""

    def __init__(self, fleet: Fleet, name: str) -> None:
        self.fleet, self.name = fleet, name

    def path(self, plural: str, name: str = "", sub: str = "") -> str:
        group = f"/apis/{GROUPS[plural]}" if plural in GROUPS else "/api/v1"
        return "/".join(part for part in (group, "namespaces", self.name, plural, name, sub) if part)

    def ask(
        self, method: str, plural: str, name: str = "", body: Any = None, *, sub: str = "", query: str = "",
        content_type: str = JSON,
    ) -> tuple[int, Any]:  # fmt: skip
        path = self.path(plural, name, sub) + (f"?{query}" if query else "")
        return self.fleet.request("a", method, path, body, content_type)

    def get(self, plural: str, name: str) -> Any:
        return self.ask("GET", plural, name)[1]

    def list(self, plural: str, query: str = "") -> list[Any]:
        return list(self.ask("GET", plural, query=query)[1]["items"])

    def create(self, plural: str, body: Any) -> Any:
        status, answer = self.ask("POST", plural, body=body)
        assert status == 201, answer
        return answer

    def apply(self, plural: str, body: Any, manager: str = "drover", force: bool = False) -> tuple[int, Any]:
        query = f"fieldManager={manager}" + ("&force=true" if force else "")
        name = body["metadata"]["name"]
        return self.ask("PATCH", plural, name, body, query=query, content_type=APPLY)

    def patch(self, plural: str, name: str, body: Any, kind: str = "merge") -> tuple[int, Any]:
        content_type = {"merge": "merge-patch+json", "json": "json-patch+json"}.get(
            kind, "strategic-merge-patch+json"
        )
        return self.ask("PATCH", plural, name, body, content_type=f"application/{content_type}")

    def rolled_out(self, name: str = "api", tag: str | None = None) -> bool:
        """Whether the Deployment has nothing left to do (and, if given, runs the tag on every pod)."""
        deployment = self.get("deployments", name)
        status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
        numbers = {status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")}
        done = status.get("observedGeneration") == deployment["metadata"]["generation"] and numbers == {
            wanted
        }
        return done and (tag is None or all(image_of(pod).endswith(tag) for pod in self.list("pods")))


def image_of(pod: Any) -> str:
    return str(pod["spec"]["containers"][0]["image"])


def until(fact: Callable[[], Any], what: str, within_s: float = 10.0) -> Any:
    """The first true answer; a failure that says what never came when time is over."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        answer = fact()
        if answer:
            return answer
    pytest.fail(f"within {within_s} s never: {what}")


def deployment(name: str = "api", tag: str = "v1.0.0", replicas: int = 3, **spec: Any) -> dict[str, Any]:
    """A Deployment as `shop` has them: surge 1, nothing unavailable, a readiness probe."""
    container = {
        "name": name, "image": f"registry.example/shop/{name}:{tag}",
        "ports": [{"containerPort": 8080, "name": "http"}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
    }  # fmt: skip
    template = {
        "metadata": {"labels": {"app": name, "drover.dev/prod": "a-1"}},
        "spec": {"containers": [container]},
    }
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "strategy": rolling,
                 "template": template, **spec},
    }  # fmt: skip


def workload(kind: str, name: str, tag: str = "v1.0.0", **spec: Any) -> dict[str, Any]:
    """A StatefulSet or DaemonSet of one container with a readiness probe."""
    container = {"name": name, "image": f"registry.example/shop/{name}:{tag}",
                 "readinessProbe": {"tcpSocket": {"port": 8080}}}  # fmt: skip
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    selector = {"matchLabels": {"app": name}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name},
            "spec": {"selector": selector, "template": template, **spec}}  # fmt: skip


def job(name: str = "migrate", tag: str = "v1.0.0", policy: str = "Never", **spec: Any) -> dict[str, Any]:
    container = {"name": name, "image": f"registry.example/shop/{name}:{tag}"}
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [container], "restartPolicy": policy},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": template, **spec},
    }


def table_at(fleet: Fleet, path: str) -> Any:
    """What `kubectl get` is given for a path."""
    access = fleet.clusters["a"]
    headers = {
        "Authorization": f"Bearer {access.token}",
        "Accept": "application/json;as=Table;v=v1;g=meta.k8s.io",
    }
    with urllib.request.urlopen(
        urllib.request.Request(access.server + path, headers=headers), timeout=10
    ) as answer:
        return json.loads(answer.read())


def condition_of(obj: Any, type_: str) -> Any:
    """The condition of a type, an empty one when it is not there."""
    found = (c for c in (obj.get("status") or {}).get("conditions") or () if c["type"] == type_)
    return next(found, {"status": "", "reason": ""})


def service(name: str = "api", kind: str = "LoadBalancer") -> dict[str, Any]:
    ports = [{"port": 80, "targetPort": "http"}]
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"type": kind, "selector": {"app": name}, "ports": ports}}  # fmt: skip


def config_map(name: str = "settings", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
