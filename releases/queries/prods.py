"""One Prod: what was seen of it, its Hold, its history."""

from dataclasses import dataclass
from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone

from clusters.core.observed import ObservedPod
from clusters.facts import cluster_reason
from clusters.models import Cluster, Prod
from releases.core.states import RUN_LIVE
from releases.marks import POD_BROKEN, POD_LEAVING, POD_READY, POD_STARTING, Mark
from releases.models import Hold, Run

from .chrome import Chrome, read_chrome
from .happened import Happening, read_happened
from .progress import read_steps
from .shares import NOBODY, read_served
from .tiles import ProdTile, observed, prod_tile


@dataclass(frozen=True, slots=True)
class PodLine:
    """One pod; `words` are the kubelet's own."""

    name: str
    component: str
    image: str
    mark: Mark
    words: str
    restarts: int


@dataclass(frozen=True, slots=True)
class ProdPage:
    """All of one Prod. `images` is (component, asked, seen)."""

    chrome: Chrome
    tile: ProdTile
    cluster: Cluster
    namespace: str
    blueprint: str
    settled: str
    images: tuple[tuple[str, str, str], ...]
    pods: tuple[PodLine, ...]
    observed_at: datetime | None
    hold: Hold | None
    happened: tuple[Happening, ...]


def read_prod(name: str, now: datetime | None = None) -> ProdPage:
    """The Prod; 404 if there is none. A constant number of queries."""
    rows = Prod.objects.select_related(
        "version", "settled_version", "blueprint", "observation", "claim", "cluster"
    )
    prod = get_object_or_404(rows, name=name)
    hold = Hold.objects.filter(prod=prod, lifted_at=None).select_related("author").first()
    live = list(Run.objects.filter(claims__prod=prod, state__in=[state.value for state in RUN_LIVE]))
    steps = [step for rows in read_steps(live).values() for step in rows if step.prod_id == prod.pk]
    blind = cluster_reason(prod.cluster, now or timezone.now())
    seen = observed(prod)
    return ProdPage(
        chrome=read_chrome(),
        tile=prod_tile(prod, read_served().get(name, NOBODY), steps, hold, blind),
        cluster=prod.cluster,
        namespace=prod.namespace,
        blueprint=prod.blueprint.name,
        settled=prod.settled_version.name if prod.settled_version else "",
        images=_images(prod),
        pods=tuple(_pod(pod) for pod in seen.pods) if seen else (),
        observed_at=seen.observed_at if seen else None,
        hold=hold,
        happened=read_happened(prod=name),
    )


def _images(prod: Prod) -> tuple[tuple[str, str, str], ...]:
    seen = observed(prod)
    found = {name: image for workload in seen.workloads for name, image in workload.images} if seen else {}
    return tuple((name, image, found.get(name, "")) for name, image in sorted(prod.version.images.items()))


def _pod(pod: ObservedPod) -> PodLine:
    words = ": ".join(part for part in (pod.waiting, pod.message) if part)
    return PodLine(pod.name, pod.component, pod.image, _pod_mark(pod), words, pod.restarts)


def _pod_mark(pod: ObservedPod) -> Mark:
    if pod.terminating:
        return POD_LEAVING
    if pod.ready:
        return POD_READY
    return POD_BROKEN if pod.waiting not in ("", "ContainerCreating", "PodInitializing") else POD_STARTING
