"""Clusters that die, are emptied and come back, as people and pages see them."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from clusters.models import Cluster, Prod
from releases.models import Run
from releases.queries.survival import ClusterLine, read_survival
from tests import build
from tests.engine.driver import advance
from tests.traffic.edge import Edge, drains_are_over

WHY = "the power is out"


def seen() -> None:
    """Everything that answers has been seen, and for as long as a test may take."""
    for name in Prod.objects.exclude(cluster__health="unreachable").values_list("name", flat=True):
        build.observe(name)
    build.fresh(timezone.now() + timedelta(minutes=30))


def dies(*clusters: str) -> None:
    now = timezone.now() - timedelta(seconds=42)
    Cluster.objects.filter(name__in=clusters).update(health="unreachable", health_since=now)
    seen()


def comes_back(cluster: str, for_s: int = 3600) -> None:
    now = timezone.now() - timedelta(seconds=for_s)
    Cluster.objects.filter(name=cluster).update(health="healthy", health_since=now)
    seen()


def line(cluster: str, role: str = "on-call") -> ClusterLine:
    seen()
    page = read_survival(role, timezone.now())
    return next(one for one in page.lines if one.name == cluster)


def text(client: Client, path: str) -> str:
    seen()
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return " ".join(answer.content.decode().split())


def digest_in(page: str) -> str:
    return page.split('name="digest" value="')[1][:64]


def press(client: Client, path: str, **more: str) -> Any:
    """Read the page and press its button."""
    digest = digest_in(text(client, path))
    return client.post(path, {"digest": digest, "reason": WHY, **more})


def ended(run: Run, edge: Edge) -> Run:
    for _ in range(40):
        edge.publish()
        drains_are_over()
        seen()
        advance(run)
        if run.state in {"succeeded", "failed", "aborted"}:
            return run
    raise AssertionError(run.reason)


def left(cluster: str, client: Client, edge: Edge) -> Run:
    press(client, f"/failover/{cluster}/")
    return ended(Run.objects.latest("pk"), edge)
