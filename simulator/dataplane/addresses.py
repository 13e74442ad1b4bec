"""Cluster IPs and node ports. A node port is a real socket on loopback, unique in the fleet."""

from __future__ import annotations

import random
import socket
from ipaddress import ip_address, ip_network

from simulator.kinds.causes import invalid_value
from simulator.kinds.kind import Cause
from simulator.store.store import Store
from simulator.values import Obj, dig
from simulator.wire.server import bound_socket

NODE_PORTS = range(30000, 32768)
CLUSTER_IPS = ip_network("10.96.0.0/16")
TRIES = 200
IPS = 250 * 250


class SocketAddresses:
    """Gives Services their addresses; bound sockets wait in `sockets` until somebody serves them."""

    def __init__(self, store: Store, seed: str) -> None:
        self._store = store
        self._random = random.Random(seed)
        self._next_ip = 1
        self._taken: set[str] = set()  # cluster IPs, also of Services that are no more
        self.sockets: dict[int, socket.socket] = {}

    def assign(self, draft: Obj, old: Obj | None, dry_run: bool) -> list[Cause]:
        """Fill in a Service draft; answers why that is impossible."""
        spec = draft["spec"]
        if problem := self._assign_ip(spec, dig(old, "spec") or {}):
            return [invalid_value("spec.clusterIPs", [spec["clusterIP"]], problem)]
        if spec["type"] not in ("NodePort", "LoadBalancer"):
            for port in spec.get("ports") or ():
                port.pop("nodePort", None)
            return []
        mine = {port.get("nodePort") for port in dig(old, "spec", "ports") or ()}
        for n, port in enumerate(spec.get("ports") or ()):
            _inherit(port, n, old)
            if words := self._assign_node_port(port, mine, dry_run):
                return [invalid_value(f"spec.ports[{n}].nodePort", port.get("nodePort") or 0, words)]
        return []

    def restore(self, service: Obj) -> None:
        """Bind again the node ports of a Service from a snapshot; those now taken are lost."""
        for port in service["spec"].get("ports") or ():
            if port.get("nodePort"):
                self._bind(port["nodePort"])

    def _assign_ip(self, spec: Obj, old: Obj) -> str:
        if spec["type"] == "ExternalName":
            return ""
        if "clusterIP" not in spec:
            spec["clusterIP"] = old.get("clusterIP") or self._free_ip()
        spec["clusterIPs"] = [spec["clusterIP"]]
        address = spec["clusterIP"]
        self._taken.add(address)
        if address in ("None", old.get("clusterIP")) or ip_address(address) in CLUSTER_IPS:
            return ""
        return (f"failed to allocate IP {address}: the provided IP ({address}) is not in the valid range. The range of "
                f"valid IPs is {CLUSTER_IPS}")  # fmt: skip

    def _free_ip(self) -> str:
        if not self._taken or len(self._taken) > IPS // 2:
            self._taken = {one["spec"].get("clusterIP") for one in self._store.each("services")}
        while True:
            self._next_ip += 1
            address = f"10.96.{self._next_ip // 250 % 250}.{self._next_ip % 250 + 1}"
            if address not in self._taken:
                return address

    def _assign_node_port(self, port: Obj, mine: set[int | None], dry_run: bool) -> str | None:
        asked = port.get("nodePort")
        if asked:
            if asked in mine or dry_run:
                return None
            if asked not in NODE_PORTS:
                return "provided port is not in the valid range. The range of valid ports is 30000-32767"
            return None if self._bind(asked) else "provided port is already allocated"
        for _ in range(TRIES):
            number = self._random.choice(NODE_PORTS)
            if number not in self.sockets and self._bind(number):
                port["nodePort"] = number
                if dry_run:
                    self.sockets.pop(number).close()
                return None
        return "failed to allocate a nodePort: range is full"

    def _bind(self, number: int) -> bool:
        if number in self.sockets:
            return False
        try:
            self.sockets[number] = bound_socket(number)
        except (OSError, OverflowError, TypeError):
            return False
        return True


def _inherit(port: Obj, position: int, old: Obj | None) -> None:
    """Keep the node port an update does not mention, as upstream does."""
    before = dig(old, "spec", "ports") or []
    if not port.get("nodePort") and position < len(before):
        same = [p for p in before if p.get("name") == port.get("name") and p["port"] == port["port"]]
        number = (same or [before[position]])[0].get("nodePort")
        if number:
            port["nodePort"] = number
