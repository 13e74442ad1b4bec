"""What it takes to publish DNSEndpoints."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from journal.core.reasons import FieldErrors, because

from .dns_settings import checks_problem, switch_problem, ttl_problem, unknown_fields
from .rules import NAME, is_hostname

KNOWN = {"namespace", "domain", "ttl", "checks", "observed"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how a router instance publishes. `router` is its name, by which its objects are told from
    those of others; `checks` are ids of health checks by Prod; `observed`: it counts as published only once
    ExternalDNS says that it has read it."""

    router: str
    namespace: str
    domain: str
    ttl: int = 60
    checks: Mapping[str, str] = field(default_factory=dict)
    observed: bool = True


def parse_place(router: str, config: Mapping[str, Any]) -> Place:
    """The Place of the router instance `router` with this `config`. Raises FieldErrors."""
    namespace, domain = str(config.get("namespace", "")), str(config.get("domain", ""))
    ttl, checks, observed = config.get("ttl", 60), config.get("checks", {}), config.get("observed", True)
    wrong = {
        "namespace": None if NAME.fullmatch(namespace) else because("dns-no-namespace"),
        "domain": None if is_hostname(domain) else because("dns-no-name"),
        "ttl": ttl_problem(ttl),
        "checks": checks_problem(checks),
        "observed": switch_problem(observed),
        **unknown_fields(config, KNOWN),
    }
    if errors := tuple((path, problem) for path, problem in sorted(wrong.items()) if problem):
        raise FieldErrors(errors)
    return Place(router, namespace, domain, ttl, dict(checks), observed)
