"""Clusters as pages and the API show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise

from access.models import Person
from clusters.core.nodes import Node, nodes_from_json
from clusters.core.rights import RightsLine, rights_from_json, rights_lines
from clusters.facts import cluster_reason, prod_health
from clusters.marks import (
    ACCESS_NAMES,
    CLUSTER_MARKS,
    EVENT_NAMES,
    EVENT_STATES,
    INTENT_MARKS,
    LIFECYCLE_MARKS,
    NO_FACTS,
    NODE_NOT_READY,
    NODE_READY,
    PROD_MARKS,
    PURPOSE_NAMES,
    Mark,
)
from clusters.models import Cluster, KubeEvent, ProbeMinute, Prod
from journal.core.reasons import Reason, reason_from_json
from journal.models import Event
from journal.sentences import sentence

from .charts import LatencyChart, latency_chart
from .cluster_choices import Choice, read_choices

HOUR = timedelta(hours=1)
LATELY = timedelta(minutes=2)
EVENTS_SHOWN = 30
KUBE_EVENTS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class ClusterLine:
    """One Cluster in a list. `health` and `intent` are two facts; `reason` is why it is not healthy;
    `latency_ms` is None where no probe was answered lately."""

    name: str
    health: Mark
    reason: Reason | None
    since: datetime
    intent: Mark
    provider: str
    region: str
    failure_domain: str
    purpose: str | Promise
    version: str
    latency_ms: int | None
    prods: int
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClustersPage:
    """All Clusters; the retired ones apart."""

    clusters: tuple[ClusterLine, ...]
    retired: tuple[ClusterLine, ...]


@dataclass(frozen=True, slots=True)
class NodeLine:
    """A node as shown. `age` is when it was made."""

    node: Node
    mark: Mark
    cpus: str
    memory_gib: str
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProdLine:
    """A Prod on the Cluster. `run` is the live Run that has it."""

    name: str
    mark: Mark
    role: str
    version: str
    lifecycle: str
    run: int | None


@dataclass(frozen=True, slots=True)
class Rights:
    """What the last test of the connection found; `at` None: it was not tested with these credentials."""

    at: datetime | None
    missing: tuple[RightsLine, ...]
    excess: tuple[RightsLine, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """An Event of the journal, as a line."""

    id: int
    at: datetime
    about: str
    what: str
    why: str
    by: str
    tone: str


@dataclass(frozen=True, slots=True)
class ClusterPage:
    """All of one Cluster."""

    line: ClusterLine
    access: str | Promise
    server: str
    watched_by: str
    chart: LatencyChart
    rights: Rights
    nodes: tuple[NodeLine, ...]
    nodes_at: datetime | None
    prods: tuple[ProdLine, ...]
    kube_events: tuple[KubeEvent, ...]
    happened: tuple[Happened, ...]
    choices: tuple[Choice, ...]


def read_clusters(now: datetime | None = None) -> ClustersPage:
    """Every Cluster, by name. Two queries."""
    now = now or timezone.now()
    lines = read_lines(Cluster.objects.all(), now)
    gone = INTENT_MARKS[Cluster.Intent.RETIRED]
    return ClustersPage(
        clusters=tuple(line for line in lines if line.intent != gone),
        retired=tuple(line for line in lines if line.intent == gone),
    )


def read_lines(rows, now: datetime) -> tuple[ClusterLine, ...]:  # type: ignore[no-untyped-def]
    """Lines of these rows of Cluster. Two queries."""
    living = Count("prods", filter=~Q(prods__lifecycle=Prod.Lifecycle.RETIRED))
    clusters = list(rows.annotate(living=living).defer("nodes", "credentials").order_by("name"))
    probes = ProbeMinute.objects.filter(cluster__in=clusters, minute__gte=now - LATELY).order_by("minute")
    newest = {probe.cluster_id: probe for probe in probes}
    return tuple(_line(one, newest.get(one.pk), one.living, now) for one in clusters)


def read_cluster(name: str, person: Person, now: datetime | None = None) -> ClusterPage:
    """The Cluster as `person` may see it; 404 if there is none. A constant number of queries."""
    now = now or timezone.now()
    cluster = get_object_or_404(Cluster, name=name)
    probes = list(ProbeMinute.objects.filter(cluster=cluster, minute__gte=now - HOUR).order_by("minute"))
    prods = _prods(cluster, now)
    events = KubeEvent.objects.filter(cluster=cluster).select_related("prod")[:KUBE_EVENTS_SHOWN]
    return ClusterPage(
        line=_line(cluster, _lately(probes, now), len(prods), now),
        access=ACCESS_NAMES[Cluster.Access(cluster.access)],
        server=cluster.server,
        watched_by=cluster.observer if cluster.lease_until > now else "",
        chart=latency_chart(probes, now),
        rights=Rights(
            cluster.rights_at,
            rights_lines(rights_from_json(cluster.missing_rights)),
            rights_lines(rights_from_json(cluster.excess_rights)),
        ),
        nodes=tuple(_node(node) for node in nodes_from_json(cluster.nodes)),
        nodes_at=cluster.nodes_at,
        prods=prods,
        kube_events=tuple(events),
        happened=_happened(name),
        choices=read_choices(cluster, person),
    )


def _line(cluster: Cluster, probe: ProbeMinute | None, prods: int, now: datetime) -> ClusterLine:
    blind = cluster_reason(cluster, now)
    trusted = blind is None or cluster.health == Cluster.Health.UNREACHABLE
    return ClusterLine(
        name=cluster.name,
        health=CLUSTER_MARKS[Cluster.Health(cluster.health)] if trusted else NO_FACTS,
        reason=reason_from_json(cluster.health_reason) or blind,
        since=cluster.health_since,
        intent=INTENT_MARKS[Cluster.Intent(cluster.intent)],
        provider=cluster.provider,
        region=cluster.region,
        failure_domain=cluster.failure_domain,
        purpose=PURPOSE_NAMES[Cluster.Purpose(cluster.purpose)],
        version=cluster.server_version,
        latency_ms=mean_ms(probe) if probe else None,
        prods=prods,
        seen_at=cluster.seen_at,
    )


def mean_ms(probe: ProbeMinute) -> int | None:
    """How long an answer took on average in that minute; None if there was none."""
    good = probe.probes - probe.failed
    return round(probe.latency_sum_ms / good) if good else None


def _lately(probes: Sequence[ProbeMinute], now: datetime) -> ProbeMinute | None:
    return probes[-1] if probes and probes[-1].minute >= now - LATELY else None


def _prods(cluster: Cluster, now: datetime) -> tuple[ProdLine, ...]:
    rows = cluster.prods.exclude(lifecycle=Prod.Lifecycle.RETIRED).order_by("name")
    loaded = rows.select_related("cluster", "observation", "version__revision", "claim")
    return tuple(
        ProdLine(
            name=prod.name,
            mark=PROD_MARKS[prod_health(prod, now)],
            role=prod.role,
            version=prod.version.name,
            lifecycle=LIFECYCLE_MARKS[Prod.Lifecycle(prod.lifecycle)].word,
            run=prod.claim.run_id if hasattr(prod, "claim") else None,
        )
        for prod in loaded.defer("version__revision__manifests", "cluster__nodes")
    )


def _node(node: Node) -> NodeLine:
    try:
        created_at = parse_datetime(node.created_at)
    except ValueError:
        created_at = None
    return NodeLine(
        node=node,
        mark=NODE_READY if node.ready else NODE_NOT_READY,
        cpus=f"{node.cpu_millis / 1000:g}",
        memory_gib=f"{node.memory_mib / 1024:.1f}".removesuffix(".0"),
        created_at=created_at,
    )


def _happened(name: str) -> tuple[Happened, ...]:
    """What people and the observer did with the Cluster itself; what befell its Prods is on their pages."""
    events = Event.objects.filter(cluster=name, prod="").select_related("actor").order_by("-id")
    return tuple(
        Happened(
            id=event.pk,
            at=event.at,
            about="",
            what=_what(event),
            why=sentence(reason_from_json(event.reason)),
            by=event.actor.get_username() if event.actor else "",
            tone=_tone(event.to_state),
        )
        for event in events[:EVENTS_SHOWN]
    )


def _what(event: Event) -> str:
    kind = str(EVENT_NAMES.get(event.kind, event.kind))
    state = EVENT_STATES.get(event.kind, {}).get(event.to_state, event.to_state)
    return f"{kind}: {state}" if state else kind


def _tone(state: str) -> str:
    return CLUSTER_MARKS[Cluster.Health(state)].tone if state in Cluster.Health.values else "idle"
