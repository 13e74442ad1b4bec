"""One comparison: what is stored, and when nothing is."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clusters.kube.protocol import Denied, Unavailable
from clusters.models import Cluster, Drift, Prod
from clusters.reconcile import compare_prod
from journal.core.reasons import because
from journal.models import Event
from releases.models import Claim, Run
from tests import build
from tests.adapters.kubernetes.fake_kube import FakeKube
from tests.reconcile.conftest import Compare

ASKED = 3  # replicas of `api` in the Blueprint of the demo
SILENT = Unavailable(because("cluster-timeout"), maybe_done=False)


def deployment(kube: FakeKube) -> Any:
    return next(
        item for (kind, _, name), item in kube.objects.items() if (kind, name) == ("Deployment", "api")
    )


def scale(kube: FakeKube, replicas: int = 9) -> None:
    deployment(kube)["spec"]["replicas"] = replicas


def moves() -> list[tuple[str, str]]:
    return list(Event.objects.filter(kind="drift").values_list("from_state", "to_state").order_by("pk"))


def run_on(prod: Prod) -> Run:
    """A live Run that claims the Prod."""
    now = timezone.now()
    fields = {"blueprint": prod.blueprint, "version": prod.version, "plan": {}, "digest": "x"}
    run = Run.objects.create(kind="release", state="running", since=now, started_at=now, **fields)
    Claim.objects.create(prod=prod, run=run)
    return run


def test_what_was_applied_is_in_sync(compare: Compare, kube: FakeKube) -> None:
    drift = compare()
    assert (drift.state, drift.differences, drift.reason) == ("in-sync", [], {})
    assert {verb for verb, _, _ in kube.calls} == {"list"}
    assert moves() == []


def test_drift_is_stored_with_each_field_and_told_once(compare: Compare, kube: FakeKube) -> None:
    compare()
    scale(kube)
    first, second = compare(), compare()
    assert (first.state, first.reason["code"]) == ("drifted", "drift-found")
    assert [(one["path"], one["live"]) for one in first.differences] == [("spec.replicas", "9")]
    assert second.since == first.since
    assert second.checked_at > first.checked_at
    scale(kube, ASKED)
    assert compare().state == "in-sync"
    assert moves() == [("in-sync", "drifted"), ("drifted", "in-sync")]


def test_drift_that_was_there_from_the_start_is_told(compare: Compare, kube: FakeKube) -> None:
    scale(kube)
    compare()
    assert moves() == [("", "drifted")]


def test_a_second_look_follows_soon_and_then_a_slow_one(compare: Compare, kube: FakeKube, prod: Prod) -> None:
    scale(kube)
    for expected in (2.5, 60):
        Drift.objects.filter(prod=prod).update(due_at=timezone.now() + timedelta(seconds=60))
        drift = compare()
        assert abs((drift.due_at - drift.checked_at).total_seconds() - expected) < 1


def test_a_cluster_that_is_silent_is_unknown_never_in_sync(compare: Compare, kube: FakeKube) -> None:
    compare()
    kube.fail_next = SILENT
    drift = compare()
    assert (drift.state, drift.reason["code"]) == ("unknown", "cluster-timeout")


def test_what_was_found_last_is_kept_while_nothing_is_known(compare: Compare, kube: FakeKube) -> None:
    scale(kube)
    before = compare()
    kube.fail_next = SILENT
    drift = compare()
    assert (drift.differences, drift.checked_at) == (before.differences, before.checked_at)
    scale(kube, ASKED)
    compare()
    assert moves() == [("", "drifted"), ("drifted", "in-sync")]


def test_a_cluster_whose_facts_are_old_is_not_even_asked(prod: Prod, kube: FakeKube) -> None:
    Cluster.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    assert compare_prod(prod.pk, lambda _: kube) == "unknown"
    assert Drift.objects.get(prod=prod).reason["code"] == "facts-old"
    assert kube.calls == []


def test_rights_that_are_missing_are_said(compare: Compare, kube: FakeKube) -> None:
    kube.fail_next = Denied(because("cluster-denied", status=403, message="no"))
    assert compare().reason["code"] == "cluster-denied"


def test_a_prod_that_a_run_is_changing_is_unknown(compare: Compare, kube: FakeKube, prod: Prod) -> None:
    run = run_on(prod)
    drift = compare()
    assert drift.reason == {"code": "drift-run-changes", "params": {"run": run.pk}}
    assert kube.calls == []


def test_a_run_that_claims_it_in_between_makes_the_result_void(compare: Compare, prod: Prod) -> None:
    compare()
    before = Drift.objects.get(prod=prod)
    drift = compare(before=lambda: run_on(prod))
    assert drift.checked_at == before.checked_at


def test_a_run_that_came_and_went_in_between_makes_the_result_void(
    compare: Compare, prod: Prod, kube: FakeKube
) -> None:
    """It has asked for the same Version again, so that the rows look as they did."""
    scale(kube)
    drift = compare(before=lambda: Prod.objects.filter(pk=prod.pk).update(version=prod.version_id))
    assert (drift.state, drift.checked_at) == ("unknown", None)
    assert drift.due_at <= timezone.now()


def test_a_look_that_began_earlier_and_ends_later_is_void(
    compare: Compare, prod: Prod, kube: FakeKube
) -> None:
    def meanwhile() -> None:
        scale(kube)
        compare_prod(prod.pk, lambda _: kube)
        scale(kube, ASKED)

    drift = compare(before=meanwhile)
    assert drift.state == "drifted"


@pytest.mark.parametrize("lifecycle", ["building", "retired"])
def test_what_is_built_or_gone_is_not_compared(prod: Prod, kube: FakeKube, lifecycle: str) -> None:
    build.fresh()
    Prod.objects.update(lifecycle=lifecycle)
    assert compare_prod(prod.pk, lambda _: kube) == ""
    assert not Drift.objects.exists()


def test_one_that_cannot_be_rendered_says_why(compare: Compare, prod: Prod) -> None:
    prod.overrides.create(number=2, content={"replicas": {"nobody": 1}})
    Prod.objects.filter(pk=prod.pk).update(overrides_revision=2)
    assert compare().reason["code"] == "replicas-without-component"


def test_an_object_of_ours_that_should_not_be_there_is_surplus(
    compare: Compare, prod: Prod, kube: FakeKube
) -> None:
    metadata = {"name": "older", "namespace": prod.namespace, "labels": {"drover.dev/prod": prod.name}}
    kube.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}})
    assert [(one["what"], one["name"]) for one in compare().differences] == [("surplus", "older")]


def test_one_whose_label_somebody_took_away_is_not_called_missing(compare: Compare, kube: FakeKube) -> None:
    del deployment(kube)["metadata"]["labels"]["drover.dev/prod"]
    (one,) = compare().differences
    assert (one["what"], one["path"]) == ("changed", "metadata.labels[drover.dev/prod]")
