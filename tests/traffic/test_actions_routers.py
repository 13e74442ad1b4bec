"""Routers: registered with settings by kind, published on, and taken away without leaving anybody behind."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from access.permissions import Denied
from journal.core.reasons import FieldErrors, Refused
from tests import build
from tests.adapters.routers.fake_router import FakeRouter
from tests.adapters.routers.faults import Fault
from tests.traffic.edge import Edge
from tests.traffic.standing import standing_fleet
from traffic.actions import add_instance, publish_routes, register_router, remove_instance, unpublish_routes
from traffic.models import Publication, Route, Router, RouterInstance
from traffic.vault import decrypt

pytestmark = pytest.mark.django_db
GATEWAY = {"namespace": "edge", "gateway": "main"}
ZONE = {"zone": "example.com", "zone_id": "Z0123456789", "domain": "r.example.com"}
KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "A" * 40}


def instance(**more: Any) -> dict[str, Any]:
    return {"name": "one", "failure_domain": "dc", **more}


def register(kind: str, *instances: Any, name: str = "edge", role: str = "admin") -> Router:
    return register_router(build.person(role), name, kind, list(instances))


def faults(error: FieldErrors) -> dict[str, str]:
    return {path: reason.code for path, reason in error.errors}


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("gateway-api", {**GATEWAY, "listener": "https", "health_checks": True}),
        ("haproxy", {"address": "haproxy.example:9999", "routes": 200}),
        ("haproxy", {"address": "unix:/run/haproxy/drover.sock"}),
        ("route53", ZONE),
        ("external-dns", {"namespace": "dns", "domain": "r.example.com"}),
    ],
)
def test_each_kind_is_registered_with_its_settings(kind: str, settings: dict[str, Any]) -> None:
    register(kind, instance(settings=settings, cluster="a"))
    row = RouterInstance.objects.get()
    assert (row.router.kind, row.settings, row.cluster.name) == (kind, settings, "a")


def test_keys_are_stored_encrypted() -> None:
    register("route53", instance(settings=ZONE, credentials=KEYS))
    stored = bytes(RouterInstance.objects.get().credentials)
    assert b"AAAA" * 10 not in stored and decrypt(stored) == KEYS


@pytest.mark.parametrize(
    ("kind", "sent", "wrong"),
    [
        ("gateway-api", {"settings": {}, "cluster": "a"}, {"settings.gateway": "name-no-label", "settings.namespace": "name-no-label"}),
        ("gateway-api", {"settings": GATEWAY}, {"cluster": "router-needs-cluster"}),
        ("gateway-api", {"settings": GATEWAY, "cluster": "z"}, {"cluster": "no-such-cluster-here"}),
        ("gateway-api", {"settings": {**GATEWAY, "health_checks": "yes"}, "cluster": "a"}, {"settings.health_checks": "no-switch"}),
        ("gateway-api", {"settings": {**GATEWAY, "x": 1}, "cluster": "a"}, {"settings.x": "field-unknown"}),
        ("haproxy", {"settings": {"address": "no port"}}, {"settings.address": "haproxy-address"}),
        ("haproxy", {"settings": {"address": "a:0"}}, {"settings.address": "haproxy-address"}),
        ("haproxy", {"settings": {"address": "unix:/run/../etc"}}, {"settings.address": "haproxy-address"}),
        ("haproxy", {"settings": {"address": "a:1", "routes": 0}}, {"settings.routes": "number-from-to"}),
        ("haproxy", {"settings": {"address": "a:1"}, "credentials": KEYS}, {"credentials.access_key_id": "field-unknown", "credentials.secret_access_key": "field-unknown"}),
        ("route53", {"settings": {**ZONE, "zone_id": "?"}}, {"settings.zone_id": "route53-zone-id"}),
        ("route53", {"settings": ZONE, "credentials": {"access_key_id": "A"}}, {"credentials.secret_access_key": "secret-needed"}),
        ("external-dns", {"settings": {"namespace": "dns"}, "cluster": "a"}, {"settings.domain": "dns-no-name"}),
        ("haproxy", {"settings": {"address": "a:1"}, "name": "A"}, {"name": "name-no-label"}),
        ("haproxy", {"settings": {"address": "a:1"}, "failure_domain": " "}, {"failure_domain": "domain-not-usable"}),
        ("haproxy", {"settings": {"address": "a:1"}, "zzz": 1}, {"zzz": "field-unknown"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_field(kind: str, sent: dict[str, Any], wrong: dict[str, str]) -> None:
    with pytest.raises(FieldErrors) as error:
        register(kind, instance(**sent))
    assert faults(error.value) == {f"instances[0].{path}": code for path, code in wrong.items()}
    assert not Router.objects.exists()


@pytest.mark.parametrize(
    ("name", "kind", "instances", "wrong"),
    [
        ("A", "haproxy", [instance(settings={"address": "a:1"})], {"name": "name-no-label"}),
        ("taken", "haproxy", [instance(settings={"address": "a:1"})], {"name": "router-exists"}),
        ("edge", "nginx", [], {"kind": "not-one-of-these"}),
        ("edge", "haproxy", [], {"instances": "instances-needed"}),
        ("edge", "haproxy", [5], {"instances[0].instance": "no-object"}),
    ],
)
def test_a_router_that_is_none_is_told(name: str, kind: str, instances: Any, wrong: dict[str, str]) -> None:
    build.router("taken")
    with pytest.raises(FieldErrors) as error:
        register_router(build.person("admin"), name, kind, instances)
    assert faults(error.value) == wrong


def test_two_instances_have_two_names() -> None:
    one = instance(settings={"address": "a:1"})
    with pytest.raises(FieldErrors) as error:
        register("haproxy", one, one)
    assert faults(error.value) == {"instances[1].name": "router-instance-exists"}
    register("haproxy", one)
    with pytest.raises(FieldErrors) as error:
        add_instance(build.person("admin"), "edge", one)
    assert faults(error.value) == {"name": "router-instance-exists"}
    add_instance(build.person("admin"), "edge", {**one, "name": "two"})
    assert RouterInstance.objects.count() == 2


def test_only_an_admin_may() -> None:
    with pytest.raises(Denied):
        register("haproxy", instance(settings={"address": "a:1"}), role="release-manager")
    with pytest.raises(Denied):
        publish_routes(build.person("release-manager"), "edge", ["shop-r"])


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker, whole_groups=True):
        yield


@pytest.fixture
def edge(db: None) -> Edge:
    return Edge()


def connect(edge: Edge) -> Any:
    return lambda row: edge.routers[row.name]


def test_routes_are_published_due_at_once_at_every_instance(edge: Edge) -> None:
    Publication.objects.all().delete()
    Route.objects.filter(name="shop-r").update(epoch=5)
    assert publish_routes(build.person("admin"), "edge", ["shop-r", "shop-s"]) == 4
    assert publish_routes(build.person("admin"), "edge", ["shop-r", "shop-s"]) == 0
    rows = Publication.objects.filter(route__name="shop-r")
    assert {(row.instance.name, row.asked, row.state) for row in rows} == {
        ("edge-1", 5, "pending"),
        ("edge-2", 5, "pending"),
    }
    edge.publish()
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}


@pytest.mark.parametrize(
    ("routes", "wrong"),
    [
        ([], {"routes": "routes-needed"}),
        ("shop-r", {"routes": "routes-needed"}),
        (["shop-r", "zzz"], {"routes[1]": "no-route-named-so"}),
        (["empty"], {"routes": "routes-without-weight"}),
    ],
)
def test_routes_that_cannot_be_published_are_told(edge: Edge, routes: Any, wrong: dict[str, str]) -> None:
    Route.objects.create(name="empty", redundancy="none")
    with pytest.raises(FieldErrors) as error:
        publish_routes(build.person("admin"), "edge", routes)
    assert faults(error.value) == wrong


def test_the_last_good_state_of_a_route_with_tenants_is_never_taken_off(edge: Edge) -> None:
    edge.publish()
    with pytest.raises(Refused, match="routes-published-only-here"):
        unpublish_routes(build.person("admin"), "edge", ["shop-r"], connect(edge))
    assert "shop-r" in edge.routers["edge-1"].published


def test_what_was_read_back_long_ago_is_no_good_state(edge: Edge) -> None:
    edge.publish()
    long_ago = timezone.now() - timedelta(minutes=1)
    Publication.objects.filter(instance__name="edge-2").update(read_at=long_ago)
    RouterInstance.objects.filter(name="edge-2").update(read_at=long_ago)
    with pytest.raises(Refused, match="routes-published-only-here"):
        remove_instance(build.person("admin"), "edge-1", connect(edge))


def test_a_state_that_is_still_so_is_a_good_one_however_old(edge: Edge) -> None:
    edge.publish()
    Publication.objects.update(read_at=timezone.now() - timedelta(minutes=1))
    RouterInstance.objects.update(read_at=timezone.now())
    remove_instance(build.person("admin"), "edge-1", connect(edge))
    assert not RouterInstance.objects.filter(name="edge-1").exists()


def test_a_route_without_tenants_is_taken_off(edge: Edge) -> None:
    edge.publish()
    Route.objects.get(name="staff").tenants.all().delete()
    unpublish_routes(build.person("admin"), "edge", ["staff"], connect(edge))
    assert all("staff" not in router.published for router in edge.routers.values())
    assert not Publication.objects.filter(route__name="staff").exists()


def test_an_instance_goes_once_the_other_has_everything(edge: Edge) -> None:
    edge.publish("edge-1")
    with pytest.raises(Refused, match="routes-published-only-here"):
        remove_instance(build.person("admin"), "edge-1", connect(edge))
    edge.publish("edge-2")
    remove_instance(build.person("admin"), "edge-1", connect(edge))
    assert edge.routers["edge-1"].published == {}
    assert list(RouterInstance.objects.values_list("name", flat=True)) == ["edge-2"]


def test_an_instance_that_does_not_answer_keeps_what_it_has(edge: Edge) -> None:
    edge.publish()
    edge.routers["edge-1"].faults.set(Fault.DOWN)
    with pytest.raises(Refused, match="router-no-answer"):
        remove_instance(build.person("admin"), "edge-1", connect(edge))
    assert Publication.objects.filter(instance__name="edge-1").count() == Route.objects.count()
    assert RouterInstance.objects.get(name="edge-1").lease_until <= timezone.now(), "the publisher goes on"


def test_an_instance_that_will_never_answer_is_forgotten(edge: Edge) -> None:
    remove_instance(build.person("admin"), "edge-1", connect(edge), forget=True)
    remove_instance(build.person("admin"), "edge-2", connect(edge), forget=True)
    assert not Router.objects.exists() and not Publication.objects.exists()


def test_nothing_is_taken_off_while_a_publisher_is_at_work(edge: Edge) -> None:
    edge.publish()
    RouterInstance.objects.filter(name="edge-1").update(lease_until=timezone.now() + timedelta(seconds=9))
    with pytest.raises(Refused, match="router-busy"):
        remove_instance(build.person("admin"), "edge-1", connect(edge))


def test_what_a_publisher_took_over_meanwhile_stays_published(edge: Edge) -> None:
    """The lease ran out during the call, and another publisher may have put the Routes back."""
    edge.publish()

    class Slow(FakeRouter):
        def remove(self, routes: Any) -> None:
            RouterInstance.objects.filter(name="edge-1").update(lease_until=timezone.now())

    with pytest.raises(Refused, match="router-busy"):
        remove_instance(build.person("admin"), "edge-1", lambda row: Slow())
    assert Publication.objects.filter(instance__name="edge-1").count() == Route.objects.count()
