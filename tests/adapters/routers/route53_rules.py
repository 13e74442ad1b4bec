"""What Route 53 takes into a hosted zone, and what it refuses (API reference of ChangeResourceRecordSets, "Values
for weighted records", quotas, and the messages that people report). A batch is done one change after the other,
all or nothing."""

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Key = tuple[str, str, str]  # name with its final dot, type, set identifier
Sets = dict[Key, dict[str, Any]]
QUOTED = re.compile(r'"[^"]{0,255}"( "[^"]{0,255}")*')


class Invalid(Exception):
    """InvalidChangeBatch, with its message."""


def key_of(record: Mapping[str, Any]) -> Key:
    return record["Name"], record["Type"], record.get("SetIdentifier", "")


def after(sets: Sets, batch: Iterable[tuple[str, dict[str, Any]]], zone: str) -> Sets:
    """The record sets after a batch. Raises Invalid, and then nothing has changed."""
    batch = list(batch)
    _check_size(batch)
    new = dict(sets)
    names: dict[str, set[Key]] = {}
    for key in new:
        names.setdefault(key[0], set()).add(key)
    for action, record in batch:
        key = key_of(record)
        told = f"[name='{key[0]}', type='{key[1]}', set identifier='{key[2]}']"
        if action == "DELETE":
            if key not in new:
                raise Invalid(f"Tried to delete resource record set {told} but it was not found")
            if new[key] != record:
                raise Invalid(
                    f"Tried to delete resource record set {told} but the values provided do not match the "
                    "current values"
                )
            if key[1] in ("NS", "SOA") and key[0] == zone:
                raise Invalid(f"A HostedZone must contain exactly one {key[1]} record")
            del new[key]
            names[key[0]].remove(key)
            continue
        if action == "CREATE" and key in new:
            raise Invalid(f"Tried to create resource record set {told} but it already exists")
        _check_shape(record, zone)
        there = names.setdefault(key[0], set())
        _check_neighbours([new[other] for other in there - {key}], record, told)
        new[key] = record
        there.add(key)
    _check_aliases(new)
    return new


def _check_size(batch: list[tuple[str, dict[str, Any]]]) -> None:
    elements = characters = 0
    for action, record in batch:
        times = 2 if action == "UPSERT" else 1
        elements += times * len(record.get("ResourceRecords", ()))
        characters += times * sum(map(len, record.get("ResourceRecords", ())))
    if elements > 1000:
        raise Invalid("Number of records limit of 1000 exceeded.")
    if characters > 32_000:
        raise Invalid("Number of characters limit of 32000 exceeded.")


def _check_shape(record: Mapping[str, Any], zone: str) -> None:
    name, kind, values = record["Name"], record["Type"], record.get("ResourceRecords", ())
    if name != zone and not name.endswith(f".{zone}"):
        raise Invalid(f"RRSet with DNS name {name} is not permitted in zone {zone}")
    if kind == "CNAME" and name == zone:
        raise Invalid(f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {zone}")
    if ("AliasTarget" in record) == bool(values) or ("TTL" in record) != bool(values):
        raise Invalid("Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords]]")
    if len(set(values)) != len(values):
        raise Invalid("Duplicate Resource Record")
    if ("SetIdentifier" in record) != ("Weight" in record):
        raise Invalid("Expected exactly one of [Weight, ...] with SetIdentifier")
    if "Weight" in record and (len(values) > 1 or not 0 <= record["Weight"] <= 255):
        raise Invalid("A weighted RRSet has one value and a weight of 0 to 255")
    if kind == "CNAME" and len(values) > 1:
        raise Invalid("A CNAME has one value")
    for value in values:
        _check_value(kind, value)


def _check_value(kind: str, value: str) -> None:
    if kind in ("A", "AAAA"):
        try:
            fine = ipaddress.ip_address(value).version == (4 if kind == "A" else 6)
        except ValueError:
            fine = False
        if not fine:
            raise Invalid(f"Invalid Resource Record: '{value}' is no address for {kind}")
    if kind == "TXT" and not QUOTED.fullmatch(value):
        raise Invalid("InvalidCharacterString (Value should be enclosed in quotation marks)")


def _check_neighbours(others: Sequence[Mapping[str, Any]], record: Mapping[str, Any], told: str) -> None:
    """What else has the name decides what may come."""
    name, kind, _ = key_of(record)
    alike = [one for one in others if one["Type"] == kind]
    if any((kind == "CNAME") != (one["Type"] == "CNAME") for one in others):
        raise Invalid(f"RRSet of type CNAME with DNS name {name} conflicts with other records at that name")
    if any(("Weight" in one) != ("Weight" in record) for one in alike):
        raise Invalid(
            f"RRSet {told} cannot be created as a non-weighted set exists with the same name and type."
        )
    if any(one.get("TTL") != record.get("TTL") for one in alike if "TTL" in one and "TTL" in record):
        raise Invalid(f"RRSet {told} cannot be created as weighted sets must contain the same TTL.")
    if len(alike) >= 100:
        raise Invalid("At most 100 weighted record sets have one name and type")


def _check_aliases(sets: Sets) -> None:
    there = {key[:2] for key in sets}
    for record in sets.values():
        if target := record.get("AliasTarget"):
            wanted = (target["DNSName"], record["Type"])
            if wanted not in there:
                raise Invalid(
                    f"Tried to create an alias that targets {wanted[0]}, type {wanted[1]}, but not found"
                )
