"""How rows are, in one word, with their age taken into account."""

from datetime import datetime, timedelta

from django.db.models import Prefetch, QuerySet

from journal.core.reasons import Reason, because

from .core.evidence import health, ready_percent
from .models import Cluster, Observation, Prod, Version

# The observer confirms what it saw about every second; older than this, a fact is not a fact.
FRESH_FOR = timedelta(seconds=15)


def with_facts(rows: QuerySet[Prod]) -> QuerySet[Prod]:
    """`rows` with what is asked of them here, their Blueprints and where they came from. A thousand Prods share a few
    Clusters, Versions and revisions: each is loaded once, and manifests and nodes are not."""
    versions = Version.objects.select_related("revision").defer("revision__manifests")
    return rows.select_related("observation", "blueprint").prefetch_related(
        Prefetch("cluster", Cluster.objects.defer("nodes")),
        Prefetch("version", versions),
        Prefetch("settled_version", versions),
    )


def read_prods() -> list[Prod]:
    """All Prods that are not retired, by name, as `with_facts` loads them: for who asks several questions about one
    moment."""
    return list(with_facts(Prod.objects.exclude(lifecycle=Prod.Lifecycle.RETIRED)).order_by("name"))


def cluster_reason(cluster: Cluster, now: datetime) -> Reason | None:
    """Why `cluster` cannot be acted on, or what was seen of it not be trusted, now; None: it can."""
    if cluster.intent == Cluster.Intent.RETIRED:
        return because("cluster-retired", cluster=cluster.name)
    if cluster.health == Cluster.Health.UNREACHABLE:
        return because("cluster-unreachable", cluster=cluster.name)
    if cluster.synced_at is None or cluster.health == Cluster.Health.UNKNOWN:
        return because("cluster-unknown", cluster=cluster.name)
    if cluster.seen_at is None or now - cluster.seen_at > FRESH_FOR:
        return because("facts-old", cluster=cluster.name)
    return None


def prod_health(prod: Prod, now: datetime) -> str:
    """`ready`, `not-ready`, `down` or `unknown`, by the last Observation. Needs `cluster`, `observation`
    and `version.revision`."""
    observation: Observation | None = getattr(prod, "observation", None)
    if observation is None or cluster_reason(prod.cluster, now):
        return "unknown"
    return health(observation.seen(), prod.version.revision.components)


def prod_ready_percent(prod: Prod, now: datetime) -> int:
    """How much of it serves, 0-100, by the last Observation; 0 where that is not fresh. Needs what `prod_health`
    needs."""
    observation: Observation | None = getattr(prod, "observation", None)
    if observation is None or cluster_reason(prod.cluster, now):
        return 0
    return ready_percent(observation.seen(), prod.version.revision.components)
