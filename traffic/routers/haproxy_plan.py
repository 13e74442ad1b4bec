"""From what is asked of HAProxy and what was read of it to the writes between. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from journal.core.reasons import because

from .haproxy_facts import Entry, Published, Server, entry_text
from .haproxy_layout import Layout
from .protocol import Actual, Asked, Backend, Rejected, Write
from .rules import check, weights_of

Command = tuple[str, ...]
# The stages of a plan.
MADE, BOUND, MOVED, TRIMMED = range(4)


@dataclass(frozen=True, slots=True)
class Move:
    """Epoch, members and weights of a Route. A `new` one takes a backend if it has none."""

    asked: Asked
    new: bool


@dataclass(frozen=True, slots=True)
class Bind:
    """Hostnames that are to lead to a Route, wherever they lead now."""

    route: str
    epoch: int
    hostnames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trim:
    """What a Route no longer needs: hostnames that still lead to it, and every member that is not asked."""

    asked: Asked
    hostnames: tuple[str, ...]


def plan_writes(layout: Layout, asked: Sequence[Asked], actual: Mapping[str, Actual]) -> tuple[Write, ...]:
    """Routes that nobody serves first, since hostnames go there at once; then hostnames; then weights; last what is
    not needed, once the rest is read back. A hostname that goes to another Route is never taken out: one line leads it
    there."""
    check(asked, actual)
    moving = {host for one in asked for host in one.hostnames}
    made, bound, moved, trimmed = [], [], [], []
    for one in sorted(asked, key=lambda one: one.route):
        _check_capable(layout, one)
        now = actual.get(one.route)
        held = set(now.hostnames) if now else set()
        if now is None or not any(weight for _, weight in now.weights):
            made.append(_write(one, MADE, "router-write-route", Move(one, new=now is None)))
        elif _is_to_move(one, now):
            moved.append(_write(one, MOVED, "router-write-route", Move(one, new=False)))
        if new := tuple(sorted(set(one.hostnames) - held)):
            bound.append(
                _write(one, BOUND, "router-bind", Bind(one.route, one.epoch, new), hostnames=len(new))
            )
        gone = tuple(sorted(held - moving))
        if now and (gone or _prods(now) - {backend.prod for backend in one.backends}):
            trimmed.append(_write(one, TRIMMED, "router-trim", Trim(one, gone)))
    return (*made, *bound, *moved, *trimmed)


def _write(asked: Asked, stage: int, code: str, call: Move | Bind | Trim, **params: int) -> Write:
    what = because(code, route=asked.route, epoch=asked.epoch, **params)
    return Write((asked.route,), what, call, stage, (asked.route,) if stage == TRIMMED else ())


def _prods(actual: Actual) -> set[str]:
    return {prod for prod, _ in actual.weights}


def _is_to_move(asked: Asked, now: Actual) -> bool:
    """What is no longer asked counts only while it takes part."""
    wanted = dict(weights_of(asked))
    found = {prod: weight for prod, weight in now.weights if weight or prod in wanted}
    return now.epoch != asked.epoch or found != wanted or bool(moved_address(asked, now))


def moved_address(asked: Asked, now: Actual) -> str:
    """The first Prod that is not where it is asked to be; empty where all are."""
    if not isinstance(now, Published):
        return ""
    found = {prod: (host, port) for prod, host, port in now.addresses}
    wrong = [one.prod for one in asked.backends if found.get(one.prod, _address(one)) != _address(one)]
    return min(wrong, default="")


def _address(backend: Backend) -> tuple[str, int]:
    return str(ip_address(backend.host)), backend.port


def _check_capable(layout: Layout, asked: Asked) -> None:
    if len(asked.backends) > layout.members:
        raise Rejected(because("router-members-many", route=asked.route, limit=layout.members))
    for backend in asked.backends:
        try:
            ip_address(backend.host)
        except ValueError as e:
            raise Rejected(because("router-address-named", route=asked.route, prod=backend.prod)) from e


def placed(route: str, prods: Sequence[str], wanted: Sequence[str], limit: int) -> tuple[str, ...]:
    """The Prods of the servers with `wanted` among them: each stays where it is, a new one takes the first place.

    Raises Rejected if there is none: those that left are there until they are trimmed.

    >>> placed("shop-r", ("a-1", "", "b-1"), ["b-1", "c-1"], 4)
    ('a-1', 'c-1', 'b-1', '')
    """
    held = [*prods, *[""] * limit][:limit]
    for prod in wanted:
        if prod not in held:
            if "" not in held:
                raise Rejected(because("router-members-many", route=route, limit=limit))
            held[held.index("")] = prod
    return tuple(held)


def address_commands(
    layout: Layout, entry: Entry, prods: Sequence[str], asked: Asked, servers: Mapping[str, Server]
) -> list[Command]:
    """Gives each member that is not there yet, or is elsewhere, its address. A new one drains meanwhile."""
    commands: list[Command] = []
    backends = {backend.prod: backend for backend in asked.backends}
    for number, (slot, prod) in enumerate(zip(layout.slots(), prods, strict=True)):
        backend, server = backends.get(prod), servers.get(slot)
        if backend is None:
            continue
        at, name = _address(backend), f"{entry.backend}/{slot}"
        is_new = number >= len(entry.prods) or entry.prods[number] != prod
        if is_new:
            commands += [("set", "server", name, "state", "maint"), ("set", "server", name, "weight", "0")]
        if is_new or server is None or (server.host, server.port) != at:
            commands.append(("set", "server", name, "addr", at[0], "port", str(at[1])))
    return commands


def move_commands(layout: Layout, entry: Entry, asked: Asked) -> tuple[list[Command], list[Command]]:
    """(the epoch, which holds off whoever has an older one, and those that get requests; those that get none). In
    this order somebody serves at every moment."""
    weights = dict(weights_of(asked))
    ready, drained = [], []
    for slot, prod in zip(layout.slots(), entry.prods, strict=True):
        name, weight = f"{entry.backend}/{slot}", weights.get(prod, 0)
        if weight:
            ready += [_server(name, "weight", str(weight)), _server(name, "state", "ready")]
        else:
            drained += [_server(name, "state", "drain" if prod else "maint"), _server(name, "weight", "0")]
    owner = ("set", "map", layout.owners, entry.backend, entry_text(entry))
    return [owner, *ready], drained


def serves_on(layout: Layout, entry: Entry, asked: Asked, servers: Mapping[str, Server]) -> bool:
    """Whether a member that serves, as `servers` were read, is asked to serve."""
    weights = dict(weights_of(asked))
    named = zip(layout.slots(), entry.prods, strict=False)
    return any(weights.get(prod) and slot in servers and servers[slot].weight for slot, prod in named)


def retire_commands(layout: Layout, entry: Entry, keep: Sequence[str]) -> tuple[Entry, list[Command]]:
    """(the Entry without the Prods that are not in `keep`, what takes these out). Requests under way go on."""
    left = tuple(prod if prod in keep else "" for prod in entry.prods)
    after = Entry(entry.backend, entry.route, entry.epoch, left)
    gone = [
        slot for slot, old, new in zip(layout.slots(), entry.prods, left, strict=False) if old and not new
    ]
    out = [_server(f"{entry.backend}/{slot}", "state", "maint") for slot in gone]
    return after, [*out, ("set", "map", layout.owners, entry.backend, entry_text(after))]


def _server(name: str, field: str, value: str) -> Command:
    return ("set", "server", name, field, value)
