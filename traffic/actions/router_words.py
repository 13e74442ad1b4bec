"""What people say about a router instance, read: by kind, what it needs to know and what it keeps secret."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clusters.models import Cluster
from journal.core.reasons import FieldErrors
from traffic.models import Router
from traffic.routers.edge_settings import parse_gateway, parse_haproxy
from traffic.routers.external_dns_settings import parse_place
from traffic.routers.route53_settings import parse_settings
from traffic.routers.rules import NAME

from .words import Faults, text_of

Kind = Router.Kind
Settings = Mapping[str, Any]
FIELDS = frozenset({"name", "failure_domain", "cluster", "settings", "credentials"})
# On which cluster they stand is part of how they are reached.
ON_A_CLUSTER = frozenset({Kind.GATEWAY_API, Kind.EXTERNAL_DNS})
SECRETS: dict[str, frozenset[str]] = {Kind.ROUTE53: frozenset({"access_key_id", "secret_access_key"})}
SECRET = re.compile(r"[A-Za-z0-9+/=]{1,200}")
DOMAIN_MAX = 63
SETTINGS_MAX = 50


@dataclass(frozen=True, slots=True)
class InstanceWish:
    """A router instance as a person wants it. Credentials never appear in a message."""

    name: str
    failure_domain: str
    cluster: Cluster | None
    settings: dict[str, Any]
    credentials: dict[str, str] = field(repr=False)


def read_instance(kind: str, given: Any, faults: Faults) -> InstanceWish:
    """The instance of `given`, an object. Nothing of it counts where there are faults."""
    if not isinstance(given, Mapping):
        faults.add("instance", "no-object")
        return InstanceWish("", "", None, {}, {})
    for unknown in sorted(str(one)[:80] for one in given.keys() - FIELDS):
        faults.add(unknown, "field-unknown")
    name, domain = given.get("name"), given.get("failure_domain")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        faults.add("name", "name-no-label")
    if (
        not isinstance(domain, str)
        or not domain.strip()
        or len(domain) > DOMAIN_MAX
        or not domain.isprintable()
    ):
        faults.add("failure_domain", "domain-not-usable", most=DOMAIN_MAX)
    return InstanceWish(
        str(name),
        str(domain).strip(),
        _cluster(kind, text_of(given, "cluster", faults), faults),
        _settings(kind, str(name), given.get("settings", {}), faults),
        _credentials(kind, given.get("credentials", {}), faults),
    )


def _cluster(kind: str, value: str, faults: Faults) -> Cluster | None:
    if not value:
        if kind in ON_A_CLUSTER:
            faults.add("cluster", "router-needs-cluster")
        return None
    known = Cluster.objects.exclude(intent=Cluster.Intent.RETIRED)
    row = known.filter(name=value).first() if NAME.fullmatch(value) else None
    if row is None:
        faults.add("cluster", "no-such-cluster-here")
    return row


def _settings(kind: str, name: str, value: Any, faults: Faults) -> dict[str, Any]:
    if not isinstance(value, Mapping) or len(value) > SETTINGS_MAX:
        faults.add("settings", "no-object")
        return {}
    try:
        _PARSERS[kind](name, value)
    except FieldErrors as wrong:
        faults.take(wrong, "settings.")
    return dict(value)


def _credentials(kind: str, value: Any, faults: Faults) -> dict[str, str]:
    if not isinstance(value, Mapping):
        faults.add("credentials", "no-object")
        return {}
    known = SECRETS.get(kind, frozenset())
    found: dict[str, str] = {}
    for key, secret in value.items():
        path = f"credentials.{str(key)[:80]}"
        if key not in known:
            faults.add(path, "field-unknown")
        elif not isinstance(secret, str) or not SECRET.fullmatch(secret):
            faults.add(path, "secret-not-usable", most=200)
        else:
            found[key] = secret
    if found and set(found) != known:
        for key in sorted(known - set(found)):
            faults.add(f"credentials.{key}", "secret-needed")
    return found


_PARSERS: dict[str, Callable[[str, Settings], object]] = {
    Kind.GATEWAY_API: lambda _, settings: parse_gateway(settings),
    Kind.HAPROXY: lambda _, settings: parse_haproxy(settings),
    Kind.ROUTE53: lambda _, settings: parse_settings(settings),
    Kind.EXTERNAL_DNS: parse_place,
}
