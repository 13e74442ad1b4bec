"""/metrics: how Drover is, for Prometheus. Everything but the open streams is read from rows and the broker,
so it does not matter which process is asked."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import redis
from django.conf import settings
from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, Sum
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clusters.models import Cluster, Drift, ProbeMinute
from releases.core.states import RUN_LIVE, RunKind, RunState
from releases.models import Run, Step, Wake
from traffic.models import StateFile

from .live import open_streams

QUEUES: Final = ("default", "emergency")
BUCKETS_S: Final = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
ENDED: Final = ("succeeded", "failed", "errored", "skipped", "aborted")


class Fleet:
    """The collector: one scrape, a constant number of queries."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        yield _runs()
        yield _step_durations()
        yield _gauge(
            "drover_wake_lag_seconds", "How long the run that waits longest has been due.", _lag(now)
        )
        yield from _queues()
        yield from _clusters(now)
        yield from _probes(now)
        yield _drift()
        yield from _state_file(now)
        yield _gauge("drover_event_streams", "Pages that this process streams to.", open_streams())

    def describe(self) -> list[Metric]:
        """Nothing is read when it is registered."""
        return []


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _labelled(name: str, text: str, labels: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Metric:
    """A gauge; each row is its labels' values and then the value."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for *names, value in rows:
        family.add_metric([str(one) for one in names], value)
    return family


def _runs() -> Metric:
    """Every kind and state is there, also with none: an alert on a series that is missing never fires."""
    found = {(kind.value, state.value): 0 for kind in RunKind for state in RunState}
    rows = Run.objects.order_by().values_list("kind", "state").annotate(Count("pk"))
    found |= {(kind, state): count for kind, state, count in rows}
    counted = [(*names, count) for names, count in sorted(found.items())]
    return _labelled("drover_runs", "Runs by kind and state.", ("kind", "state"), counted)


def _step_durations() -> Metric:
    """From rows, because steps end in many processes. A step that is retried counts with its last attempt."""
    took = {f"le_{seconds}": Count("pk", filter=_within(seconds)) for seconds in BUCKETS_S} | {
        "all": Count("pk")
    }
    ended = Step.objects.filter(state__in=ENDED, started_at__isnull=False, finished_at__isnull=False)
    rows = ended.order_by().values("kind", "state").annotate(**took, total=_total())
    family = HistogramMetricFamily(
        "drover_step_duration_seconds", "From the start of a step to its end.", labels=("kind", "outcome")
    )
    for row in rows:
        buckets = [(f"{float(seconds)}", row[f"le_{seconds}"]) for seconds in BUCKETS_S]
        family.add_metric(
            [row["kind"], row["state"]], [*buckets, ("+Inf", row["all"])], row["total"].total_seconds()
        )
    return family


def _within(seconds: int) -> Any:
    return Q(finished_at__lte=F("started_at") + timedelta(seconds=seconds))


def _total() -> Any:
    return Sum(ExpressionWrapper(F("finished_at") - F("started_at"), DurationField()))


def _lag(now: datetime) -> float:
    live = Wake.objects.filter(run__state__in=[state.value for state in RUN_LIVE])
    due = live.aggregate(oldest=Min("due_at"))["oldest"]
    return max(0.0, (now - due).total_seconds()) if due else 0.0


def _queues() -> Iterator[Metric]:
    """Without the broker the lengths are missing, and `drover_broker_up` says why."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as broker:
            lengths = [(queue, broker.llen(queue)) for queue in QUEUES]
    except (redis.RedisError, OSError):
        lengths = []
    yield _gauge("drover_broker_up", "1: the broker answers.", float(bool(lengths)))
    yield _labelled("drover_queue_messages", "Messages that no worker has taken.", ("queue",), lengths)


def _clusters(now: datetime) -> Iterator[Metric]:
    """Of those that are watched: a retired one is not unseen, it is not looked at."""
    watched = Cluster.objects.exclude(intent=Cluster.Intent.RETIRED).order_by("name")
    rows = list(watched.values_list("name", "health", "seen_at"))
    seen = [(name, (now - at).total_seconds()) for name, _health, at in rows if at]
    told = "Since the observer last had an answer of the cluster."
    yield _labelled("drover_observer_lag_seconds", told, ("cluster",), seen)
    health = [
        (name, one, float(one == now_is)) for name, now_is, _at in rows for one in Cluster.Health.values
    ]
    yield _labelled("drover_cluster_health", "1 for the health it has.", ("cluster", "health"), health)


def _probes(now: datetime) -> Iterator[Metric]:
    """Of the last minute in which the cluster was probed, if that was just now."""
    recent = ProbeMinute.objects.filter(minute__gte=now - timedelta(minutes=3)).order_by(
        "cluster_id", "-minute"
    )
    last = list(recent.distinct("cluster_id").select_related("cluster"))
    good = [row for row in last if row.probes > row.failed]
    mean = [(row.cluster.name, row.latency_sum_ms / (row.probes - row.failed) / 1000) for row in good]
    most = [(row.cluster.name, row.latency_max_ms / 1000) for row in good]
    failed = [(row.cluster.name, row.failed / row.probes) for row in last if row.probes]
    label = ("cluster",)
    yield _labelled("drover_probe_latency_mean_seconds", "Of the last minute's probes.", label, mean)
    yield _labelled(
        "drover_probe_latency_max_seconds", "The slowest of the last minute's probes.", label, most
    )
    yield _labelled("drover_probe_failed_ratio", "Of the last minute's probes, 0 to 1.", label, failed)


def _drift() -> Metric:
    found: dict[str, int] = defaultdict(int, dict.fromkeys(Drift.State.values, 0))
    found |= dict(Drift.objects.order_by().values_list("state").annotate(Count("pk")))
    return _labelled("drover_drift", "Prods by drift.", ("state",), sorted(found.items()))


def _state_file(now: datetime) -> Iterator[Metric]:
    """Without an age where none was ever written."""
    row = StateFile.objects.filter(pk=1).first() or StateFile()
    age = [((now - row.written_at).total_seconds(),)] if row.written_at else []
    told = "Since the state file for break-glass was last written."
    yield _labelled("drover_state_file_age_seconds", told, (), age)
    yield _gauge("drover_state_file_failing", "1: the last try to write it failed.", float(bool(row.reason)))


REGISTRY: Final = CollectorRegistry(auto_describe=False)
REGISTRY.register(Fleet())


class Text(BaseRenderer):
    """Prometheus' text format; a refusal as JSON."""

    media_type = "text/plain"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:  # noqa: ARG002
        return data if isinstance(data, bytes) else json.dumps(data).encode()


class Metrics(APIView):
    """All metrics, for whoever may read."""

    permits = {"GET": "read", "HEAD": "read"}
    renderer_classes = [Text]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Text, str]:  # noqa: ARG002
        """One format, whatever is asked for."""
        return Text(), Text.media_type

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:  # noqa: ARG002
        return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_PLAIN_0_0_4)
