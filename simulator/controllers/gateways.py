"""What a Gateway controller says about GatewayClasses, Gateways and HTTPRoutes."""

from __future__ import annotations

import json

from simulator.controllers.context import Context
from simulator.controllers.meta_conditions import placed
from simulator.controllers.queue import Key, WorkQueue
from simulator.dataplane import attachment
from simulator.dataplane.gateways import GatewayPorts
from simulator.kinds.gateways import GROUP
from simulator.store.store import Commit
from simulator.values import Obj, dig, full_name, replaced

CLASSES, GATEWAYS, ROUTES = (f"{GROUP}/{plural}" for plural in ("gatewayclasses", "gateways", "httproutes"))
CONTROLLER = "simulator.example/gateway-controller"
PORTS = "simulator.example/ports"  # annotation of a Gateway: the real port of each listener, as JSON
LAG_S = 0.02


class Gateways:
    """The Gateway controller of one cluster; it takes every class, and `ports` serve what it says."""

    def __init__(self, context: Context, ports: GatewayPorts) -> None:
        self.store, self.ports = context.backend.store, ports
        self.classes = WorkQueue("gateway classes", self._accept_class)
        self.gateways = WorkQueue("gateways", self._program)
        self.routes = WorkQueue("http routes", self._attach)
        self.store.listen(self._wake_class, CLASSES)
        self.store.listen(self._wake_gateway, GATEWAYS)
        self.store.listen(self._wake_route, ROUTES)
        self.store.listen(self._wake_users, "services")

    def start(self) -> None:
        """Look at everything once."""
        for kind, queue in ((CLASSES, self.classes), (GATEWAYS, self.gateways), (ROUTES, self.routes)):
            for obj in self.store.each(kind):
                queue.add(full_name(obj))

    def _wake_class(self, commit: Commit) -> None:
        self.classes.add(full_name(commit.new), LAG_S)

    def _wake_gateway(self, commit: Commit) -> None:
        self.gateways.add(full_name(commit.new), LAG_S)
        if commit.old is None or commit.old.get("spec") != commit.new.get("spec") or commit.type == "DELETED":
            self._wake_all_routes()

    def _wake_route(self, commit: Commit) -> None:
        self.routes.add(full_name(commit.new), LAG_S)
        for route in filter(None, (commit.old, commit.new)):
            for parent in dig(route, "spec", "parentRefs") or ():
                space = parent.get("namespace") or route["metadata"]["namespace"]
                self.gateways.add((space, parent["name"]), 2 * LAG_S)

    def _wake_users(self, commit: Commit) -> None:
        if commit.type != "MODIFIED":
            self._wake_all_routes()

    def _wake_all_routes(self) -> None:
        for route in self.store.each(ROUTES):
            self.routes.add(full_name(route), LAG_S)

    def _accept_class(self, key: Key) -> None:
        found = self.store.get(CLASSES, *key)
        if found is not None:
            self._write(
                CLASSES,
                found,
                {"conditions": _set(found, found.get("status") or {}, ("Accepted", "Accepted"))},
            )

    def _program(self, key: Key) -> None:
        gateway = self.store.get(GATEWAYS, *key)
        if gateway is None:
            self.ports.drop(key)
            return
        ports = self.ports.serve(gateway, _ports_before(gateway))
        gateway = self._tell_ports(gateway, ports)
        old = gateway.get("status") or {}
        before = {entry["name"]: entry for entry in old.get("listeners") or ()}
        listeners = [
            {
                "name": listener["name"], "attachedRoutes": self._count(gateway, listener),
                "supportedKinds": [{"group": GROUP, "kind": "HTTPRoute"}],
                "conditions": _listener_conditions(gateway, listener, before.get(listener["name"], {})),
            }
            for listener in dig(gateway, "spec", "listeners") or ()
        ]  # fmt: skip
        conditions = _set(gateway, old, ("Accepted", "Accepted"), ("Programmed", "Programmed"))
        addresses = [{"type": "IPAddress", "value": "127.0.0.1"}]
        self._write(
            GATEWAYS, gateway, {"addresses": addresses, "conditions": conditions, "listeners": listeners}
        )

    def _tell_ports(self, gateway: Obj, ports: dict[str, int]) -> Obj:
        """Write the real ports into the annotation, unless they stand there."""
        if ports == _ports_before(gateway):
            return gateway
        return self.store.put(
            GATEWAYS, replaced(gateway, ("metadata", "annotations", PORTS), json.dumps(ports))
        )

    def _count(self, gateway: Obj, listener: Obj) -> int:
        """How many routes are attached to a listener."""
        return sum(
            1
            for route in self.store.each(ROUTES)
            for parent in dig(route, "spec", "parentRefs") or ()
            if self._gateway_of(route, parent) is gateway and _takes(gateway, listener, route, parent)
        )

    def _gateway_of(self, route: Obj, parent: Obj) -> Obj | None:
        key = attachment.gateway_key(route, parent)
        return self.store.get(GATEWAYS, *key) if key else None

    def _attach(self, key: Key) -> None:
        route = self.store.get(ROUTES, *key)
        if route is None:
            return
        old = {str(entry["parentRef"]): entry for entry in dig(route, "status", "parents") or ()}
        parents = [
            {"parentRef": parent, "controllerName": CONTROLLER,
             "conditions": self._judged(route, parent, old.get(str(parent), {}))}
            for parent in dig(route, "spec", "parentRefs") or ()
        ]  # fmt: skip
        self._write(ROUTES, route, {"parents": parents})

    def _judged(self, route: Obj, parent: Obj, old: Obj) -> list[Obj]:
        generation = route["metadata"].get("generation", 1)
        reason, message = self._verdict(route, parent)
        conditions = placed(
            old.get("conditions") or [], "Accepted", reason == "Accepted", reason, message, generation
        )
        missing = self._missing_backends(route)
        reason = "BackendNotFound" if missing else "ResolvedRefs"
        message = f"Service not found: {', '.join(missing)}" if missing else "All references are resolved"
        return placed(conditions, "ResolvedRefs", not missing, reason, message, generation)

    def _verdict(self, route: Obj, parent: Obj) -> tuple[str, str]:
        gateway = self._gateway_of(route, parent)
        if gateway is None:
            return "NoMatchingParent", f"There is no Gateway {parent['name']}"
        named = [lis for lis in dig(gateway, "spec", "listeners") or () if attachment.is_meant(lis, parent)]
        if not named:
            return "NoMatchingParent", "No listener of the Gateway matches sectionName and port"
        open_ = [listener for listener in named if attachment.lets_in(gateway, listener, route)]
        if not open_:
            return "NotAllowedByListeners", "No listener of the Gateway lets routes of this namespace attach"
        if not any(attachment.hostnames_at(listener, route) for listener in open_):
            return (
                "NoMatchingListenerHostname",
                "No listener of the Gateway has a hostname in common with the route",
            )
        return "Accepted", "Route is accepted"

    def _missing_backends(self, route: Obj) -> list[str]:
        backends = [b for rule in dig(route, "spec", "rules") or () for b in rule.get("backendRefs") or ()]
        space = route["metadata"]["namespace"]
        return [
            str(backend["name"]) for backend in backends
            if backend.get("kind") == "Service"
            and self.store.get("services", backend.get("namespace") or space, backend["name"]) is None
        ]  # fmt: skip

    def _write(self, kind: str, obj: Obj, status: Obj) -> None:
        if obj.get("status") != status:
            self.store.put(kind, {**obj, "status": status})


