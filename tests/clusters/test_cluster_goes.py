"""A Cluster that is removed, cordoned or retired at the moment when a Prod is put on it."""

from collections.abc import Callable

import pytest
from django.db import transaction

from access.models import Person
from clusters import actions
from clusters.core.prod_yaml import ProdSpec
from clusters.models import Cluster, Prod
from journal.core.reasons import Refused
from tests import build
from tests.engine.test_two_at_once import aside

pytestmark = pytest.mark.django_db(transaction=True)

WAYS: dict[str, tuple[Callable[[Person, str], object], str]] = {
    "removed": (actions.remove_cluster, "cluster-not-registered"),
    "cordoned": (actions.cordon_cluster, "cluster-takes-none"),
    "retired": (actions.retire_cluster, "cluster-takes-none"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_prod_on_a_cluster_that_goes_meanwhile_is_refused(way: str) -> None:
    build.fleet()
    admin = build.person("admin")
    Cluster.objects.create(
        name="empty", provider="x", failure_domain="x", server="https://x", credentials=b"x"
    )
    spec = ProdSpec("e-1", "empty", "prod-e-1", "shop", "v1.0.0", "live", 10)
    act, code = WAYS[way]
    with transaction.atomic():
        act(admin, "empty")
        thread, said = aside(lambda: actions.apply_prod(admin, spec))
        thread.join(0.5)
        assert thread.is_alive()  # it waits to see what becomes of the Cluster
    thread.join(10)
    (refused,) = said
    assert isinstance(refused, Refused)
    assert [reason.code for reason in refused.reasons] == [code]
    assert not Prod.objects.filter(name="e-1").exists()


def test_a_prod_that_is_being_made_does_not_hold_up_an_observer() -> None:
    """A lease that is not renewed in time is lost."""
    build.fleet()
    admin = build.person("admin")
    Cluster.objects.create(
        name="empty", provider="x", failure_domain="x", server="https://x", credentials=b"x"
    )
    spec = ProdSpec("e-1", "empty", "prod-e-1", "shop", "v1.0.0", "live", 10)
    with transaction.atomic():
        actions.apply_prod(admin, spec)
        thread, said = aside(lambda: Cluster.objects.filter(name="empty").update(observer="o"))
        thread.join(5)
        assert said == [1]
