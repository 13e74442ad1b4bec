"""The Failover page: what would become of everybody if a Cluster died, and what a person can do about it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from clusters.facts import cluster_reason
from clusters.marks import INTENT_MARKS, PURPOSE_NAMES
from clusters.models import Cluster
from journal.core.reasons import Reason, reason_from_json
from releases.core.states import MOVES_USERS, RUN_LIVE, RunState
from releases.engine.unmade import LEAVING, unanswered, unmade
from releases.fleet import read_fleet, taken_back
from releases.marks import CLUSTER_MARKS, NO_FACTS, Mark
from releases.models import Run
from traffic.core.facts import Place, TrafficFacts
from traffic.core.plan import Left
from traffic.core.survival import CLUSTER, Survival, survival
from traffic.core.troubles import route_troubles
from traffic.queries.facts import read_facts
from traffic.queries.liveness import Alive, read_liveness

from .acts import Act
from .automatic import Automatic, automatic
from .automation import Automation, read_automation
from .drills import Drill, read_drills, read_rehearsal
from .estimates import Estimate, failover_estimate
from .move_acts import LEAVE, back_act, leave_act, right
from .progress import RunLine, run_line, with_progress
from .signals import SignalLine, signal_lines
from .survival_prods import ProdLine, ProdLines, Taker, prod_lines, takers_of


@dataclass(frozen=True, slots=True)
class ClusterLine:
    """A Cluster. `blind` is why what is known of it must not be trusted, or why it does not answer; `serves`
    whether anybody is served from it now, `away` how many Routes have a part there that is elsewhere now and that
    no Run is about to bring back. `alive` is what its signals say (None: it has no Prods in service); `automatic` is what
    is done without a person; `rehearsal`: it is there for practice; `prods` are those of its Prods that serve anybody, or
    were emptied."""

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
    automatic: Automatic
    rehearsal: bool
    prods: ProdLines

    @property
    def signals(self) -> tuple[SignalLine, ...]:
        """What they say, in a line."""
        return () if self.alive is None else signal_lines(self.alive)

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
    and of which `automation` proposes nothing; `dead_prods` those that serve nobody on Clusters that live; `bar` what a thumb must reach; `moving` the moves that are under way;
    `estimate` how soon the failover of these is shown (None: nothing was ever measured here); `drills` the last ones,
    `rehearsal` the last one that came to its end, `practice` the Clusters that are there for it; `take_back` the moves under way that no router shows yet; `troubles` what is wrong with Routes
    as they are."""

    lines: tuple[ClusterLine, ...]
    dying: tuple[ClusterLine, ...]
    dead_prods: tuple[ProdLine, ...]
    bar: tuple[Act, ...]
    moving: tuple[RunLine, ...]
    last: LastMove | None
    automation: Automation
    estimate: Estimate | None
    drills: tuple[Drill, ...]
    rehearsal: Drill | None
    practice: tuple[ClusterLine, ...]
    take_back: tuple[Act, ...]
    troubles: tuple[Left, ...]


