"""A deletion that was held up between its look and its call deletes nothing that was written meanwhile."""

from collections.abc import Callable

import pytest

from clusters.kube.protocol import NotFound
from releases.core.answers import Succeeded, TryAgain
from releases.steps import delete_namespace, delete_objects
from releases.steps.context import StepContext, Superseded
from releases.steps.jobs import remove_former_jobs
from tests.adapters.kubernetes.fake_kube import FakeKube

LABELS = {"drover.dev/prod": "a-1"}
SETTINGS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "prod-a-1", "labels": LABELS},
    "data": {"a": "1"},
}
JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "migrate-1", "namespace": "prod-a-1", "labels": LABELS},
    "spec": {"backoffLimit": 1},
}
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod-a-1", "labels": LABELS}}


@pytest.fixture
def kube() -> FakeKube:
    made = FakeKube()
    for manifest in (NAMESPACE, SETTINGS, JOB):
        made.apply(manifest)
    return made


def context(kube: FakeKube, former: tuple[tuple[str, str], ...], renew: Callable[..., None]) -> StepContext:
    return StepContext(
        prod="a-1",
        namespace="prod-a-1",
        token="1.1.1",
        kube=kube,
        rendered=(),
        former=former,
        force=False,
        again=False,
        renew=renew,
    )


def held_up(kube: FakeKube, manifest: dict[str, object], renewals: int) -> Callable[..., None]:
    """A renewal that, as the last one before the deletion, lets a newer attempt write the object anew.
    The one after that finds the lease lost."""
    count = 0

    def renew(*_: object) -> None:
        nonlocal count
        count += 1
        if count == renewals:
            metadata = {**manifest["metadata"], "annotations": {"drover.dev/epoch": "1.1.2"}}  # type: ignore[dict-item]
            kube.apply({**manifest, "metadata": metadata})
        if count > renewals:
            raise Superseded

    return renew


def test_an_object_that_a_newer_attempt_has_applied_stays(kube: FakeKube) -> None:
    late = context(kube, (("ConfigMap", "settings"),), held_up(kube, SETTINGS, 2))
    with pytest.raises(Superseded):
        delete_objects.act(late)
    assert kube.get("ConfigMap", "prod-a-1", "settings")


def test_a_job_that_a_newer_attempt_has_applied_stays(kube: FakeKube) -> None:
    late = context(kube, (("Job", "migrate-1"),), held_up(kube, JOB, 3))
    with pytest.raises(Superseded):
        remove_former_jobs(late)
    assert kube.get("Job", "prod-a-1", "migrate-1")


def test_a_namespace_that_was_written_since_it_was_looked_at_stays(kube: FakeKube) -> None:
    outcome = delete_namespace.act(context(kube, (), held_up(kube, NAMESPACE, 2)))
    assert isinstance(outcome.answer, TryAgain)
    assert kube.get("Namespace", "", "prod-a-1")


def test_what_only_its_status_has_moved_is_looked_at_again_and_goes(kube: FakeKube) -> None:
    moves = iter(range(3))

    def renew(*_: object) -> None:
        if (number := next(moves, None)) is not None:
            kube.apply({**SETTINGS, "data": {"a": f"status {number}"}})

    outcome = delete_objects.act(context(kube, (("ConfigMap", "settings"),), renew))
    assert isinstance(outcome.answer, Succeeded)
    with pytest.raises(NotFound):
        kube.get("ConfigMap", "prod-a-1", "settings")
