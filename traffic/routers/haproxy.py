"""Routes in a running HAProxy, 2.6 or later, over its runtime API. See docs/routers.md.

HAProxy has no compare-and-swap: each write looks at the epoch first, and what two writers make of it within the
milliseconds between is found by reading back. Where members that serve all lose their requests, those that take over
are read back within the same write: the commands of one line are not one change.
"""

from collections.abc import Collection, Mapping, Sequence

from journal.core.reasons import Reason, because, within

from .haproxy_facts import Entry, Server, published
from .haproxy_layout import Layout
from .haproxy_plan import (
    Bind,
    Command,
    Move,
    Trim,
    address_commands,
    move_commands,
    moved_address,
    placed,
    plan_writes,
    retire_commands,
    serves_on,
)
from .haproxy_runtime import Runtime
from .haproxy_wire import Wire
from .protocol import Actual, Asked, Stale, Traits, Write
from .rules import first_difference


class HaproxyRouter:
    """One HAProxy with the configuration of `haproxy_layout`."""

    traits = Traits(health_checks=True, compare_and_swap=False)

    def __init__(self, wire: Wire, layout: Layout) -> None:
        self._layout, self._runtime = layout, Runtime(wire, layout)

    def read(self, routes: Collection[str] | None = None) -> dict[str, Actual]:
        entries = self._runtime.entries()
        wanted = {route: entries[route] for route in sorted(entries) if routes is None or route in routes}
        if not wanted:
            return {}
        servers = self._runtime.servers([entry.backend for entry in wanted.values()])
        hosts: dict[str, list[str]] = {}
        for host, backend in self._runtime.bound().items():
            hosts.setdefault(backend, []).append(host)
        slots = self._layout.slots()
        return {
            route: published(entry, slots, servers, hosts.get(entry.backend, []))
            for route, entry in wanted.items()
        }

    def plan(self, asked: Sequence[Asked], actual: Mapping[str, Actual]) -> tuple[Write, ...]:
        return plan_writes(self._layout, asked, actual)

    def apply(self, write: Write) -> None:
        match write.call:
            case Move() as move:
                self._move(move)
            case Bind() as bind:
                self._bind(bind)
            case Trim() as trim:
                self._trim(trim)
            case _:
                raise TypeError("this write is another router's")

    def verify(
        self, asked: Sequence[Asked], actual: Mapping[str, Actual] | None = None
    ) -> dict[str, Reason | None]:
        found = self.read([one.route for one in asked]) if actual is None else actual
        return {one.route: _difference(one, found.get(one.route)) for one in asked}

    def remove(self, routes: Collection[str]) -> None:
        """Nobody is led to a backend any more before it is taken apart, and it is free when that is done."""
        entries = [entry for route, entry in self._runtime.entries().items() if route in routes]
        bound = self._runtime.bound() if entries else {}
        for entry in entries:
            hosts = [host for host, backend in bound.items() if backend == entry.backend]
            self._runtime.tell([("del", "map", self._layout.hosts, host) for host in hosts])
            _, out = retire_commands(self._layout, entry, ())
            self._runtime.tell([*out, ("del", "map", self._layout.owners, entry.backend)])

    def _move(self, move: Move) -> None:
        asked = move.asked
        entry = self._runtime.entry(asked.route, asked.epoch)
        if entry is None:
            if not move.new:
                raise Stale(because("router-moved-on", route=asked.route))
            entry = self._runtime.claimed(asked)
        prods = placed(
            asked.route, entry.prods, [backend.prod for backend in asked.backends], self._layout.members
        )
        servers = self._servers(entry)
        after = Entry(entry.backend, entry.route, asked.epoch, prods)
        if commands := address_commands(self._layout, entry, prods, asked, servers):
            self._address(commands, after, asked)
        ready, drained = move_commands(self._layout, after, asked)
        if not serves_on(self._layout, entry, asked, servers):
            self._runtime.tell(ready)
            self._check_serves(after, asked)
            ready = []
        self._runtime.tell([*ready, *drained])

    def _address(self, commands: Sequence[Command], after: Entry, asked: Asked) -> None:
        """Each member has its address afterwards, as read back."""
        self._runtime.tell_chatty(commands)
        if left := address_commands(self._layout, after, after.prods, asked, self._servers(after)):
            raise Stale(because("router-refused", said=" ".join(left[0])))

    def _check_serves(self, entry: Entry, asked: Asked) -> None:
        """Raises Stale where a member that is to take over does not, as read back."""
        servers = list(self._servers(entry).values())
        now = dict(published(entry, self._layout.slots(), servers, ()).weights)
        for backend in asked.backends:
            weight = now.get(backend.prod, 0)
            if backend.weight != weight and backend.weight:
                known: dict[str, int] = {"asked": backend.weight, "actual": weight}
                why = because("router-weight-differs", route=asked.route, prod=backend.prod, **known)
                raise Stale(within("replacement-not-there", why))

    def _servers(self, entry: Entry) -> dict[str, Server]:
        return {server.name: server for server in self._runtime.servers([entry.backend])}

    def _bind(self, bind: Bind) -> None:
        entry, hosts = self._known(bind.route, bind.epoch), self._layout.hosts
        now = self._runtime.led(bind.hostnames)
        wrong = [host for host in bind.hostnames if now.get(host) != entry.backend]
        self._runtime.tell(
            [("set" if host in now else "add", "map", hosts, host, entry.backend) for host in wrong]
        )

    def _trim(self, trim: Trim) -> None:
        """A hostname that meanwhile leads elsewhere is left there."""
        entry, hosts = self._known(trim.asked.route, trim.asked.epoch), self._layout.hosts
        led = self._runtime.led(trim.hostnames)
        gone = [host for host in trim.hostnames if led.get(host) == entry.backend]
        _, out = retire_commands(self._layout, entry, [backend.prod for backend in trim.asked.backends])
        self._runtime.tell([*(("del", "map", hosts, host) for host in gone), *out])

    def _known(self, route: str, epoch: int) -> Entry:
        entry = self._runtime.entry(route, epoch)
        if entry is None:
            raise Stale(because("router-moved-on", route=route))
        return entry


def _difference(asked: Asked, actual: Actual | None) -> Reason | None:
    reason = first_difference(asked, actual)
    if reason or actual is None:
        return reason
    prod = moved_address(asked, actual)
    return because("router-address-differs", route=asked.route, prod=prod) if prod else None
