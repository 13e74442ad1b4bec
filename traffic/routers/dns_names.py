"""What every DNS router shares: names, the type of a Route's records, and what DNS can never hold."""

import ipaddress
from dataclasses import dataclass

from journal.core.reasons import Reason, because

from .protocol import Asked, Backend, Rejected
from .rules import is_hostname

SERVING_MAX = 100  # weighted records of one name and type, Route 53


@dataclass(frozen=True, slots=True)
class Member:
    """A weighted record. `target` is an address or a name; `address` is that of `target`, where `target`
    had to be a name made for it, else ""."""

    prod: str
    weight: int
    target: str
    address: str = ""


def inside(name: str, domain: str) -> bool:
    """Whether `name` is `domain` or below it.

    >>> inside("www.example.com", "example.com"), inside("anexample.com", "example.com")
    (True, False)
    """
    return name == domain or name.endswith(f".{domain}")


def route_name(route: str, domain: str) -> str:
    """The name that carries the weights of a Route, and that its hostnames point to."""
    return f"{route}.{domain}"


def address_version(host: str) -> int:
    """4 or 6 for an IP address, 0 for a name."""
    try:
        return ipaddress.ip_address(host).version
    except ValueError:
        return 0


def serving(asked: Asked) -> tuple[Backend, ...]:
    """The backends that get requests."""
    return tuple(backend for backend in asked.backends if backend.weight)


def idle(asked: Asked) -> tuple[str, ...]:
    """The Prods with weight 0. They have no record: health-checked DNS answers with a record of weight 0
    once all others are unhealthy (Route 53 Developer Guide, "How Route 53 chooses records"), which would
    send users to a Prod that was drained, rolled back, or is not the one writer."""
    return tuple(backend.prod for backend in asked.backends if not backend.weight)


def kind_of(asked: Asked) -> str:
    """The one type that all weighted records of a Route have: A or AAAA for addresses alike, else CNAME."""
    versions = {address_version(backend.host) for backend in serving(asked)}
    return {frozenset({4}): "A", frozenset({6}): "AAAA"}.get(frozenset(versions), "CNAME")


def members(asked: Asked, domain: str) -> tuple[Member, ...]:
    """The weighted records of a Route. Records of one name are of one type, so where some backends have
    names, one with an address gets the name PROD.ROUTE.DOMAIN."""
    named = kind_of(asked) == "CNAME"
    found = []
    for backend in serving(asked):
        if named and address_version(backend.host):
            target = f"{backend.prod}.{route_name(asked.route, domain)}"
            found.append(Member(backend.prod, backend.weight, target, backend.host))
        else:
            found.append(Member(backend.prod, backend.weight, backend.host))
    return tuple(found)


def address_kind(address: str) -> str:
    return "AAAA" if address_version(address) == 6 else "A"


def check_dns(asked: Asked, domain: str) -> None:
    """Raises Rejected for what `rules.check` lets pass and DNS cannot hold."""
    if problem := _member_problem(asked) or _hostname_problem(asked, domain):
        raise Rejected(problem)


def _member_problem(asked: Asked) -> Reason | None:
    if len(serving(asked)) > SERVING_MAX:
        return because("dns-too-many-members", route=asked.route, limit=SERVING_MAX)
    for backend in asked.backends:
        last = backend.host.rpartition(".")[2]
        if not address_version(backend.host) and (last.isdigit() or not is_hostname(backend.host)):
            return because("dns-no-host", prod=backend.prod, host=backend.host)
    return None


def _hostname_problem(asked: Asked, domain: str) -> Reason | None:
    for hostname in asked.hostnames:
        if inside(hostname, domain):
            return because("dns-hostname-is-ours", route=asked.route, hostname=hostname, domain=domain)
    return None
