"""The clusters from the outside: the simulator's control API, its audit log, and plain Kubernetes calls."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from orchestrator.embedded.stack import Stack
from tests.e2e.fleets import FleetSpec, ProdSpec

Entry = dict[str, Any]


class World:
    """What happens at the target, whatever Drover believes."""

    def __init__(self, stack: Stack) -> None:
        self._audit: Path = stack.audit
        self._http = httpx.Client(trust_env=False, timeout=10)
        self._control: str = stack.demo["simulator"]
        self._clusters = _clusters(Path(stack.demo["kubeconfig"]))

    def close(self) -> None:
        self._http.close()

    # --- what was done ----------------------------------------------------------------------------

    def audit(self, fleet: FleetSpec, since: int = 0) -> list[Entry]:
        """Every entry about the Prods of `fleet` after entry `since`, in order."""
        homes = {(prod.cluster, prod.namespace) for prod in fleet.prods}
        return [entry for entry in self.entries(since) if (entry["cluster"], entry["namespace"]) in homes]

    def mark(self) -> int:
        """The number of the newest entry."""
        return max((entry["seq"] for entry in self.entries(0)), default=0)

    def entries(self, since: int) -> Iterator[Entry]:
        """Every entry after entry `since`, in order."""
        with self._audit.open() as lines:
            for line in lines:
                # The last line may be half written.
                if line.endswith("\n") and (entry := json.loads(line))["seq"] > since:
                    yield entry

    # --- what is there ----------------------------------------------------------------------------

    def deployment(self, prod: ProdSpec, component: str) -> dict[str, Any]:
        path = f"/apis/apps/v1/namespaces/{prod.namespace}/deployments/{component}"
        return self.kube(prod.cluster, path)

    def pods(self, prod: ProdSpec) -> list[dict[str, Any]]:
        """The pods of the Prod that are not being deleted."""
        items = self.kube(prod.cluster, f"/api/v1/namespaces/{prod.namespace}/pods")["items"]
        return [pod for pod in items if not pod["metadata"].get("deletionTimestamp")]

    def pod_images(self, prod: ProdSpec) -> dict[str, list[str]]:
        """Component -> the images that its pods run, one per pod."""
        found: dict[str, list[str]] = {}
        for pod in self.pods(prod):
            own = pod["spec"]["containers"][0]
            found.setdefault(own["name"], []).append(own["image"])
        return found

    def kube(self, cluster: str, path: str) -> dict[str, Any]:
        server, token = self._clusters[cluster]
        answer = self._http.get(server + path, headers={"Authorization": f"Bearer {token}"})
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    # --- what goes wrong --------------------------------------------------------------------------

    def scale(self, cluster: str, namespace: str, component: str, replicas: int) -> int:
        """What `kubectl scale` of somebody else does; how many it asked for before."""
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{component}"
        before: int = self.kube(cluster, path)["spec"]["replicas"]
        server, token = self._clusters[cluster]
        answer = self._http.patch(
            f"{server}{path}/scale",
            json={"spec": {"replicas": replicas}},
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/merge-patch+json"},
        )
        assert answer.status_code == 200, answer.text
        return before

    def fault(self, kind: str, **params: Any) -> str:
        """Set a fault and return its id."""
        return str(self._ask("POST", "/faults", {"kind": kind, **params})["id"])

    @contextmanager
    def faulty(self, kind: str, **params: Any) -> Iterator[str]:
        """A fault for the time of the block."""
        fault = self.fault(kind, **params)
        try:
            yield fault
        finally:
            self.clear(fault)

    def hold(self, prod: ProdSpec, verb: str, name: str, when: str = "before") -> str:
        """Hold the next such request about a Deployment of the Prod."""
        match = {"verb": verb, "resource": "deployments", "namespace": prod.namespace, "name": name}
        return self.fault("hold", cluster=prod.cluster, match=match, when=when)

    def is_held(self, fault: str) -> bool:
        """Whether the `hold` holds a request now."""
        faults = {found["id"]: found for found in self._ask("GET", "/faults")["faults"]}
        return bool(faults[fault]["held"])

    def release(self, fault: str) -> None:
        """Let what a `hold` holds go on."""
        self._ask("POST", f"/faults/{fault}/release")

    def clear(self, fault: str) -> None:
        """Take the fault away."""
        self._ask("DELETE", f"/faults/{fault}")

    @contextmanager
    def settings(self, **changes: Any) -> Iterator[None]:
        """Other settings for the time of the block."""
        before = self._ask("GET", "/settings")
        self._ask("POST", "/settings", changes)
        try:
            yield
        finally:
            self._ask("POST", "/settings", {name: before[name] for name in changes})

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return self._http.request(method, self._control + path, json=body).raise_for_status().json()


def _clusters(kubeconfig: Path) -> dict[str, tuple[str, str]]:
    """Context -> (server, token)."""
    config = yaml.safe_load(kubeconfig.read_text())
    servers = {one["name"]: one["cluster"]["server"] for one in config["clusters"]}
    tokens = {one["name"]: one["user"]["token"] for one in config["users"]}
    contexts = {one["name"]: one["context"] for one in config["contexts"]}
    return {name: (servers[one["cluster"]], tokens[one["user"]]) for name, one in contexts.items()}


def image_changes(entries: list[Entry]) -> list[Entry]:
    """The writes that changed an image of a Deployment, not those that created it."""
    return [
        entry
        for entry in entries
        if entry["type"] == "request"
        and entry["resource"] == "deployments"
        and entry.get("image_before")
        and entry["image_after"] != entry["image_before"]
    ]


def refused_writes(entries: list[Entry], code: int = 409) -> list[Entry]:
    """Writes that the API server refused with this code."""
    writes = [entry for entry in entries if entry["type"] == "request" and entry["verb"] == "patch"]
    return [entry for entry in writes if entry["code"] == code]
