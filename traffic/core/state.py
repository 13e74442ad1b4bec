"""What break-glass needs when nothing of Drover answers, as a value, to JSON and back."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from journal.core.reasons import Refused, because

from .facts import ClusterNow, Place, RouteNow, RouterNow, Seat, TrafficFacts

T = TypeVar("T")
Shares = Mapping[str, Mapping[str, Iterable[str]]]


@dataclass(frozen=True, slots=True)
class InstanceState:
    """What the adapter of a router instance needs. `keys` and `cluster_keys` are as they stand in the rows,
    encrypted, in base64; `cluster` is the one that it stands on ("": none)."""

    name: str
    kind: str
    domain: str
    settings: Mapping[str, Any]
    keys: str = ""
    cluster: str = ""
    cluster_keys: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """The fleet as it was at `written_at`. `epochs`: Route -> epoch asked; `addresses`: Prod -> (host, port) that
    users' requests are sent to, of those that have one; `came_from`: Prod -> the Version it ran before."""

    written_at: datetime
    facts: TrafficFacts
    epochs: Mapping[str, int]
    addresses: Mapping[str, tuple[str, int]]
    came_from: Mapping[str, str]
    instances: tuple[InstanceState, ...]


def state_to_json(state: State) -> bytes:
    """Compact JSON. Whose data each Version may use is said once for each, not for every Prod."""
    facts = state.facts
    shares: dict[str, dict[str, list[str]]] = {}
    for place in facts.places:
        shares.setdefault(place.blueprint, {}).setdefault(place.version, sorted(place.shares))
    told = {
        "written_at": state.written_at.isoformat(),
        "shares": shares,
        "places": _table(Place, facts.places, without="shares"),
        "routes": _table(RouteNow, facts.routes),
        "clusters": _table(ClusterNow, facts.clusters),
        "routers": _table(RouterNow, facts.routers),
        "epochs": dict(state.epochs),
        "addresses": dict(state.addresses),
        "came_from": dict(state.came_from),
        "instances": _table(InstanceState, state.instances),
    }
    return json.dumps(told, separators=(",", ":"), sort_keys=True).encode()


def state_from_json(text: bytes) -> State:
    """The State that `state_to_json` told. Raises Refused for one of a newer Drover."""
    told = json.loads(text)
    facts = TrafficFacts(
        places=_rows(told["places"], Place, lambda **row: _place(row, told["shares"])),
        routes=_rows(told["routes"], RouteNow, _route),
        clusters=_rows(told["clusters"], ClusterNow, ClusterNow),
        routers=_rows(told["routers"], RouterNow, RouterNow),
    )
    return State(
        written_at=datetime.fromisoformat(told["written_at"]),
        facts=facts,
        epochs=told["epochs"],
        addresses={prod: (host, port) for prod, (host, port) in told["addresses"].items()},
        came_from=told["came_from"],
        instances=_rows(told["instances"], InstanceState, InstanceState),
    )


def _table(kind: type[Any], values: Iterable[Any], without: str = "") -> dict[str, Any]:
    """Names of fields once, then a row for each value."""
    names = [field.name for field in fields(kind) if field.name != without]
    return {"fields": names, "rows": [[getattr(value, name) for name in names] for value in values]}


def _rows(table: Mapping[str, Any], kind: type[Any], make: Callable[..., T]) -> tuple[T, ...]:
    """What this Drover does not know it must not leave out. Raises Refused."""
    unknown = sorted(set(table["fields"]) - {field.name for field in fields(kind)})
    if unknown:
        raise Refused(because("state-file-unknown-field", field=f"{kind.__name__}.{unknown[0]}"))
    return tuple(make(**dict(zip(table["fields"], row, strict=True))) for row in table["rows"])


def _place(row: dict[str, Any], shares: Shares) -> Place:
    return Place(**row, shares=frozenset(shares[row["blueprint"]][row["version"]]))


def _route(**row: Any) -> RouteNow:
    lists: dict[str, Any] = {name: tuple(row.pop(name)) for name in ("routers", "pins")}
    members = tuple(Seat(*seat) for seat in row.pop("members"))
    return RouteNow(**row, **lists, members=members)
