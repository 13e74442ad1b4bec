"""What people say about a Tenant, read: hostnames, load, redundancy, class, and the Prods that may serve it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from traffic.models import DataClass, Redundancy, Tenant
from traffic.routers.rules import NAME, is_hostname

from .words import LOAD_MAX, Faults, read_names, whole

HOSTNAMES_MAX = 100


@dataclass(frozen=True, slots=True)
class TenantFacts:
    """What a Tenant is. Hostnames are sorted; so are `pins`, the only Prods that may ever serve it (none: any)."""

    hostnames: tuple[str, ...]
    load: int
    redundancy: str
    data_class: str
    pins: tuple[str, ...] = ()


def facts_of(tenant: Tenant) -> TenantFacts:
    """What people have said about it."""
    return TenantFacts(
        tuple(sorted(tenant.hostnames)),
        tenant.load,
        tenant.redundancy,
        tenant.data_class,
        tuple(sorted(tenant.pins)),
    )


def columns_of(facts: TenantFacts) -> dict[str, Any]:
    """The same as columns of the row."""
    return {
        "hostnames": list(facts.hostnames),
        "load": facts.load,
        "redundancy": facts.redundancy,
        "data_class": facts.data_class,
        "pins": list(facts.pins),
    }


def digest_of(facts: TenantFacts) -> str:
    """What a page carries to tell whether a Tenant is still as it was read."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:20]


def read_tenant_name(value: Any, faults: Faults) -> str:
    """The name of a Tenant: an RFC 1123 label."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        faults.add("name", "name-no-label")
        return ""
    return value


def read_tenant(given: Mapping[str, Any], faults: Faults, was: TenantFacts | None = None) -> TenantFacts:
    """The facts of `given`; what is not there stays as it `was`, or is the default. Nothing of it counts where
    there are faults."""
    before = was or TenantFacts((), 1, Redundancy.NONE, DataClass.STATELESS)
    hostnames = _hostnames(given["hostnames"], faults) if "hostnames" in given else before.hostnames
    if was is None and not hostnames and not faults.at("hostnames"):
        faults.add("hostnames", "hostname-needed")
    return TenantFacts(
        hostnames,
        _load(given.get("load", before.load), faults),
        _one_of("redundancy", given.get("redundancy", before.redundancy), Redundancy.values, faults),
        _one_of("data_class", given.get("data_class", before.data_class), DataClass.values, faults),
        tuple(sorted(set(read_names(given.get("pins", before.pins), "pins", faults)))),
    )


def _hostnames(given: Any, faults: Faults) -> tuple[str, ...]:
    if not isinstance(given, list | tuple):
        faults.add("hostnames", "hostnames-no-list")
        return ()
    if not given:
        faults.add("hostnames", "hostname-needed")
    if len(given) > HOSTNAMES_MAX:
        faults.add("hostnames", "hostnames-too-many", most=HOSTNAMES_MAX)
        return ()
    found: list[str] = []
    for place, value in enumerate(given):
        code = _hostname_fault(value, found)
        if code:
            faults.add(f"hostnames[{place}]", code, hostname=_shown(value))
        else:
            found.append(value)
    return tuple(sorted(found))


def _hostname_fault(value: Any, before: list[str]) -> str:
    """The code of what is wrong with it; "": nothing.

    >>> [_hostname_fault(name, ["b.example"]) for name in ("a.example", "A.example", "*.example", "b.example")]
    ['', 'hostname-not-lower', 'hostname-wildcard', 'hostname-twice-here']
    >>> [_hostname_fault(name, []) for name in ("a_b.example", "-a.example", "https://a.example", "a." * 127)]
    ['hostname-wrong', 'hostname-wrong', 'hostname-wrong', 'hostname-wrong']
    """
    if not isinstance(value, str):
        return "hostname-wrong"
    if "*" in value:
        return "hostname-wildcard"
    if not is_hostname(value):
        return "hostname-not-lower" if is_hostname(value.lower()) and value.isascii() else "hostname-wrong"
    return "hostname-twice-here" if value in before else ""


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else type(value).__name__
    return "".join(letter for letter in text if letter.isprintable())[:80]


def _load(value: Any, faults: Faults) -> int:
    number = whole(value)
    if number is None or not 0 < number <= LOAD_MAX:
        faults.add("load", "load-no-number", most=LOAD_MAX)
        return 1
    return number


def _one_of(field: str, value: Any, known: list[str], faults: Faults) -> str:
    if value not in known:
        faults.add(field, "not-one-of-these", known=", ".join(known))
    return str(value)
