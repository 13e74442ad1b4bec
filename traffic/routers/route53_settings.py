"""What it takes to publish to a hosted zone of Route 53: settings, health checks and keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from journal.core.reasons import FieldErrors, Reason, because

from .dns_names import inside
from .dns_settings import checks_problem, number_problem, switch_problem, ttl_problem, unknown_fields
from .rules import is_hostname

ZONE_ID = re.compile(r"(/hostedzone/)?[A-Z0-9]{1,32}", re.ASCII)
ENDPOINT = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?/?")  # of a stand-in for Route 53
PATH = re.compile(r"/[\x21-\x7e]{0,254}")
SCHEMES = ("http", "https")
INTERVALS_S = (10, 30)


@dataclass(frozen=True, slots=True)
class Health:
    """The check that is made for a Prod: a GET of `path` at its host and port every `interval_s` s; after
    `failures` in a row Route 53 no longer answers with that Prod."""

    scheme: str = "https"
    path: str = "/"
    interval_s: int = 30
    failures: int = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """`zone` with `zone_id` is the hosted zone, `domain` the name in it below which Routes have theirs.
    `checks` are ids of health checks that exist already, by Prod; `health` makes them for the others, None:
    others have none. `binds` False: hostnames are somebody else's to point to `ROUTE.DOMAIN`."""

    zone: str
    zone_id: str
    domain: str
    ttl: int = 60
    binds: bool = True
    health: Health | None = None
    checks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """An access key pair; without one, boto3 takes what the environment or role of the process has."""

    access_key_id: str = ""
    secret_access_key: str = ""


_KNOWN = {"zone", "zone_id", "domain", "ttl", "binds", "health", "checks", "endpoint_url"}


def parse_settings(config: Mapping[str, Any]) -> Settings:
    """The Settings of a router instance's `config`. Raises FieldErrors."""
    zone, domain = str(config.get("zone", "")), str(config.get("domain", ""))
    zone_id, ttl, binds = str(config.get("zone_id", "")), config.get("ttl", 60), config.get("binds", True)
    checks = config.get("checks", {})
    wrong = {
        "zone": None if is_hostname(zone) else because("dns-no-name"),
        "zone_id": None if ZONE_ID.fullmatch(zone_id) else because("route53-zone-id"),
        "domain": None
        if is_hostname(domain) and inside(domain, zone) and domain != zone
        else because("dns-domain-outside", zone=zone),
        "ttl": ttl_problem(ttl),
        "binds": switch_problem(binds),
        "checks": checks_problem(checks),
        "endpoint_url": _endpoint_problem(config.get("endpoint_url")),
        **_health_problems(config.get("health")),
        **unknown_fields(config, _KNOWN),
    }
    if errors := tuple((path, problem) for path, problem in sorted(wrong.items()) if problem):
        raise FieldErrors(errors)
    health = Health(**config["health"]) if config.get("health") is not None else None
    return Settings(zone, zone_id.removeprefix("/hostedzone/"), domain, ttl, binds, health, dict(checks))


def _endpoint_problem(value: Any) -> Reason | None:
    fine = value is None or (isinstance(value, str) and ENDPOINT.fullmatch(value))
    return None if fine else because("route53-endpoint")


def _health_problems(value: Any) -> dict[str, Reason | None]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        return {"health": because("value-unexpected")}
    given = {"scheme": "https", "path": "/", "interval_s": 30, "failures": 3} | value
    scheme, interval = given.pop("scheme"), given.pop("interval_s")
    return {
        "health.scheme": None if scheme in SCHEMES else because("value-unknown", allowed=", ".join(SCHEMES)),
        "health.path": None if PATH.fullmatch(str(given.pop("path"))) else because("route53-check-path"),
        "health.interval_s": None if interval in INTERVALS_S else because("value-unknown", allowed="10, 30"),
        "health.failures": number_problem(given.pop("failures"), 1, 10),
        **{f"health.{name}": because("value-unexpected") for name in given},
    }
