"""What HAProxy says of itself, as values. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .protocol import Actual

_LINE = re.compile(r"(0x[0-9a-f]+) (\S+) (\S+)")
_GOT = re.compile(r'key="([^"]*)", value="([^"]*)"')
_ENTRY = re.compile(r"([^/]+)/(\d{1,18})/(.*)")
# `srv_admin_state` in include/haproxy/server-t.h; 0x04 only tells that it was so configured.
_MAINT, _DRAIN = 0x01 | 0x02 | 0x20 | 0x40, 0x08 | 0x10
# `show servers state`, version 1: be_name, srv_name, srv_addr, srv_admin_state, srv_uweight, srv_port.
_BACKEND, _NAME, _ADDRESS, _ADMIN, _WEIGHT, _PORT = 1, 3, 4, 6, 7, 18


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a map. `ref` names this line and no other with the same key."""

    ref: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What `owners` says of a backend. `prods` are by server, "" for one without."""

    backend: str
    route: str
    epoch: int
    prods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Server:
    """A server of a backend. `weight` is what it takes part with: 0 while it drains or is in maintenance."""

    backend: str
    name: str
    host: str
    port: int
    weight: int


@dataclass(frozen=True, slots=True)
class Published(Actual):
    """`addresses` are (Prod, host, port)."""

    backend: str = field(default="", compare=False)
    addresses: tuple[tuple[str, str, int], ...] = field(default=(), compare=False)


def parse_map(text: str) -> list[Line]:
    """The answer to `show map`, in HAProxy's order: of lines with one key it goes by the first."""
    return [Line(*found.groups()) for line in text.splitlines() if (found := _LINE.fullmatch(line))]


def parse_got(text: str) -> dict[str, str]:
    """The answers to `get map`, joined: key -> value of those that were found."""
    return dict(_GOT.findall(text))


def parse_servers(text: str) -> list[Server]:
    """The answer to `show servers state`."""
    rows = (line.split(" ") for line in text.splitlines() if line[:1].isdigit())
    return [
        Server(
            row[_BACKEND],
            row[_NAME],
            row[_ADDRESS],
            int(row[_PORT]),
            _weight(int(row[_ADMIN]), int(row[_WEIGHT])),
        )
        for row in rows
        if len(row) > _PORT and row[_PORT].isdigit()
    ]


def _weight(admin: int, weight: int) -> int:
    return 0 if admin & (_MAINT | _DRAIN) else weight


def entry_text(entry: Entry) -> str:
    """How `owners` holds an Entry.

    >>> entry_text(Entry("drover-1", "shop-r", 7, ("a-1", "", "b-1")))
    'shop-r/7/a-1,-,b-1'
    """
    return f"{entry.route}/{entry.epoch}/{','.join(prod or '-' for prod in entry.prods)}"


def parse_entry(backend: str, text: str) -> Entry | None:
    """The Entry that `entry_text` made; None for anything else."""
    found = _ENTRY.fullmatch(text)
    if not found:
        return None
    prods = tuple("" if prod == "-" else prod for prod in found[3].split(","))
    return Entry(backend, found[1], int(found[2]), prods)


def entries_of(lines: Sequence[Line]) -> dict[str, Entry]:
    """Route -> its Entry. Whoever came first has a backend, and a Route has the first one that it got: so two
    who take one at the same moment agree on who has."""
    backends: set[str] = set()
    found: dict[str, Entry] = {}
    for line in lines:
        entry = parse_entry(line.key, line.value)
        if entry and line.key not in backends:
            found.setdefault(entry.route, entry)
        backends.add(line.key)
    return found


def published(
    entry: Entry, slots: Sequence[str], servers: Sequence[Server], hostnames: Sequence[str]
) -> Published:
    """What is published of a Route. A server without a Prod that takes part goes by its own name."""
    prods = dict(zip(slots, entry.prods, strict=False))
    mine = [server for server in servers if server.backend == entry.backend]
    named = [(prods.get(server.name, ""), server) for server in mine]
    weights = [(prod or server.name, server.weight) for prod, server in named if prod or server.weight]
    addresses = [(prod, server.host, server.port) for prod, server in named if prod]
    return Published(
        entry.route,
        entry.epoch,
        tuple(sorted(weights)),
        tuple(sorted(hostnames)),
        entry.backend,
        tuple(sorted(addresses)),
    )