def read_survival(role: str, now: datetime) -> SurvivalPage:
    """The page as `role` may see it. A constant number of queries."""
    fleet, prods = read_fleet(now)
    facts = read_facts(now, urgent=True, prods=prods, back=taken_back())
    clusters = list(Cluster.objects.exclude(intent=Cluster.Intent.RETIRED).order_by("name"))
    rows = {(row.kind, row.name): row for row in survival(facts)}
    own_way = {p.name for p in fleet.prods if p.claimed_by is not None or p.lifecycle == "draining"}
    users = Users(facts, own_way)
    mine = prod_lines(prods, rows, facts, role, now)
    alive = read_liveness(now)
    by_cluster = {cluster.name: rows[CLUSTER, cluster.name] for cluster in clusters}
    dead = {one.name: one.health_since for one in clusters if one.health == Cluster.Health.UNREACHABLE}
    automation = read_automation(alive, by_cluster, users.serving, dead, role)
    proposed = {one.alive.cluster for one in automation.proposals if one.serves}
    on = tuple(one.redundancy for one in automation.classes if one.on)
    lines = tuple(
        _line(
            cluster,
            by_cluster[cluster.name],
            users,
            role,
            automatic(alive.get(cluster.name), cluster.name in users.serving, automation.idle, on),
            alive.get(cluster.name),
            mine,
            now,
        )
        for cluster in clusters
    )
    dead_prods = tuple(
        one for line in lines if not line.dead for one in line.prods.lines if one.dead and one.serves
    )
    live = Run.objects.filter(kind__in=MOVES_USERS, state__in=[state.value for state in RUN_LIVE])
    moving = list(with_progress(live))
    dying = tuple(line for line in lines if line.dead and line.serves and line.name not in proposed)
    return SurvivalPage(
        lines=lines,
        dying=dying,
        dead_prods=dead_prods,
        bar=_bar(lines, dead_prods),
        moving=tuple(run_line(run, role) for run in moving),
        last=read_last_move(),
        automation=automation,
        estimate=failover_estimate() if dying or dead_prods else None,
        drills=read_drills(),
        rehearsal=read_rehearsal(),
        practice=tuple(line for line in lines if line.rehearsal),
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
            reasons = (*right(role, LEAVE), *unanswered(cluster))
            found.append(
                Act(_("Take back what has not left %s…") % cluster.name, url, "back", False, reasons)
            )
    return tuple(found)


class Users:
    """Which Clusters serve anybody, and how many Routes of each are elsewhere."""

    def __init__(self, facts: TrafficFacts, own_way: Set[str]) -> None:
        """`own_way`: Prods that get their users back by a Run that has them, or by a failback of their own."""
        self.places: Mapping[str, Place] = {place.name: place for place in facts.places}
        self.serving: set[str] = set()
        self.away: dict[str, int] = {}
        for route in facts.routes:
            for seat in route.members:
                cluster = self.places[seat.prod].cluster if seat.prod in self.places else ""
                if seat.weight:
                    self.serving.add(cluster)
                if seat.weight < seat.target and seat.prod not in own_way:
                    self.away[cluster] = self.away.get(cluster, 0) + 1


def _line(
    cluster: Cluster,
    row: Survival,
    users: Users,
    role: str,
    auto: Automatic,
    alive: Alive | None,
    mine: Mapping[str, ProdLines],
    now: datetime,
) -> ClusterLine:
    blind = cluster_reason(cluster, now)
    dead = cluster.health == Cluster.Health.UNREACHABLE
    serves, away = cluster.name in users.serving, users.away.get(cluster.name, 0)
    active = cluster.intent == Cluster.Intent.ACTIVE
    back = away or cluster.intent == Cluster.Intent.DRAINING
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
        takers=takers_of(row, users.places),
        leave=leave_act(CLUSTER, cluster.name, role, dead=dead, serves=serves),
        back=back_act(CLUSTER, cluster.name, cluster, role, now) if back else None,
        alive=alive,
        automatic=auto,
        rehearsal=cluster.purpose == Cluster.Purpose.REHEARSAL,
        prods=mine.get(cluster.name, ProdLines()),
    )


def _bar(lines: tuple[ClusterLine, ...], dead_prods: tuple[ProdLine, ...]) -> tuple[Act, ...]:
    """At most two, what is most pressing first: dead Clusters with users, dead Prods with users, then Clusters that
    users may come back to."""
    pressing = [line.leave for line in lines if line.dead and line.serves] + [one.leave for one in dead_prods]
    ready = [line.back for line in lines if line.back is not None]
    return tuple(act for act in (*pressing, *ready) if not act.reasons)[:2]


def read_last_move() -> LastMove | None:
    """The last failover or evacuation that came to its end. One query."""
    done = Run.objects.filter(kind__in=LEAVING, state=RunState.SUCCEEDED, started_at__isnull=False)
    found = done.annotate(took=F("finished_at") - F("started_at")).order_by("-pk").first()
    if found is None or found.finished_at is None:
        return None
    return LastMove(found.pk, found.kind, found.finished_at, found.took.total_seconds())
