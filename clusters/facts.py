"""How rows are, in one word, with their age taken into account."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.db.models import F, Prefetch, QuerySet, TextField
from django.db.models.functions import Cast

from journal.core.reasons import Reason, because

from .core.evidence import health, ready_percent
from .core.observed import ObservedProd, observed_from_json
from .models import Cluster, Observation, Prod, Version

# The observer confirms what it saw about every second; older than this, a fact is not a fact.
FRESH_FOR = timedelta(seconds=15)
# What was seen of so many Prods is kept parsed, by its very text: little of it changes from one look to the next.
MOST_KEPT = 2048
# Users come back to these by a failback only.
EMPTYING = frozenset({Cluster.Intent.DRAINING, Cluster.Intent.UPGRADING, Cluster.Intent.RETIRED})
_AT_NO_TIME = datetime.min.replace(tzinfo=UTC)


def with_facts(rows: QuerySet[Prod]) -> QuerySet[Prod]:
    """`rows` with what is asked of them here, their Blueprints and where they came from. A thousand Prods share a few
    Clusters, Versions and revisions: each is loaded once, and manifests and nodes are not."""
    versions = Version.objects.select_related("revision").defer("revision__manifests")
    return (
        with_seen(rows)
        .select_related("blueprint")
        .prefetch_related(
            Prefetch("cluster", Cluster.objects.defer("nodes")),
            Prefetch("version", versions),
            Prefetch("settled_version", versions),
        )
    )


def with_seen(rows: QuerySet[Prod]) -> QuerySet[Prod]:
    """`rows` with what was last seen of them as text, for `observed`."""
    return rows.annotate(
        seen_text=Cast("observation__facts", TextField()), seen_at=F("observation__observed_at")
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


def is_emptied(prod: Prod) -> bool:
    """Whether users come back to it by a failback only: it was emptied, or its Cluster."""
    return prod.lifecycle == Prod.Lifecycle.DRAINING or prod.cluster.intent in EMPTYING


def observed(prod: Prod) -> ObservedProd | None:
    """What was last seen of `prod`, of `with_seen` or with its `observation`; None: nothing."""
    loaded = prod.__dict__
    if "seen_text" not in loaded:
        observation: Observation | None = getattr(prod, "observation", None)
        return observation.seen() if observation else None
    text = loaded["seen_text"]
    return None if text is None else replace(_parsed(text), observed_at=loaded["seen_at"])


def prod_health(prod: Prod, now: datetime) -> str:
    """`ready`, `not-ready`, `down` or `unknown`, by the last Observation. Needs what `observed` and `cluster_reason`
    need, and `version.revision`."""
    if cluster_reason(prod.cluster, now):
        return "unknown"
    components = prod.version.revision.components
    text = prod.__dict__.get("seen_text")
    return _health(text, tuple(components)) if text else health(observed(prod), components)


def prod_ready_percent(prod: Prod, now: datetime) -> int:
    """How much of it serves, 0-100, by the last Observation; 0 where that is not fresh. Needs what `prod_health`
    needs."""
    if cluster_reason(prod.cluster, now):
        return 0
    components = prod.version.revision.components
    text = prod.__dict__.get("seen_text")
    return _ready_percent(text, tuple(components)) if text else ready_percent(observed(prod), components)


@lru_cache(maxsize=MOST_KEPT)
def _parsed(text: str) -> ObservedProd:
    """What `text` says."""
    return observed_from_json(json.loads(text), _AT_NO_TIME)


@lru_cache(maxsize=MOST_KEPT)
def _health(text: str, components: tuple[str, ...]) -> str:
    return health(_parsed(text), components)


@lru_cache(maxsize=MOST_KEPT)
def _ready_percent(text: str, components: tuple[str, ...]) -> int:
    return ready_percent(_parsed(text), components)
