"""The Failover page: what would become of everybody if a Cluster died, and what a person can do about it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from access.roles import PERMISSIONS, allows
from clusters.facts import cluster_reason, read_prods
from clusters.marks import INTENT_MARKS, PURPOSE_NAMES
from clusters.models import Cluster
from journal.core.reasons import Reason, because, reason_from_json
from releases.core.states import MOVES_USERS, RUN_LIVE, RunState
from releases.engine.unmade import LEAVING, unanswered, unmade
from releases.failover_preview import unstable_reasons
from releases.fleet import fleet_facts, taken_back
from releases.marks import CLUSTER_MARKS, NO_FACTS, Mark
from releases.models import Run
from traffic.core.facts import Place, TrafficFacts
from traffic.core.plan import Left
from traffic.core.survival import CLUSTER, Survival, survival_of
from traffic.core.troubles import route_troubles
from traffic.queries.facts import read_facts
from traffic.queries.liveness import Alive, read_liveness

from .acts import Act
from .automation import Automation, read_automation
from .drills import Drill, read_drills
from .progress import RunLine, run_line, with_progress

LEAVE, BACK = "cluster.evacuate", "cluster.fail-back"


@dataclass(frozen=True, slots=True)
class Taker:
    """A Prod that takes Tenants over, with the load units free of its capacity after it (None: it had them
    before and needs no room)."""

    prod: str
    tenants: int
    room: int | None
    capacity: int


@dataclass(frozen=True, slots=True)
class ClusterLine:
    """A Cluster. `blind` is why what is known of it must not be trusted, or why it does not answer; `serves`
    whether anybody is served from it now, `away` how many Routes have a part there that is elsewhere now and that
    no Run is about to bring back. `alive` is what its signals say (None: it has no Prods in service)."""

    name: str
    domain: str
    purpose: str | Promise
    mark: Mark
    intent: Mark | None
    blind: Reason | None
    since: datetime
    seen_at: datetime | None
    dead: bool
    serves: bool
    away: int
    fate: Survival
    takers: tuple[Taker, ...]
    leave: Act
    back: Act | None
    alive: Alive | None

    @property
    def acts(self) -> tuple[Act, ...]:
        """What can be done, the likeliest first."""
        if self.back is None:
            return (self.leave,)
        return (self.leave, self.back) if self.serves else (self.back,)


@dataclass(frozen=True, slots=True)
class LastMove:
    """The last time that users left a Cluster, and how long it took until the routers showed it."""

    run: int
    kind: str
    at: datetime
    took_s: float


@dataclass(frozen=True, slots=True)
class SurvivalPage:
    """Every Cluster that is not retired, by name; `dying` those whose API does not answer while users are sent there
    and of which `automation` proposes nothing; `bar` what a thumb must reach; `moving` the moves that are under way;
    `drills` the last ones; `take_back` the moves under way that no router shows yet; `troubles` what is wrong with Routes
    as they are."""

    lines: tuple[ClusterLine, ...]
    dying: tuple[ClusterLine, ...]
    bar: tuple[Act, ...]
    moving: tuple[RunLine, ...]
    last: LastMove | None
    automation: Automation
    drills: tuple[Drill, ...]
    take_back: tuple[Act, ...]
    troubles: tuple[Left, ...]


def read_survival(role: str, now: datetime) -> SurvivalPage:
    """The page as `role` may see it. A constant number of queries."""
    prods = read_prods()
    fleet = fleet_facts(now, prods)
    facts = read_facts(now, urgent=True, prods=prods, back=taken_back())
    clusters = list(Cluster.objects.exclude(intent=Cluster.Intent.RETIRED).order_by("name"))
    rows = survival_of(facts, CLUSTER, [cluster.name for cluster in clusters])
    users = _Users(facts, {prod.name for prod in fleet.prods if prod.claimed_by is not None})
    alive = read_liveness(now)
    automation = read_automation(alive, {row.name: row for row in rows}, users.serving, role)
    proposed = {one.alive.cluster for one in automation.proposals if one.serves}
    lines = tuple(
        _line(cluster, row, users, role, alive.get(cluster.name), now)
        for cluster, row in zip(clusters, rows, strict=True)
    )
    live = Run.objects.filter(kind__in=MOVES_USERS, state__in=[state.value for state in RUN_LIVE])
    moving = list(with_progress(live))
    return SurvivalPage(
        lines=lines,
        dying=tuple(line for line in lines if line.dead and line.serves and line.name not in proposed),
        bar=_bar(lines),
        moving=tuple(run_line(run, role) for run in moving),
        last=read_last_move(),
        automation=automation,
        drills=read_drills(),
        take_back=_take_back(moving, {cluster.name: cluster for cluster in clusters}, role),
        troubles=route_troubles(facts),
    )


def _take_back(moving: Sequence[Run], clusters: Mapping[str, Cluster], role: str) -> tuple[Act, ...]:
    """One for each Run out of a Cluster with moves that no router shows yet."""
    found: list[Act] = []
    for run in moving:
        cluster = clusters.get(run.strategy.get("cluster", "")) if run.kind in LEAVING else None
        if cluster is not None and unmade(run):
            url = reverse("releases:take-back", args=[cluster.name])
            reasons = (*_right(role, LEAVE), *unanswered(cluster))
            found.append(
                Act(_("Take back what has not left %s…") % cluster.name, url, "back", False, reasons)
            )
    return tuple(found)


class _Users:
    """Which Clusters serve anybody, and how many Routes of each are elsewhere."""

    def __init__(self, facts: TrafficFacts, claimed: Set[str]) -> None:
        self.places: Mapping[str, Place] = {place.name: place for place in facts.places}
        self.serving: set[str] = set()
        self.away: dict[str, int] = {}
        for route in facts.routes:
            for seat in route.members:
                cluster = self.places[seat.prod].cluster if seat.prod in self.places else ""
                if seat.weight:
                    self.serving.add(cluster)
                if seat.weight < seat.target and seat.prod not in claimed:
                    self.away[cluster] = self.away.get(cluster, 0) + 1


def _line(
    cluster: Cluster, row: Survival, users: _Users, role: str, alive: Alive | None, now: datetime
) -> ClusterLine:
    blind = cluster_reason(cluster, now)
    dead = cluster.health == Cluster.Health.UNREACHABLE
    serves, away = cluster.name in users.serving, users.away.get(cluster.name, 0)
    active = cluster.intent == Cluster.Intent.ACTIVE
    room = dict(row.room)
    return ClusterLine(
        name=cluster.name,
        domain=cluster.failure_domain,
        purpose=PURPOSE_NAMES[Cluster.Purpose(cluster.purpose)],
        mark=CLUSTER_MARKS[Cluster.Health(cluster.health)] if blind is None or dead else NO_FACTS,
        intent=None if active else INTENT_MARKS[Cluster.Intent(cluster.intent)],
        blind=reason_from_json(cluster.health_reason) or blind,
        since=cluster.health_since,
        seen_at=cluster.seen_at,
        dead=dead,
        serves=serves,
        away=away,
        fate=row,
        takers=tuple(
            Taker(prod, tenants, room.get(prod), users.places[prod].capacity) for prod, tenants in row.moves
        ),
        leave=_leave(cluster.name, dead, serves, role),
        back=_back(cluster, role, now) if away or cluster.intent == Cluster.Intent.DRAINING else None,
        alive=alive,
    )


def _leave(cluster: str, dead: bool, serves: bool, role: str) -> Act:
    label = _("Fail over %s…") if dead else _("Evacuate %s…")
    empty = () if serves else (because("nothing-to-move", cluster=cluster),)
    url = reverse("releases:leave", args=[cluster])
    return Act(label % cluster, url, "alert" if dead else "leave", dead, (*_right(role, LEAVE), *empty))


def _back(cluster: Cluster, role: str, now: datetime) -> Act:
    url = reverse("releases:fail-back", args=[cluster.name])
    reasons = (*_right(role, BACK), *unstable_reasons(cluster, now))
    return Act(_("Fail back %s…") % cluster.name, url, "back", False, reasons)


def _right(role: str, action: str) -> tuple[Reason, ...]:
    if allows(role, action):
        return ()
    return (because("role-may-not", role=role, needs=str(PERMISSIONS[action])),)


def _bar(lines: tuple[ClusterLine, ...]) -> tuple[Act, ...]:
    """At most two, what is most pressing first: dead Clusters with users, then those that users may come back to."""
    pressing = [line.leave for line in lines if line.dead and line.serves]
    ready = [line.back for line in lines if line.back is not None]
    return tuple(act for act in (*pressing, *ready) if not act.reasons)[:2]


def read_last_move() -> LastMove | None:
    """The last failover or evacuation that came to its end. One query."""
    done = Run.objects.filter(kind__in=LEAVING, state=RunState.SUCCEEDED, started_at__isnull=False)
    found = done.annotate(took=F("finished_at") - F("started_at")).order_by("-pk").first()
    if found is None or found.finished_at is None:
        return None
    return LastMove(found.pk, found.kind, found.finished_at, found.took.total_seconds())
