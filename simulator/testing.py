"""A fleet for tests: a child process and the HTTP doors to it.

with start_fleet(["a", "b"]) as fleet:
    fleet.clusters["a"].server, fleet.clusters["a"].token, fleet.kubeconfig, fleet.control
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from simulator.child import Child, FleetFailed, asked

__all__ = ["ClusterAccess", "Fleet", "FleetFailed", "start_fleet"]


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """Where a cluster answers and the bearer token it wants."""

    name: str
    server: str
    token: str


class Fleet:
    """A running child. `stop` may be called twice; leaving the `with` block stops it."""

    def __init__(self, child: Child) -> None:
        self._child, self.process = child, child.process
        self.kubeconfig = child.folder / "kubeconfig"
        facts = child.facts
        self.control: str = facts["control"]
        self.clusters = {
            name: ClusterAccess(name, entry["server"], entry["token"])
            for name, entry in facts["clusters"].items()
        }

    def __enter__(self) -> Fleet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def audit(self, since: int = 0) -> list[dict[str, Any]]:
        """All audit entries after `since`, in order."""
        entries: list[dict[str, Any]] = []
        while True:
            page = self.ask("GET", f"/audit?since={since}&limit=10000")
            if not page["entries"]:
                return entries
            entries += page["entries"]
            since = page["next"]

    def fault(self, kind: str, **params: Any) -> str:
        """Set a fault; answers its id."""
        return str(self.ask("POST", "/faults", {"kind": kind, **params})["id"])

    def faults(self) -> list[dict[str, Any]]:
        """The active faults; a `hold` shows what it holds."""
        return list(self.ask("GET", "/faults")["faults"])

    def release(self, fault_id: str) -> None:
        """Let the request that a `hold` keeps go on."""
        self.ask("POST", f"/faults/{fault_id}/release")

    def clear_faults(self, fault_id: str = "") -> None:
        """Clear one fault, or all."""
        self.ask("DELETE", f"/faults/{fault_id}" if fault_id else "/faults")

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings (`pod_start=(0.05, 0.2)`); answers all of them."""
        return dict(self.ask("POST", "/settings", changes))

    def gateways(self) -> list[dict[str, Any]]:
        """The gateways' listening ports: `host`, `port`, `state`, `requests`, and the `health` of what they check."""
        return list(self.ask("GET", "/gateways")["gateways"])

    def lose(self, cluster: str, how: str = "refuse") -> str:
        """Lose a cluster, with everything that users reach there; the id of the fault, which undoes it when cleared."""
        return self.fault("lost", cluster=cluster, how=how)

    def backup(self, cluster: str) -> str:
        """Keep the state of a cluster; the id of the backup."""
        return str(self.ask("POST", "/backup", {"cluster": cluster})["id"])

    def restore(self, cluster: str, backup: str, bump: int = 0) -> str:
        """Bring a cluster back to a backup; the id of the one that undoes it."""
        body = {"cluster": cluster, "backup": backup, "bump": bump}
        return str(self.ask("POST", "/restore", body)["undo"])

    def load(self, cluster: str, namespace: str, name: str, percent: float | None) -> None:
        """Set what a workload uses in all, in percent of one pod's request (400: four pods at 100 %)."""
        self.ask(
            "POST", "/load", {"cluster": cluster, "namespace": namespace, "name": name, "percent": percent}
        )

    def mint_token(
        self, cluster: str, rules: list[dict[str, Any]] | None = None, *, user: str = "simulated-user",
        namespace: str = "", bindings: list[dict[str, Any]] | None = None, groups: Iterable[str] = (),
    ) -> str:  # fmt: skip
        """A new token with these RBAC rules, in one namespace if given; or with several `{rules, namespace}`."""
        body: dict[str, Any] = {"cluster": cluster, "user": user, "groups": list(groups)}
        body |= {"rules": rules or [], "namespace": namespace} if bindings is None else {"bindings": bindings}
        return str(self.ask("POST", "/tokens", body)["token"])

    def revoke_token(self, cluster: str, token: str) -> None:
        """Make a minted token unknown: 401 from now on."""
        self.ask("POST", "/tokens/revoke", {"cluster": cluster, "token": token})

    def rotate_token(self, cluster: str) -> str:
        """A new admin token of the cluster; `clusters` and the kubeconfig have it at once."""
        token = str(self.ask("POST", "/tokens/rotate", {"cluster": cluster})["token"])
        self.clusters[cluster] = replace(self.clusters[cluster], token=token)
        return token

    def request(
        self, cluster: str, method: str, path: str, body: Any = None, content_type: str = "application/json",
        timeout: float = 10.0, token: str = "",
    ) -> tuple[int, Any]:  # fmt: skip
        """(status, JSON answer) of a request to a cluster's API server, errors included; as admin without a token."""
        access = self.clusters[cluster]
        headers = {"Authorization": f"Bearer {token or access.token}", "Content-Type": content_type}
        return asked(method, access.server + path, body, headers, timeout)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer of the control API; RuntimeError with its sentence on an error."""
        status, answer = asked(method, self.control + path, body, {"Content-Type": "application/json"}, 10.0)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    def log(self) -> str:
        """What the child has written to stderr."""
        return self._child.log()

    def stop(self) -> None:
        """End the child and wait until it has gone."""
        self._child.stop()
        self._child.forget()


def start_fleet(
    names: Iterable[str], *, pod_start: tuple[float, float] = (0.05, 0.2),
    job_run: tuple[float, float] = (0.05, 0.2), seed: int = 1, nodes: int = 3,
    state: Path | None = None, audit: Path | None = None, port: int = 0, base_port: int = 0,
) -> Fleet:  # fmt: skip
    """A fleet that answers; FleetFailed when it does not within half a minute."""
    child = Child([
        "serve", "--clusters", ",".join(names), "--seed", str(seed), "--nodes", str(nodes),
        "--pod-start", f"{pod_start[0]}-{pod_start[1]}", "--job-run", f"{job_run[0]}-{job_run[1]}",
        "--port", str(port), "--base-port", str(base_port), "--kubeconfig", "kubeconfig",
        *(["--state", str(state.absolute())] if state else []),
        *(["--audit", str(audit.absolute())] if audit else []),
    ])  # fmt: skip
    return Fleet(child)
