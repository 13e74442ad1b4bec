"""All clusters of a process, from start to stop."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from simulator.audit import Audit
from simulator.cluster import Cluster
from simulator.control import Control
from simulator.control_backups import Backups
from simulator.control_faults import set_fault
from simulator.faults import FaultBook
from simulator.random_faults import RandomFaults
from simulator.rights.tokens import TokenBook
from simulator.settings import Settings
from simulator.snapshot import (
    Restored,
    read_snapshot,
    snapshot_lines,
    write_snapshot,
    write_snapshot_gently,
)
from simulator.store.store import Store
from simulator.values import Obj
from simulator.wire.server import Server, bound_socket

SNAPSHOT_EVERY_S = 3.0
CONTROL_STATE = "control.json"


@dataclass(frozen=True, slots=True)
class Options:
    """What `serve` was asked for."""

    clusters: tuple[str, ...]
    port: int = 0
    base_port: int = 0
    state: Path | None = None
    kubeconfig: Path | None = None
    ready_file: Path | None = None
    audit: Path | None = None
    settings: Settings = field(default_factory=Settings)
    seed: int = 1
    nodes: int = 3


class PortTaken(OSError):
    """A port that was asked for is in use; the message is a sentence."""


class Fleet:
    """The clusters and the control API. `settings` may be replaced while it runs."""

    def __init__(self, options: Options) -> None:
        self.options, self.settings = options, options.settings
        self.audit = Audit(options.audit)
        self.faults = FaultBook(options.seed)
        self.clusters: dict[str, Cluster] = {}
        self.backups = Backups(self)
        self.random_faults = RandomFaults(self.faults, lambda params: set_fault(self, params))
        self.control_server = Server(Control(self).handle)
        self.control_port = 0
        self._saved: dict[str, tuple[int, int]] = {}
        self._saver: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bring everything up and then tell: kubeconfig and ready file. PortTaken, BrokenState."""
        if self.options.state:
            self.options.state.mkdir(parents=True, exist_ok=True)
        if self.options.ready_file:
            self.options.ready_file.unlink(missing_ok=True)  # one of an earlier process would lie
        for number, name in enumerate(self.options.clusters, start=1):
            await self._start_cluster(name, number)
        await self._start_control()
        self.tell()
        if self.options.state:
            self._save_now()
            self._saver = asyncio.get_running_loop().create_task(self._keep_saving())

    def tell(self) -> None:
        """Write the kubeconfig, then the ready file."""
        if self.options.kubeconfig:
            write_private(self.options.kubeconfig, json.dumps(self.kubeconfig(), indent=1))
        if self.options.ready_file:
            write_private(self.options.ready_file, json.dumps(self.facts()))

    def stop(self) -> None:
        """Close every port and save; may be called twice."""
        if self._saver:
            self._saver.cancel()
        self.control_server.close()
        for cluster in self.clusters.values():
            cluster.close()
        self._save_now()
        self.audit.close()

    @property
    def control(self) -> str:
        """Where the control API answers."""
        return f"http://127.0.0.1:{self.control_port}"

    def facts(self) -> Obj:
        """What the ready file says."""
        servers = {name: {"server": c.url, "token": c.token} for name, c in self.clusters.items()}
        return {"control": self.control, "clusters": servers, "pid": os.getpid()}

    def kubeconfig(self) -> Obj:
        """A kubeconfig (JSON is YAML) with one context per cluster.

        The server's path carries the token too, because kubectl (client-go) leaves credentials out of
        plain HTTP; clients that send the header are as welcome there.
        """
        first = next(iter(self.clusters), "")
        return {
            "apiVersion": "v1", "kind": "Config", "current-context": first, "preferences": {},
            "clusters": [{"name": n, "cluster": {"server": f"{c.url}/token/{c.token}"}} for n, c in self.clusters.items()],
            "users": [{"name": n, "user": {"token": c.token}} for n, c in self.clusters.items()],
            "contexts": [{"name": n, "context": {"cluster": n, "user": n}} for n in self.clusters],
        }  # fmt: skip

    async def _start_cluster(self, name: str, number: int) -> None:
        state = self._state_file(name)
        back = read_snapshot(state) if state else None
        tokens = back.tokens if back else TokenBook(secrets.token_urlsafe(24))
        store = back.store if back else Store()
        cluster = Cluster(
            name, tokens, self.options.seed, store, self.audit, self.faults, lambda: self.settings
        )
        self.clusters[name] = cluster
        wanted = self.options.base_port + number if self.options.base_port else 0
        await self._listen(cluster, wanted, back)

    async def _listen(self, cluster: Cluster, wanted: int, back: Restored | None) -> None:
        ports = [wanted] if wanted else [*([back.port] if back else []), 0]
        for port in ports:
            if port and not _is_free(port):
                continue
            await cluster.start(port, self.options.nodes)
            return
        raise PortTaken(f"port {wanted} for cluster {cluster.name} is already in use")

    async def _start_control(self) -> None:
        saved = self._saved_control_port()
        for port in [self.options.port] if self.options.port else [saved, 0]:
            try:
                sock = bound_socket(port)
            except OSError:
                continue
            self.control_port = sock.getsockname()[1]
            await self.control_server.listen(sock)
            return
        raise PortTaken(f"control port {self.options.port} is already in use")

    def _saved_control_port(self) -> int:
        path = self.options.state / CONTROL_STATE if self.options.state else None
        if path is None or not path.exists():
            return 0
        try:
            return int(json.loads(path.read_text())["port"])
        except (ValueError, KeyError, TypeError):
            return 0

    def _state_file(self, name: str) -> Path | None:
        return self.options.state / f"cluster-{name}.jsonl" if self.options.state else None

    def _unsaved(self) -> list[Cluster]:
        return [c for n, c in self.clusters.items() if c.port and self._saved.get(n) != c.state]

    def _save_now(self) -> None:
        if not self.options.state:
            return
        for cluster in self._unsaved():
            path = self.options.state / f"cluster-{cluster.name}.jsonl"
            write_snapshot(path, snapshot_lines(cluster.store, cluster.port, cluster.tokens))
            self._saved[cluster.name] = cluster.state
        if self.control_port:
            write_private(self.options.state / CONTROL_STATE, json.dumps({"port": self.control_port}))

    async def _keep_saving(self) -> None:
        assert self.options.state is not None
        while True:
            await asyncio.sleep(SNAPSHOT_EVERY_S)
            for cluster in self._unsaved():
                state = cluster.state
                lines = snapshot_lines(cluster.store, cluster.port, cluster.tokens)
                await write_snapshot_gently(self.options.state / f"cluster-{cluster.name}.jsonl", lines)
                self._saved[cluster.name] = state


def _is_free(port: int) -> bool:
    try:
        bound_socket(port).close()
    except OSError:
        return False
    return True


def write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