def _set(obj: Obj, old: Obj, *true: tuple[str, str]) -> list[Obj]:
    """The conditions with those given (type, reason) true."""
    conditions = old.get("conditions") or []
    for type_, reason in true:
        conditions = placed(conditions, type_, True, reason, "", obj["metadata"].get("generation", 1))
    return conditions


def _listener_conditions(gateway: Obj, listener: Obj, old: Obj) -> list[Obj]:
    """Accepted and Programmed, unless it speaks a protocol that is not served."""
    if listener["protocol"] in attachment.SERVED_PROTOCOLS:
        return _set(gateway, old, ("Accepted", "Accepted"), ("Programmed", "Programmed"),
                    ("ResolvedRefs", "ResolvedRefs"))  # fmt: skip
    why, generation = f"{listener['protocol']} is not served here", gateway["metadata"].get("generation", 1)
    conditions = placed(
        old.get("conditions") or [], "Accepted", False, "UnsupportedProtocol", why, generation
    )
    return placed(conditions, "Programmed", False, "Invalid", why, generation)


def _ports_before(gateway: Obj) -> dict[str, int]:
    """Listener → port as the annotation has it; empty when it has been written by somebody else."""
    try:
        ports = json.loads((gateway["metadata"].get("annotations") or {}).get(PORTS) or "{}")
        return {str(name): int(port) for name, port in ports.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _takes(gateway: Obj, listener: Obj, route: Obj, parent: Obj) -> bool:
    """Whether the listener serves something of the route."""
    return (
        attachment.is_meant(listener, parent)
        and attachment.lets_in(gateway, listener, route)
        and bool(attachment.hostnames_at(listener, route))
    )
