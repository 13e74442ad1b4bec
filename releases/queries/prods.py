"""One Prod: what is asked of it and what was seen, whom it serves, what ran on it, what can be done."""

from dataclasses import dataclass
from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone

from access.models import Person
from clusters.core.observed import ObservedPod
from clusters.core.overrides import overrides_from_json
from clusters.facts import cluster_reason, observed
from clusters.models import Cluster, KubeEvent, Overrides, Prod
from journal.core.reasons import Reason
from releases.core.states import RUN_LIVE
from releases.engine.routes import read_kept_out
from releases.marks import LIFECYCLE_MARKS, POD_BROKEN, POD_LEAVING, POD_READY, POD_STARTING, Mark
from releases.models import Hold, Run

from .drift import DriftPanel, read_drift
from .happened import Happening, read_happened
from .prod_choices import ProdChoice, read_choices
from .prod_history import Ran, Revision, read_history, read_revisions
from .prod_moves import read_moves
from .prod_sides import Side, read_sides
from .progress import read_steps
from .served import RouteLine, read_routes
from .shares import NOBODY, read_served
from .tiles import ProdTile, prod_tile, with_tile

MOST_KUBE_EVENTS = 20


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
    """All of one Prod. `overrides` is the number of the revision that is asked of it; `unrendered` is why
    there are no sides; `bar` is what a thumb must reach."""

    tile: ProdTile
    cluster: Cluster
    namespace: str
    blueprint: str
    lifecycle: Mark
    retired: bool
    capacity: int
    endpoint: str
    overrides: int
    sides: tuple[Side, ...]
    unrendered: tuple[Reason, ...]
    pods: tuple[PodLine, ...]
    observed_at: datetime | None
    hold: Hold | None
    choices: tuple[ProdChoice, ...]
    bar: tuple[ProdChoice, ...]
    routes: tuple[RouteLine, ...]
    history: tuple[Ran, ...]
    revisions: tuple[Revision, ...]
    kube_events: tuple[KubeEvent, ...]
    drift: DriftPanel
    happened: tuple[Happening, ...]


PROD_PAGE = ("version__revision", "settled_version", "blueprint", "cluster", "drift")


def read_prod(name: str, person: Person, now: datetime | None = None) -> ProdPage:
    """The Prod as `person` sees it; 404 if there is none. A constant number of queries."""
    prod = get_object_or_404(with_tile(Prod.objects.select_related(*PROD_PAGE)), name=name)
    hold = Hold.objects.filter(prod=prod, lifted_at=None).select_related("author").first()
    live = list(Run.objects.filter(claims__prod=prod, state__in=[state.value for state in RUN_LIVE]))
    steps = [step for rows in read_steps(live).values() for step in rows if step.prod_id == prod.pk]
    now = now or timezone.now()
    blind = cluster_reason(prod.cluster, now)
    routes = read_routes(prod)
    moves, bar = read_moves(prod, routes, person, now)
    seen = observed(prod)
    content = Overrides.objects.filter(prod=prod, number=prod.overrides_revision).values_list(
        "content", flat=True
    )
    kept_out = read_kept_out(now).get(prod.pk) if prod.is_out else None
    sides, unrendered = read_sides(prod, overrides_from_json(content.first() or {}), seen)
    return ProdPage(
        tile=prod_tile(prod, read_served().get(name, NOBODY), steps, hold, blind, kept_out),
        cluster=prod.cluster,
        namespace=prod.namespace,
        blueprint=prod.blueprint.name,
        lifecycle=LIFECYCLE_MARKS[Prod.Lifecycle(prod.lifecycle)],
        retired=prod.lifecycle == Prod.Lifecycle.RETIRED,
        capacity=prod.capacity,
        endpoint=prod.endpoint,
        overrides=prod.overrides_revision,
        sides=sides,
        unrendered=unrendered,
        pods=tuple(_pod(pod) for pod in seen.pods) if seen else (),
        observed_at=seen.observed_at if seen else None,
        hold=hold,
        choices=(*moves, *read_choices(prod, hold, person)),
        bar=bar,
        routes=routes,
        history=read_history(prod),
        revisions=read_revisions(prod),
        kube_events=tuple(KubeEvent.objects.filter(prod=prod)[:MOST_KUBE_EVENTS]),
        drift=read_drift(prod),
        happened=read_happened(prod=name),
    )


def _pod(pod: ObservedPod) -> PodLine:
    words = ": ".join(part for part in (pod.waiting, pod.message) if part)
    return PodLine(pod.name, pod.component, pod.image, _pod_mark(pod), words, pod.restarts)


def _pod_mark(pod: ObservedPod) -> Mark:
    if pod.terminating:
        return POD_LEAVING
    if pod.ready:
        return POD_READY
    return POD_BROKEN if pod.waiting not in ("", "ContainerCreating", "PodInitializing") else POD_STARTING
