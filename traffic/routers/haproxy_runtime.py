"""What a running HAProxy is asked and told, in the words of `haproxy_facts`."""

from collections.abc import Sequence

from journal.core.reasons import because

from .haproxy_facts import (
    Entry,
    Line,
    Server,
    entries_of,
    entry_text,
    parse_entry,
    parse_got,
    parse_map,
    parse_servers,
)
from .haproxy_layout import Layout
from .haproxy_plan import Command
from .haproxy_wire import Wire
from .protocol import Asked, Rejected, Stale, Unreachable

CLAIMS = 5
# So many backends are asked for one by one; of more, all are.
FEW = 16


class Runtime:
    """The runtime API of one HAProxy with the configuration of `layout`. Every method raises RouterError."""

    def __init__(self, wire: Wire, layout: Layout) -> None:
        self._wire, self.layout = wire, layout

    def entries(self) -> dict[str, Entry]:
        """Route -> its Entry."""
        return entries_of(self._owners())

    def entry(self, route: str, epoch: int) -> Entry | None:
        """The Entry of a Route, None where it has none. Raises Stale for one that is newer than `epoch`."""
        entry = self.entries().get(route)
        return _checked(entry, epoch) if entry else None

    def claimed(self, asked: Asked) -> Entry:
        """A backend that is the Route's from now on. Who added a line first has it, so two never have one."""
        for _ in range(CLAIMS):
            lines = self._owners()
            if there := entries_of(lines).get(asked.route):
                return _checked(there, asked.epoch)
            entry = Entry(
                self._spare(lines, asked.route), asked.route, asked.epoch, ("",) * self.layout.members
            )
            self.tell([("add", "map", self.layout.owners, entry.backend, entry_text(entry))])
            lines = self._owners()
            won = entries_of(lines).get(asked.route) == entry
            lost = [] if won else [line for line in lines if parse_entry(line.key, line.value) == entry]
            # Whoever has a backend sets its lines by key, those of others who came too late as well.
            late = [line for line in lines if line.key == entry.backend][1:]
            refs = dict.fromkeys(line.ref for line in (*lost, *late))
            self.tell_chatty([("del", "map", self.layout.owners, f"#{ref}") for ref in refs])
            if won:
                return entry
        raise Stale(because("router-claim-lost", route=asked.route))

    def bound(self) -> dict[str, str]:
        """Hostname -> backend, of all; of two lines for one hostname HAProxy goes by the first."""
        lines = parse_map(self._wire.ask([("show", "map", self.layout.hosts)]))
        return {line.key: line.value for line in reversed(lines)}

    def led(self, hostnames: Sequence[str]) -> dict[str, str]:
        """Hostname -> backend, of these; one that leads nowhere is not in it."""
        return parse_got(self._wire.ask([("get", "map", self.layout.hosts, host) for host in hostnames]))

    def servers(self, backends: Sequence[str]) -> list[Server]:
        """The servers of at least these backends."""
        commands: list[Command] = [("show", "servers", "state", backend) for backend in backends]
        if len(backends) > FEW:
            commands = [("show", "servers", "state")]
        return parse_servers(self._wire.ask(commands))

    def tell(self, commands: Sequence[Command]) -> None:
        """Carries out what HAProxy answers with silence where all goes well."""
        for answer in self._wire.tell(commands):
            if said := answer.strip():
                raise Unreachable(because("router-refused", said=said.splitlines()[0][:200]), maybe_done=True)

    def tell_chatty(self, commands: Sequence[Command]) -> None:
        """Carries out what HAProxy answers in words, also where all goes well: it has to be read back."""
        self._wire.tell(commands)

    def _owners(self) -> list[Line]:
        return parse_map(self._wire.ask([("show", "map", self.layout.owners)]))

    def _spare(self, lines: Sequence[Line], route: str) -> str:
        taken = {line.key for line in lines}
        for backend in self.layout.backends():
            if backend not in taken:
                return backend
        raise Rejected(because("router-full", route=route, limit=self.layout.routes))


def _checked(entry: Entry, epoch: int) -> Entry:
    if entry.epoch > epoch:
        raise Stale(because("router-epoch-newer", route=entry.route, asked=epoch, actual=entry.epoch))
    return entry
