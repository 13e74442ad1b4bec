"""What users ask for, as charts: one of each Prod, one of each Version."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from traffic.core.demand import KEPT_S, OLD_S, DemandChart, Rate, chart, together
from traffic.models import DemandSample

Series = dict[str, list[tuple[datetime, Rate]]]


@dataclass(frozen=True, slots=True)
class Demand:
    """Charts by Prod and by Version, all empty where nothing is collected. Of one kind all have the same scale."""

    prods: Mapping[str, DemandChart]
    versions: Mapping[str, DemandChart]


@dataclass(frozen=True, slots=True)
class DemandNow:
    """The newest sample, of `read_at` (None: there is none of the last five minutes): Prod -> what each Version on it was
    asked. What is not in it was not measured. `fresh`: new enough to be trusted."""

    read_at: datetime | None
    fresh: bool
    rates: Mapping[str, Mapping[str, Rate]]


def read_demand_now(now: datetime) -> DemandNow:
    """What users asked for just now. One query."""
    kept = DemandSample.objects.filter(at__gt=now - timedelta(seconds=KEPT_S), at__lte=now)
    row = kept.order_by("-at").first()
    if row is None:
        return DemandNow(None, False, {})
    rates: dict[str, dict[str, Rate]] = defaultdict(dict)
    for prod, version, requests, errors in row.rates:
        rates[prod][version] = Rate(requests, errors)
    return DemandNow(row.at, row.at >= now - timedelta(seconds=OLD_S), rates)


def read_demand(versions: Mapping[str, tuple[str, str]], now: datetime) -> Demand:
    """The charts of the Prods in `versions` (Prod -> its Blueprint and Version), and of these Versions by both names,
    as in `shop v1.0.0`. One query.

    An error that no Version answered counts for the one that the Prod has now.
    """
    rows = list(
        DemandSample.objects.filter(at__gt=now - timedelta(seconds=KEPT_S), at__lte=now).order_by("at")
    )
    prods: Series = {prod: [] for prod in versions}
    named: Series = {" ".join(version): [] for version in versions.values()}
    for row in rows:
        of_prod: dict[str, list[Rate]] = defaultdict(list)
        of_version: dict[str, list[Rate]] = defaultdict(list)
        for prod, version, requests, errors in row.rates:
            rate = Rate(requests, errors)
            of_prod[prod].append(rate)
            blueprint, own = versions.get(prod, ("", ""))
            of_version[f"{blueprint} {version or own}"].append(rate)
        for series, found in ((prods, of_prod), (named, of_version)):
            for name, samples in series.items():
                samples.append((row.at, together(found.get(name, ()))))
    return Demand(_charts(prods, now), _charts(named, now))


def _charts(series: Series, now: datetime) -> dict[str, DemandChart]:
    top = max((rate.requests for samples in series.values() for _, rate in samples), default=0.0)
    drawn = {name: chart(samples, now, top) for name, samples in series.items()}
    return {name: one for name, one in drawn.items() if one is not None}
