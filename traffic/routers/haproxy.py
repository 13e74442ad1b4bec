"""Routes in a running HAProxy, 2.6 or later, over its runtime API. See docs/routers.md.

HAProxy has no compare-and-swap: each write looks at the epoch first, and what two writers make of it within the
milliseconds between is found by reading back.
"""

from collections.abc import Collection, Mapping, Sequence

from journal.core.reasons import Reason, because

from .haproxy_facts import Entry, published
from .haproxy_layout import Layout
from .haproxy_plan import (
    Bind,
    Move,
    Trim,
    address_commands,
    move_commands,
    moved_address,
    placed,
    plan_writes,
    retire_commands,
)
from .haproxy_runtime import Runtime
from .haproxy_wire import Wire
from .protocol import Actual, Asked, Stale, Traits, Unreachable, Write
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
        self._address(entry, asked, prods)
        self._runtime.tell(
            move_commands(self._layout, Entry(entry.backend, entry.route, asked.epoch, prods), asked)
        )

    def _address(self, entry: Entry, asked: Asked, prods: tuple[str, ...]) -> None:
        """Each member has its address afterwards, as read back."""
        if not (commands := self._wrong_addresses(entry, asked, prods)):
            return
        self._runtime.tell_chatty(commands)
        after = Entry(entry.backend, entry.route, entry.epoch, prods)
        if left := self._wrong_addresses(after, asked, prods):
            raise Unreachable(because("router-refused", said=" ".join(left[0])), maybe_done=True)

    def _wrong_addresses(self, entry: Entry, asked: Asked, prods: tuple[str, ...]) -> list[tuple[str, ...]]:
        servers = {server.name: server for server in self._runtime.servers([entry.backend])}
        return address_commands(self._layout, entry, prods, asked, servers)

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
