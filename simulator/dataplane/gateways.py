"""The listening ports of the Gateways of one cluster, and the routes that requests to them take.

Nothing here asks the cluster's API server: a gateway goes on serving while that is cut off.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.dataplane import attachment
from simulator.dataplane.answers import Answers
from simulator.dataplane.backends import Backends
from simulator.dataplane.checks import HealthChecks
from simulator.dataplane.matching import HostTable, Rule, entries_of, host_of
from simulator.dataplane.proxy import Proxy, refusal
from simulator.settings import Settings
from simulator.store.store import DELETED, Commit, Store
from simulator.values import Obj, dig, full_name
from simulator.wire.doors import OPEN, Door
from simulator.wire.messages import Request, Response
from simulator.wire.server import bound_socket

GATEWAYS, ROUTES = "gateway.networking.k8s.io/gateways", "gateway.networking.k8s.io/httproutes"
Key = tuple[str, str]


@dataclass(slots=True)
class Site:
    """One port of a Gateway: where it listens, and what is served there."""

    gateway: Key
    asked: int
    door: Door
    table: HostTable
    requests: int = 0


@dataclass(slots=True)
class Placed:
    """Where a route stands, to take it away again."""

    rules: list[Rule] = field(default_factory=list)
    places: set[tuple[Key, int, str]] = field(default_factory=set)


class GatewayPorts:
    """Opens ports for Gateways and follows their HTTPRoutes."""

    def __init__(
        self, cluster: str, store: Store, answers: Answers, settings: Callable[[], Settings], seed: str
    ) -> None:
        self._cluster, self._store, self._state = cluster, store, OPEN
        self.checks = HealthChecks(settings, f"{seed}/checks")
        self.backends = Backends(store, self.checks)
        self._proxy = Proxy(store, self.backends, answers, settings, f"{seed}/weights")
        self._sites: dict[Key, dict[int, Site]] = {}
        self._specs: dict[Key, Obj] = {}
        self._routes: dict[Key, Placed] = {}
        store.listen(self._follow_route, ROUTES)

    def serve(self, gateway: Obj, before: dict[str, int]) -> dict[str, int]:
        """Listen for a Gateway as it is now; answers listener → port. Ports it had `before` are asked for first,
        then those of its listeners, then any. May be called again."""
        key = full_name(gateway)
        listeners = attachment.listeners_of(gateway)
        if self._specs.get(key) != gateway["spec"]:
            self._specs[key] = gateway["spec"]
            self._open_sites(key, listeners, before)
            self._place_all(key)
        return {one["name"]: self._sites[key][one["port"]].door.port for one in listeners}

    def drop(self, key: Key) -> None:
        """Close the ports of a Gateway that has gone."""
        for site in self._sites.pop(key, {}).values():
            site.door.close()
        self._specs.pop(key, None)

    def turn(self, state: str) -> None:
        """Open, shut or silence all ports, and those to come."""
        self._state = state
        for site in self._all_sites():
            site.door.turn(state)

    def shown(self) -> list[Obj]:
        """The ports as the control API answers them, with the health of every address that is checked."""
        return [
            {
                "cluster": self._cluster, "namespace": site.gateway[0], "name": site.gateway[1],
                "listener_port": site.asked, "host": "127.0.0.1", "port": site.door.port, "state": site.door.state,
                "requests": site.requests, "health": self.checks.shown(),
            }
            for site in self._all_sites()
        ]  # fmt: skip

    def close(self) -> None:
        """Close every port and stop checking."""
        for key in tuple(self._sites):
            self.drop(key)
        self.checks.close()
        self._proxy.close()

    def _all_sites(self) -> list[Site]:
        return [site for _, sites in sorted(self._sites.items()) for _, site in sorted(sites.items())]

    def _open_sites(self, key: Key, listeners: list[Obj], before: dict[str, int]) -> None:
        sites = self._sites.setdefault(key, {})
        for asked in sites.keys() - {one["port"] for one in listeners}:
            sites.pop(asked).door.close()
        for one in listeners:
            if one["port"] not in sites:
                sites[one["port"]] = self._opened(key, one["port"], before.get(one["name"], 0))

    def _opened(self, key: Key, asked: int, before: int) -> Site:
        table = HostTable()

        async def handle(request: Request) -> Response | None:
            """What a user of this port gets."""
            site.requests += 1
            rule = table.find(host_of(request), request)
            if rule is None:
                response = refusal(404, f"no route for {host_of(request) or 'a request without a host'}")
            else:
                response = await self._proxy.answer(rule, request)
            response.headers["X-Gateway"] = f"{self._cluster}/{key[0]}/{key[1]}"
            return response

        site = Site(key, asked, Door(_first_free(before, asked), handle, self._state), table)
        return site

    def _place_all(self, key: Key) -> None:
        for route in self._store.each(ROUTES):
            parents = dig(route, "spec", "parentRefs") or ()
            if any(attachment.gateway_key(route, parent) == key for parent in parents):
                self._place(route)

    def _follow_route(self, commit: Commit) -> None:
        if commit.type == DELETED:
            self._take_away(full_name(commit.new))
        elif commit.old is None or commit.old["spec"] != commit.new["spec"]:
            self._place(commit.new)

    def _place(self, route: Obj) -> None:
        key = full_name(route)
        entries = entries_of(route, self._take_away(key))
        placed = self._routes[key] = Placed([entry.rule for entry in entries])
        for gateway, port, pattern in sorted(self._places_of(route)):
            placed.places.add((gateway, port, pattern))
            for entry in entries:
                self._sites[gateway][port].table.add(pattern, entry)

    def _take_away(self, key: Key) -> list[Rule]:
        """Forget where a route stood; answers the rules it had."""
        placed = self._routes.pop(key, Placed())
        for gateway, port, pattern in placed.places:
            site = self._sites.get(gateway, {}).get(port)
            if site:
                site.table.drop(pattern, key)
        return placed.rules

    def _places_of(self, route: Obj) -> set[tuple[Key, int, str]]:
        places: set[tuple[Key, int, str]] = set()
        for parent in dig(route, "spec", "parentRefs") or ():
            key = attachment.gateway_key(route, parent)
            gateway = self._store.get(GATEWAYS, *key) if key else None
            if key is None or gateway is None:
                continue
            places |= {
                (key, listener["port"], pattern)
                for listener in attachment.listeners_of(gateway)
                if listener["port"] in self._sites.get(key, {})
                and attachment.is_meant(listener, parent)
                and attachment.lets_in(gateway, listener, route)
                for pattern in attachment.hostnames_at(listener, route)
            }
        return places


def _first_free(*ports: int) -> socket.socket:
    for port in filter(None, ports):
        try:
            sock = bound_socket(port)
        except (OSError, OverflowError):
            continue
        try:
            sock.listen()
        except OSError:
            sock.close()
            continue
        return sock
    return bound_socket(0)
