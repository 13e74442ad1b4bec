"""A Prod of the example fleet on a Cluster in memory, as a release has left it."""

from collections.abc import Callable
from typing import Any

import pytest

from clusters.kube.protocol import Kube
from clusters.models import Cluster, Drift, Prod
from clusters.reconcile import compare_prod
from clusters.targets import overrides_of, render_prod
from tests import build
from tests.adapters.kubernetes.fake_kube import FakeKube

Compare = Callable[[], Drift]


@pytest.fixture
def prod(db: None) -> Prod:
    """c-2 of the example fleet, in service."""
    build.fleet()
    return Prod.objects.select_related("cluster", "version__revision").get(name="c-2")


@pytest.fixture
def kube(prod: Prod) -> FakeKube:
    """Its Cluster, which has what was applied."""
    fake = FakeKube()
    fake.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": prod.namespace}})
    for rendered in render_prod(prod, prod.version, overrides_of(prod, 1)):
        fake.apply(rendered.manifest)
    fake.calls.clear()
    return fake


@pytest.fixture
def compare(prod: Prod, kube: FakeKube) -> Compare:
    """compare() -> the Drift after a comparison, with every Cluster seen just now."""

    def _compare(before: Callable[[], Any] | None = None) -> Drift:
        def connect(_cluster: Cluster) -> Kube:
            if before:
                before()
            return kube

        build.fresh()
        compare_prod(prod.pk, connect)
        return Drift.objects.get(prod=prod)

    return _compare
