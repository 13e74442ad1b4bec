"""Services as a gateway sees them: where requests for one go, and whether anybody is there."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from simulator.dataplane.answers import PROD_LABEL
from simulator.dataplane.checks import HealthChecks
from simulator.store.store import DELETED, Commit, Store
from simulator.values import Obj, dig, full_name
from simulator.wire.client import Address

SLICES = "discovery.k8s.io/endpointslices"
SERVICE_NAME = "kubernetes.io/service-name"
MEMBER_LABEL = "drover.dev/member"  # of a Service that stands for a Prod on another cluster
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Backend:
    """One port of a Service. One with a selector is served by pods of this cluster, others by addresses."""

    key: Key
    port: int
    prod: str
    service: Obj
    by_pods: bool
    addresses: tuple[Address, ...]

    @property
    def name(self) -> str:
        """namespace/name:port."""
        return f"{self.key[0]}/{self.key[1]}:{self.port}"


class Backends:
    """The backends of one cluster, kept up to date; addresses are health-checked as soon as they are known."""

    def __init__(self, store: Store, checks: HealthChecks) -> None:
        self._store, self.checks = store, checks
        self._slices: dict[Key, dict[str, Obj]] = {}
        self._known: dict[Key, dict[int, Backend | None]] = {}
        store.listen(self._follow_service, "services")
        store.listen(self._follow_slice, SLICES)

    def restore(self) -> None:
        """Take in what a restored store holds."""
        for found in self._store.each(SLICES):
            self._follow_slice(Commit(SLICES, "ADDED", 0, None, found))

    def find(self, namespace: str, reference: Obj) -> Backend | None:
        """The backend that a backendRef means; None when there is no such Service or port."""
        if reference.get("kind", "Service") != "Service" or reference.get("group"):
            return None
        key, port = (reference.get("namespace") or namespace, reference["name"]), reference.get("port") or 0
        ports = self._known.setdefault(key, {})
        if port not in ports:
            ports[port] = self._made(key, port)
        return ports[port]

    def alive(self, backend: Backend) -> tuple[Address, ...]:
        """The addresses that health checks have not found dead."""
        return tuple(address for address in backend.addresses if self.checks.is_up(address))

    def _made(self, key: Key, port: int) -> Backend | None:
        service = self._store.get("services", *key)
        entry = next((p for p in dig(service, "spec", "ports") or () if p["port"] == port), None)
        if service is None or entry is None:
            return None
        by_pods = bool(service["spec"].get("selector"))
        labels = service["metadata"].get("labels") or {}
        prod = labels.get(MEMBER_LABEL) or labels.get(PROD_LABEL) or key[1]
        addresses = () if by_pods else self._addresses(key, entry.get("name") or "")
        return Backend(key, port, prod, service, by_pods, addresses)

    def _addresses(self, key: Key, port_name: str | None) -> tuple[Address, ...]:
        """The ready endpoints of a Service's slices under a port's name, under all names for None."""
        slices = [slice_ for _, slice_ in sorted(self._slices.get(key, {}).items())]
        found = [
            (address, int(port["port"]))
            for slice_ in slices
            for port in slice_.get("ports") or ()
            if port.get("port") and port_name in (None, port.get("name") or "")
            for end in slice_.get("endpoints") or ()
            if dig(end, "conditions", "ready") is not False
            for address in end.get("addresses") or ()
            if is_loopback(address)
        ]
        return tuple(dict.fromkeys(found))

    def _follow_service(self, commit: Commit) -> None:
        self._renew(full_name(commit.new))

    def _follow_slice(self, commit: Commit) -> None:
        for slice_ in filter(None, (commit.old, commit.new)):
            key = _service_of(slice_)
            self._slices.get(key, {}).pop(slice_["metadata"]["name"], None)
            self._renew(key)
        if commit.type != DELETED:
            key = _service_of(commit.new)
            self._slices.setdefault(key, {})[commit.new["metadata"]["name"]] = commit.new
            self._renew(key)

    def _renew(self, key: Key) -> None:
        self._known.pop(key, None)
        service = self._store.get("services", *key)
        outside = service is not None and not service["spec"].get("selector")
        self.checks.want(key, self._addresses(key, None) if outside else ())


def is_loopback(address: str) -> bool:
    """Whether an address is on this machine. Nothing is ever sent elsewhere."""
    try:
        return ipaddress.IPv4Address(address).is_loopback
    except ValueError:
        return False


def _service_of(slice_: Obj) -> Key:
    meta = slice_["metadata"]
    return meta["namespace"], (meta.get("labels") or {}).get(SERVICE_NAME) or ""
