"""What Route 53 answers from the zone of the stand-in while its health checkers find some hosts dead.

The rules are those of its Developer Guide ("How Amazon Route 53 chooses records when health checking is configured",
"Weighted routing"), in exact shares instead of dice. What the guide leaves to time is not in it: checkers that have to
agree, TTLs, resolvers.
"""

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from tests.adapters.routers.strict_route53 import StrictRoute53

Record = Mapping[str, Any]
NOBODY = "NXDOMAIN"
LINKS_MAX = 8  # more are a loop


def answers(
    aws: StrictRoute53, name: str, dead: Collection[str] = (), kind: str = "A", links: int = 0
) -> dict[str, Fraction]:
    """Where questions for `name` end, each with its share of them: at addresses, at names outside the zone, which others
    answer for, or at NOBODY. `dead` are the hosts that fail their checks."""
    assert links < LINKS_MAX, f"{name} leads to itself"
    if not f".{name}.".endswith(f".{aws.zone}"):
        return {name: Fraction(1)}
    found: dict[str, Fraction] = {}
    for record, share in _chosen(aws, name, kind, dead):
        for value in _leads_to(record):
            ends = {value: Fraction(1)} if _is_end(record) else answers(aws, value, dead, kind, links + 1)
            for end, part in ends.items():
                found[end] = found.get(end, Fraction(0)) + share * part
    return found or {NOBODY: Fraction(1)}


def _chosen(aws: StrictRoute53, name: str, kind: str, dead: Collection[str]) -> list[tuple[Record, Fraction]]:
    """The records that answer, each with its share: of those that have weight the healthy ones, else the healthy ones of
    weight 0, else, as if all were healthy, all that have weight."""
    records: list[Record] = [one for one in aws.records(name) if one["Type"] in (kind, "CNAME")]
    weighted = [one for one in records if one.get("Weight", 1)]
    healthy = [[one for one in some if _is_healthy(aws, one, dead)] for some in (weighted, records)]
    able = next(filter(None, [*healthy, weighted, records]), [])
    weights = [one.get("Weight", 1) for one in able]
    if not any(weights):
        weights = [1] * len(able)
    return [(one, Fraction(weight, sum(weights))) for one, weight in zip(able, weights, strict=True)]


def _is_healthy(aws: StrictRoute53, record: Record, dead: Collection[str]) -> bool:
    """A record without a check always counts as healthy. An alias with EvaluateTargetHealth stands alone with us, and a
    record that stands alone answers in any case."""
    if "HealthCheckId" not in record:
        return True
    config = aws.checks[record["HealthCheckId"]]["HealthCheckConfig"]
    return (config.get("IPAddress") or config["FullyQualifiedDomainName"]) not in dead


def _leads_to(record: Record) -> tuple[str, ...]:
    if "AliasTarget" in record:
        return (record["AliasTarget"]["DNSName"].rstrip("."),)
    return tuple(value.rstrip(".") for value in record["ResourceRecords"])


def _is_end(record: Record) -> bool:
    return record["Type"] != "CNAME" and "AliasTarget" not in record
