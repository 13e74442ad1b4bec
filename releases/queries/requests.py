"""What users ask of each Version, as it was measured last."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from clusters.models import Prod
from traffic.core.demand import Rate, together
from traffic.queries.demand import DemandNow, read_demand_now

from .tiles import serving, with_tile

WITH = ("blueprint", "version", "settled_version")


@dataclass(frozen=True, slots=True)
class VersionRequests:
    """A Version of a Blueprint that users meet, or met when it was measured; `prods`: how many Prods serve it now; `rate`:
    what it was asked, None: not measured."""

    blueprint: str
    version: str
    prods: int
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class Requests:
    """Versions by Blueprint and name, and when and whether what they were asked was measured."""

    versions: tuple[VersionRequests, ...]
    now: DemandNow


def read_requests(now: datetime, blueprint: str = "") -> Requests:
    """Of this Blueprint ("": of all). A constant number of queries. An error that no Version answered counts for the one
    that its Prod serves now."""
    rows = Prod.objects.exclude(lifecycle=Prod.Lifecycle.RETIRED)
    mine = rows.filter(blueprint__name=blueprint) if blueprint else rows
    prods = with_tile(mine).select_related(*WITH)
    served = {prod.name: (prod.blueprint.name, serving(prod).name) for prod in prods}
    measured = read_demand_now(now)
    found: dict[tuple[str, str], list[Rate]] = defaultdict(list)
    for prod, (kind, own) in served.items():
        for version, rate in measured.rates.get(prod, {}).items():
            found[kind, version or own].append(rate)
    counts: dict[tuple[str, str], int] = dict.fromkeys(found, 0)
    for key in served.values():
        counts[key] = counts.get(key, 0) + 1
    versions = (
        VersionRequests(*key, count, together(found[key]) if key in found else None)
        for key, count in sorted(counts.items())
    )
    return Requests(tuple(versions), measured)
