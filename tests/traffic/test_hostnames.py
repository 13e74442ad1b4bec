"""No two Tenants have one hostname, whoever writes: the database itself refuses it."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from journal.core.reasons import Refused
from tests import build
from traffic.actions import TenantGroup, load_tenants
from traffic.models import Hostname, Tenant

BEFORE, AFTER = [("traffic", "0006_state_file")], [("traffic", "0007_hostnames")]


def tenant(name: str, *hostnames: str) -> Tenant:
    return Tenant.objects.create(name=name, hostnames=list(hostnames), redundancy="none")


def owners() -> dict[str, str]:
    return dict(Hostname.objects.values_list("name", "tenant__name"))


@pytest.mark.django_db
def test_the_table_follows_every_write() -> None:
    one, two = tenant("one", "a.example", "b.example"), tenant("two")
    assert owners() == {"a.example": "one", "b.example": "one"}
    Tenant.objects.filter(pk=one.pk).update(hostnames=["b.example"])
    Tenant.objects.filter(pk=two.pk).update(hostnames=["a.example"], load=9)
    assert owners() == {"a.example": "two", "b.example": "one"}
    Tenant.objects.filter(pk=one.pk).delete()
    Tenant.objects.bulk_create([Tenant(name="three", hostnames=["b.example"], redundancy="none")])
    assert owners() == {"a.example": "two", "b.example": "three"}


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["create", "update", "bulk"])
def test_a_hostname_of_another_is_refused_by_the_database(way: str) -> None:
    tenant("one", "a.example")
    two = tenant("two", "b.example")
    ways: dict[str, Any] = {
        "create": lambda: tenant("three", "a.example"),
        "update": lambda: Tenant.objects.filter(pk=two.pk).update(hostnames=["b.example", "a.example"]),
        "bulk": lambda: Tenant.objects.bulk_create(
            [Tenant(name=name, hostnames=["c.example"], redundancy="none") for name in "xy"]
        ),
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        ways[way]()
    assert owners() == {"a.example": "one", "b.example": "two"}


@pytest.mark.django_db
def test_a_group_whose_names_or_hostnames_others_have_is_refused() -> None:
    build.fleet()
    Tenant.objects.filter(name="staff-0001").update(hostnames=["more-0002.example.com"])
    Tenant.objects.filter(name="staff-0002").update(name="more-0001")
    with pytest.raises(Refused) as refused:
        load_tenants(build.person("admin"), [TenantGroup("more", 2, 1, "none", ("a-1",))])
    assert [reason.code for reason in refused.value.reasons] == ["tenant-exists", "hostname-taken"]
    assert Tenant.objects.filter(name__startswith="more").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_migration_carries_over_what_is_there_and_names_what_two_have() -> None:
    tenant("one", "a.example", "b.example")
    old = migrate(BEFORE).get_model("traffic", "Tenant").objects
    try:
        assert "traffic_hostname" not in connection.introspection.table_names()
        old.create(name="two", hostnames=["a.example"], redundancy="none")
        with pytest.raises(Exception, match=r"a\.example \(one, two\)"):
            migrate(AFTER)
        old.filter(name="two").update(hostnames=["c.example"])
        migrate(AFTER)
    finally:
        if "traffic_hostname" not in connection.introspection.table_names():
            old.all().delete()
        migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    assert owners() == {"a.example": "one", "b.example": "one", "c.example": "two"}


def migrate(to: list[tuple[str, str]]) -> Any:
    """The models as they are then."""
    return MigrationExecutor(connection).migrate(to).apps
