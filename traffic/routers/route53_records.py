"""Record sets of Route 53 as values: how a Route looks in them, and the changes that bring it there.

A Route is `ROUTE.DOMAIN` (one weighted record per Prod that gets requests) and the TXT record
`_drover.ROUTE.DOMAIN`, its mark, which holds the epoch, a count of writes and the Prods with weight 0. A mark
belongs to a Route of ours; names without one are somebody else's. A hostname is a CNAME to `ROUTE.DOMAIN`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from .dns_names import address_kind, address_version, idle, inside, kind_of, members, route_name
from .protocol import Actual, Asked
from .route53_settings import Settings

MARK_LABEL = "_drover"
MARK = re.compile(r"drover epoch=(?P<epoch>\d+) write=(?P<write>\d+) idle=(?P<idle>\S*)")
STRING_MAX = 255  # one character-string, RFC 1035 3.3


@dataclass(frozen=True, slots=True)
class Record:
    """A record set. `values` are as Route 53 has them, since a DELETE must match; those of an alias are its
    one target, `alias_zone` the zone of that; `weight` None: not a weighted one."""

    name: str
    kind: str
    values: tuple[str, ...]
    ttl: int = 0
    set_id: str = ""
    weight: int | None = None
    check: str = ""
    alias_zone: str = ""


Change = tuple[str, Record]  # CREATE, DELETE or UPSERT of a record set


@dataclass(frozen=True, slots=True)
class Published:
    """What the zone holds of a Route. `mark` None: it is not ours (yet)."""

    mark: Record | None = None
    at_name: tuple[Record, ...] = ()
    below: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen(Actual):
    """What was read of a Route, with its records: they may lead elsewhere than `Actual` can say."""

    records: tuple[Record, ...] = field(default=(), compare=False, repr=False)


Zone = Mapping[str, tuple[Record, ...]]  # name -> all record sets that it has


def from_api(data: Mapping[str, Any]) -> Record:
    """The Record of a `ResourceRecordSet`."""
    alias = data.get("AliasTarget") or {}
    values = [str(one["Value"]) for one in data.get("ResourceRecords") or []]
    return Record(
        name=plain_name(data["Name"]),
        kind=data["Type"],
        values=(str(alias["DNSName"]),) if alias else tuple(values),
        ttl=int(data.get("TTL") or 0),
        set_id=data.get("SetIdentifier") or "",
        weight=data.get("Weight"),
        check=data.get("HealthCheckId") or "",
        alias_zone=alias.get("HostedZoneId") or "",
    )


def to_api(record: Record) -> dict[str, Any]:
    """The `ResourceRecordSet` of a Record."""
    data: dict[str, Any] = {"Name": f"{record.name}.", "Type": record.kind}
    if record.weight is not None:
        data |= {"SetIdentifier": record.set_id, "Weight": record.weight}
    if record.alias_zone:
        target = {
            "HostedZoneId": record.alias_zone,
            "DNSName": record.values[0],
            "EvaluateTargetHealth": True,
        }
        return data | {"AliasTarget": target}
    if record.check:
        data["HealthCheckId"] = record.check
    return data | {"TTL": record.ttl, "ResourceRecords": [{"Value": value} for value in record.values]}


def plain_name(name: str) -> str:
    r"""A name without its final dot, and with a readable wildcard: Route 53 writes `*` as `\052`."""
    return name.lower().removesuffix(".").replace("\\052", "*", 1)


def zone_of(records: Iterable[Record]) -> dict[str, tuple[Record, ...]]:
    zone: dict[str, tuple[Record, ...]] = {}
    for record in records:
        zone[record.name] = (*zone.get(record.name, ()), record)
    return zone


def published(zone: Zone, domain: str) -> dict[str, Published]:
    """Route -> what the zone holds of it; names that are no Route's of ours have no mark."""
    found: dict[str, Published] = {}
    for name, records in zone.items():
        if not inside(name, domain) or name == domain:
            continue
        *head, route = name.removesuffix(f".{domain}").split(".")
        one = found.get(route, Published())
        if not head:
            one = replace(one, at_name=records)
        elif head == [MARK_LABEL]:
            marks = [record for record in records if record.kind == "TXT" and read_mark(record)]
            one = replace(one, mark=marks[0] if marks else None)
        elif len(head) == 1:
            one = replace(one, below=(*one.below, *records))
        found[route] = one
    return found


def actual(route: str, found: Published, hostnames: Iterable[str]) -> Seen:
    """What is published of a Route: weights from the records themselves, 0 for those the mark says are idle."""
    weights = {record.set_id: record.weight or 0 for record in found.at_name if record.weight is not None}
    idle_ones = {prod: 0 for prod in mark_idle(found.mark) if prod not in weights}
    pairs = tuple(sorted((weights | idle_ones).items()))
    records = (*found.at_name, *found.below)
    return Seen(route, mark_epoch(found.mark), pairs, tuple(sorted(hostnames)), records)


def mark_epoch(mark: Record | None) -> int:
    """The epoch that a mark holds; 0 without one."""
    said = mark and read_mark(mark)
    return int(said["epoch"]) if said else 0


def bound(zone: Zone, domain: str) -> dict[str, list[str]]:
    """Route -> the hostnames that point to it."""
    found: dict[str, list[str]] = {}
    for record in chain.from_iterable(zone.values()):
        if target := pointed_at(record, domain):
            found.setdefault(target.removesuffix(f".{domain}"), []).append(record.name)
    return found


def pointed_at(record: Record, domain: str) -> str:
    """The name right below `domain` that a CNAME or alias leads to, else ""."""
    if record.set_id or not (record.kind == "CNAME" or record.alias_zone):
        return ""
    target = plain_name(record.values[0])
    route, _, rest = target.partition(".")
    return target if rest == domain and route != MARK_LABEL else ""


def desired(
    asked: Asked, settings: Settings, checks: Mapping[str, str], write: int = 1
) -> tuple[Record, ...]:
    """The record sets of a Route: addresses first, then the weighted ones, the mark last."""
    name, kind = route_name(asked.route, settings.domain), kind_of(asked)
    found = members(asked, settings.domain)
    addresses = [
        Record(one.target, address_kind(one.address), (one.address,), settings.ttl)
        for one in found
        if one.address
    ]
    weighted = [
        Record(name, kind, (one.target,), settings.ttl, one.prod, one.weight, checks.get(one.prod, ""))
        for one in found
    ]
    text = f"epoch={asked.epoch} write={write} idle={','.join(idle(asked))}"
    return (*addresses, *weighted, mark_record(asked.route, settings, text))


def plain(record: Record) -> Record:
    """For comparing: names without their final dot, addresses in one spelling."""
    values = tuple(value if address_version(value) else plain_name(value) for value in record.values)
    return replace(record, values=values)


def read_mark(record: Record) -> re.Match[str] | None:
    return MARK.fullmatch("".join(re.findall(r'"([^"]*)"', record.values[0]))) if record.values else None


def mark_idle(mark: Record | None) -> tuple[str, ...]:
    said = mark and read_mark(mark)
    return tuple(filter(None, said["idle"].split(","))) if said else ()


def mark_record(route: str, settings: Settings, text: str) -> Record:
    name = f"{MARK_LABEL}.{route_name(route, settings.domain)}"
    return Record(name, "TXT", (_strings(f"drover {text}"),), settings.ttl)


def _strings(text: str) -> str:
    """`text` as the value of a TXT record: quoted strings of at most 255 characters."""
    return " ".join(f'"{text[at : at + STRING_MAX]}"' for at in range(0, len(text), STRING_MAX))
