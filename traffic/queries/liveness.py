"""Which Clusters live, as far as is known now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from clusters.models import Cluster
from journal.core.reasons import Reason, because, reason_from_json
from traffic.core.detect import API, DIRECT, ROUTED, STALE_S, UNKNOWN
from traffic.models import Liveness

from .probing import judged_prods


@dataclass(frozen=True, slots=True)
class SignalNow:
    """One signal: whether its last probe was answered (None: none was sent lately), and when that was."""

    name: str
    good: bool | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class WayNow:
    """What one address said last: `name` is of a Prod or a router instance, `said` a status or an error."""

    signal: str
    name: str
    good: bool
    said: str


@dataclass(frozen=True, slots=True)
class Alive:
    """A Cluster with Prods in service. What was read too long ago is `unknown`, whatever it was then."""

    cluster: str
    state: str
    why: Reason | None
    since: datetime | None
    read_at: datetime | None
    signals: tuple[SignalNow, ...] = ()
    ways: tuple[WayNow, ...] = ()
    absent: tuple[Reason, ...] = ()


def read_liveness(now: datetime) -> dict[str, Alive]:
    """By name, every Cluster that is not retired and has Prods in service. Two queries."""
    clusters = Cluster.objects.exclude(intent=Cluster.Intent.RETIRED)
    judged = set(judged_prods(clusters.values("pk")).values_list("cluster", flat=True))
    rows = clusters.filter(pk__in=judged).select_related("liveness").defer("nodes").order_by("name")
    return {row.name: _alive(row.name, getattr(row, "liveness", None), now) for row in rows}


def states_of(found: Mapping[str, Alive]) -> dict[str, str]:
    """As `traffic.core.detect.brake` takes them."""
    return {name: one.state for name, one in found.items()}


def _alive(cluster: str, row: Liveness | None, now: datetime) -> Alive:
    if row is None or row.read_at is None:
        return Alive(cluster, UNKNOWN, because("never-probed"), None, None)
    old_s = (now - row.read_at).total_seconds()
    stale = old_s > STALE_S
    return Alive(
        cluster=cluster,
        state=UNKNOWN if stale else row.state,
        why=because("signals-old", seconds=int(old_s)) if stale else reason_from_json(row.reason),
        since=row.read_at if stale else row.since,
        read_at=row.read_at,
        signals=tuple(_signal(name, row.probes, now) for name in (API, DIRECT, ROUTED)),
        ways=tuple(WayNow(*one) for *one, _door in row.ways),
        absent=tuple(why for one in row.absent if (why := reason_from_json(one))),
    )


def _signal(name: str, probes: Iterable[tuple[int, str, int]], now: datetime) -> SignalNow:
    mine = [(ms, good) for ms, signal, good in probes if signal == name]
    if not mine:
        return SignalNow(name, None, None)
    ms, good = max(mine)
    at = datetime.fromtimestamp(ms / 1000, tz=now.tzinfo)
    lately = now - at <= timedelta(seconds=STALE_S)
    return SignalNow(name, bool(good) if lately else None, at)
