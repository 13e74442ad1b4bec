"""Drover on watched clusters: facts by an observer that runs, acts carried out here as workers would.

No broker is there: what a message would ask for is done by `one_round` and `one_tick`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import yaml
from django.utils import timezone

from clusters.actions import add_revision, create_version, register_cluster
from clusters.core.blueprint import parse_blueprint
from clusters.core.kubeconfig import Credentials
from clusters.core.prod_yaml import parse_prods
from clusters.kube.connect import connect_cluster
from clusters.kube.protocol import Kube
from clusters.models import Cluster, Drift, Prod
from clusters.reconcile import compare_prod, take_due
from orchestrator.watching import facts_changed
from releases import actions
from releases.engine import acts, passes
from releases.engine.self_heal import heal_due
from releases.models import Run, Step
from releases.preview import preview_release
from tests import build
from tests.adapters.kubernetes.watched import Heard, eventually, observing
from tests.engine.real import open_acts

RUN_S = 90.0
ENDED = {"succeeded", "failed", "aborted"}
ONE_EACH = {"replicas": {"api": 1, "frontend": 1}}
WHY = "the test wants it"


class Woken(Heard):
    """What the observer process does with what it hears."""

    def on_change(self, prod_ids: list[int]) -> None:
        facts_changed(prod_ids)


@contextmanager
def watched(*clusters: Cluster) -> Iterator[None]:
    """All clusters are watched and known until the block ends."""
    with observing(heard=Woken()):
        eventually(lambda: all(is_known(cluster.name) for cluster in clusters))
        yield


def is_known(cluster: str) -> bool:
    return Cluster.objects.filter(name=cluster, health="healthy", synced_at__isnull=False).exists()


def registered(name: str, credentials: Credentials) -> Cluster:
    """The Cluster, its name being its failure domain too."""
    facts = {"provider": "test", "region": "", "failure_domain": name}
    return register_cluster(build.person("admin"), name, credentials=credentials, **facts)


def blueprint(name: str, text: str, custom_kinds: tuple[str, ...] = (), **versions: dict[str, str]) -> None:
    """The next revision of the Blueprint, and Versions of it with these images by component."""
    admin = build.person("admin")
    add_revision(admin, name, list(parse_blueprint(text, custom_kinds)))
    for version, images in versions.items():
        create_version(admin, name, version, images)


def built(prod: str, cluster: str, **spec: Any) -> Prod:
    """The Prod, built by its prod.yaml: of `shop` at v1.0.0, one pod of each component, unless `spec` says
    otherwise."""
    standard = {"cluster": cluster, "blueprint": "shop", "version": "v1.0.0", "role": "live", "capacity": 100}
    more = spec if "blueprint" in spec else {"overrides": ONE_EACH} | spec
    document = {"apiVersion": "drover.dev/v1alpha1", "kind": "Prod", "metadata": {"name": prod}}
    text = yaml.safe_dump(document | {"spec": standard | more})
    (run,) = actions.apply_specs(build.person("admin"), parse_prods(text))[1]
    assert carry_out(run).state == "succeeded", run.reason
    return Prod.objects.select_related("cluster").get(name=prod)


def released(blueprint: str, version: str) -> Run:
    """The running release, with soaks that are over at once."""
    strategy = {"soak_s": 0}
    digest = preview_release(blueprint, version, strategy, []).plan.digest
    manager = build.person("release-manager")
    return actions.start_release(manager, blueprint, version, strategy, [], digest)


def rolled_back(run: Run) -> Run:
    """The rollback of `run`, carried out."""
    return carry_out(actions.roll_back(build.person("on-call"), run.pk, WHY))


def carry_out(run: Run, until: Callable[[], object] = bool) -> Run:
    """The Run at its end, or once `until()` is true."""

    def there() -> bool:
        one_round(run)
        return run.state in ENDED or bool(until())

    eventually(there, RUN_S)
    return run


def one_round(run: Run) -> None:
    """One pass, and the acts that it asked for."""
    passes.advance(run.pk)
    for step in open_acts(run):
        acts.perform(step.pk, step.attempt)
    run.refresh_from_db()


def one_tick() -> None:
    """What every second brings: looks at Prods that are due, and heals."""
    for prod_id in take_due(timezone.now()):
        compare_prod(prod_id)
    heal_due()


def step_of(run: Run, kind: str) -> Step:
    return Step.objects.get(run=run, kind=kind)


def drift_of(prod: Prod) -> list[tuple[str, str, str]] | None:
    """(what, path, manager) of each difference found last; None while it is unknown."""
    row = Drift.objects.filter(prod=prod).exclude(state="unknown").first()
    return row and [(one["what"], one["path"], one["manager"]) for one in row.differences]


def kube_of(prod: Prod) -> Kube:
    return connect_cluster(prod.cluster)


def images(prod: Prod) -> dict[str, set[str]]:
    """The tags that the pods of each component run; those on their way out left aside."""
    found: dict[str, set[str]] = {}
    for pod in kube_of(prod).list("Pod", prod.namespace):
        if not pod["metadata"].get("deletionTimestamp"):
            for container in pod["spec"]["containers"]:
                found.setdefault(container["name"], set()).add(container["image"].rpartition(":")[2])
    return found
