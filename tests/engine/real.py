"""A Run driven against the simulator: real acts, and facts as an observer would store them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from clusters.core.autoscaling import AUTOSCALER
from clusters.core.observe_facts import observed_prod
from clusters.core.observed import observed_to_json
from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import Kube
from clusters.models import Observation, Prod
from releases.core.kinds import KINDS
from releases.engine import acts
from releases.models import Run, Step
from simulator.testing import start_fleet
from tests.build import fresh
from tests.engine.driver import advance

PATIENCE_S = 30


@contextmanager
def clusters(*names: str) -> Iterator[Any]:
    """(the simulated fleet, what `build.fleet(servers=…)` wants)."""
    with start_fleet(names, pod_start=(0.02, 0.05)) as fleet:
        servers = {name: {"server": one.server, "token": one.token} for name, one in fleet.clusters.items()}
        yield fleet, servers


def kube_of(prod: str) -> Kube:
    return connect_cluster(Prod.objects.select_related("cluster").get(name=prod).cluster)


def watch(name: str) -> None:
    """Store what is on the cluster of the Prod now."""
    prod = Prod.objects.select_related("cluster").get(name=name)
    kube, now = connect_cluster(prod.cluster), timezone.now()
    others = [(AUTOSCALER, item) for item in kube.list(AUTOSCALER, prod.namespace)]
    facts = observed_prod(
        kube.list("Deployment", prod.namespace), kube.list("Pod", prod.namespace), now, others
    )
    Observation.objects.update_or_create(
        prod=prod, defaults={"facts": observed_to_json(facts), "observed_at": now}
    )


def open_acts(run: Run) -> list[Step]:
    """The acts that are under way and that no worker has taken."""
    kinds = [kind for kind, facts in KINDS.items() if facts.acts]
    steps = Step.objects.filter(run=run, state="running", kind__in=kinds, picked_at=None)
    return list(steps.select_related("prod").order_by("pk"))


def drive(run: Run, until: str = "", after: Callable[[], object] = lambda: None) -> Run:
    """Carry the Run out to its end, or until a step of kind `until` is under way, calling `after` after each round."""
    patience = time.monotonic() + PATIENCE_S
    while time.monotonic() < patience:
        fresh()
        advance(run)
        if run.state in {"succeeded", "aborted", "failed"}:
            return run
        if until and Step.objects.filter(run=run, state="running", kind=until).exists():
            return run
        for step in open_acts(run):
            acts.perform(step.pk, step.attempt)
        look_again(run)
        after()
        time.sleep(0.02)
    raise AssertionError(f"{run} does not end: {run.state} {run.reason}")


def look_again(run: Run) -> None:
    """What waits for a later look is due now; who waits for pods is shown them."""
    picked = Step.objects.filter(run=run, state="running", picked_at__isnull=False)
    picked.update(due_at=timezone.now())
    for name in Step.objects.filter(run=run, state="running", kind__in=["wait_ready", "soak"]).values_list(
        "prod__name", flat=True
    ):
        watch(name)
