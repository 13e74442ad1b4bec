"""ExternalDNS: what the DNSEndpoints say, on a fake cluster and on a simulated one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from clusters.core.manifests import Manifest
from journal.core.reasons import FieldErrors
from tests.adapters.kubernetes.fake_kube import FakeKube
from tests.adapters.routers.asking import ALL_ON_B, HALVES, HOSTS, MANY, asked, publish, published
from tests.adapters.routers.on_external_dns import (
    EndpointsWorld,
    external_dns_on_fake,
    external_dns_on_simulator,
    place_in,
)
from tests.adapters.routers.test_replaced import Watched, served
from traffic.engine.bringing import bring
from traffic.routers.external_dns import ExternalDns
from traffic.routers.external_dns_objects import API_VERSION
from traffic.routers.external_dns_settings import Place, parse_place
from traffic.routers.protocol import Asked, Backend, Rejected, Stale, Unreachable

MAKERS = {"fake": external_dns_on_fake, "simulator": external_dns_on_simulator}


@pytest.fixture(params=MAKERS)
def pair(request: pytest.FixtureRequest) -> tuple[ExternalDns, EndpointsWorld]:
    return MAKERS[request.param](request)


@pytest.fixture
def router(pair: tuple[ExternalDns, EndpointsWorld]) -> ExternalDns:
    return pair[0]


@pytest.fixture
def world(pair: tuple[ExternalDns, EndpointsWorld]) -> EndpointsWorld:
    return pair[1]


def endpoint(
    name: str, kind: str, target: str, prod: str = "", weight: str = "", **more: str
) -> dict[str, Any]:
    made: dict[str, Any] = {"dnsName": name, "recordType": kind, "recordTTL": 60, "targets": [target]}
    pairs = ({"alias": "false"} if kind == "CNAME" else {}) | ({"aws/weight": weight} if prod else {}) | more
    if pairs:
        made["providerSpecific"] = [{"name": name, "value": value} for name, value in sorted(pairs.items())]
    return made | ({"setIdentifier": prod} if prod else {})


def test_weights_are_of_the_provider_and_told_apart_by_prod(
    router: ExternalDns, world: EndpointsWorld
) -> None:
    publish(router, asked(7, {"a-1": 30, "b-1": 70, "c-1": 0}))
    weighing = world.object("shop-r")
    assert weighing["spec"]["endpoints"] == [
        endpoint("shop-r.routes.example", "A", "192.0.2.11", "a-1", "30"),
        endpoint("shop-r.routes.example", "A", "192.0.2.21", "b-1", "70"),
    ]
    assert weighing["metadata"]["annotations"] == {"drover.dev/epoch": "7", "drover.dev/idle": "c-1"}
    assert world.object("shop-r.hostnames")["spec"]["endpoints"] == [
        endpoint(hostname, "CNAME", "shop-r.routes.example") for hostname in HOSTS
    ]


def test_beside_a_name_an_address_gets_a_name(router: ExternalDns, world: EndpointsWorld) -> None:
    """ExternalDNS would make an alias of type A of a load balancer of AWS; here it must stay a CNAME."""
    backends = (
        Backend("nlb", 10, "nlb-1.elb.eu-central-1.amazonaws.com", 443),
        Backend("on-premises", 90, "192.0.2.10", 443),
    )
    publish(router, Asked("shop-r", 1, backends, ()))
    assert world.object("shop-r")["spec"]["endpoints"] == [
        endpoint("shop-r.routes.example", "CNAME", "nlb-1.elb.eu-central-1.amazonaws.com", "nlb", "10"),
        endpoint("shop-r.routes.example", "CNAME", "on-premises.shop-r.routes.example", "on-premises", "90"),
        endpoint("on-premises.shop-r.routes.example", "A", "192.0.2.10"),
    ]


def test_a_move_leaves_the_hostnames_alone(router: ExternalDns, world: EndpointsWorld) -> None:
    publish(router, asked(1, hostnames=MANY))
    before = world.object("shop-r.hostnames")["metadata"]["resourceVersion"]
    assert publish(router, asked(2, ALL_ON_B, MANY)) == 1
    assert world.object("shop-r.hostnames")["metadata"]["resourceVersion"] == before
    assert router.verify([asked(2, ALL_ON_B, MANY)]) == {"shop-r": None}


def test_what_external_dns_has_not_read_is_not_published(router: ExternalDns, world: EndpointsWorld) -> None:
    publish(router, asked(1))
    world.reader.awake = False
    publish(router, asked(2, ALL_ON_B))
    reason = router.verify([asked(2, ALL_ON_B)])["shop-r"]
    assert reason and reason.code == "external-dns-behind"
    assert router.plan([asked(2, ALL_ON_B)], router.read()) == ()
    weighing = world.object("shop-r")
    world.reader.say(weighing, weighing["metadata"]["generation"])
    assert router.verify([asked(2, ALL_ON_B)]) == {"shop-r": None}


def test_where_external_dns_may_not_write_status_it_is_not_waited_for(
    router: ExternalDns, world: EndpointsWorld
) -> None:
    world.reader.awake = False
    silent = ExternalDns(world.kube, replace(place_in(world.namespace), observed=False))
    publish(silent, asked(1))
    assert silent.verify([asked(1)]) == {"shop-r": None}


def test_a_status_written_meanwhile_is_no_change(router: ExternalDns, world: EndpointsWorld) -> None:
    publish(router, asked(1))
    (write,) = router.plan([asked(2, ALL_ON_B)], router.read())
    world.reader.say(world.object("shop-r"), 99)
    router.apply(write)
    assert published(router) == (2, ALL_ON_B, HOSTS)


class Racing:
    """A Kube that lets somebody else in between a look and the write that follows."""

    def __init__(self, world: EndpointsWorld) -> None:
        self._kube, self.between = world.kube, lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kube, name)

    def apply(self, manifest: Manifest, **options: Any) -> Manifest:
        between, self.between = self.between, lambda: None
        between()
        return self._kube.apply(manifest, **options)


def test_a_writer_that_was_held_up_within_its_call_is_refused(
    router: ExternalDns, world: EndpointsWorld
) -> None:
    publish(router, asked(1))
    racing = Racing(world)
    late = ExternalDns(racing, place_in(world.namespace))
    (write,) = late.plan([asked(2, ALL_ON_B)], late.read())
    racing.between = lambda: world.publish_from_outside("shop-r", 3, {"a-1": 90, "b-1": 10})
    with pytest.raises(Stale):
        late.apply(write)
    assert published(router) == (3, {"a-1": 90, "b-1": 10}, HOSTS)


def test_a_first_writer_that_was_held_up_within_its_call_is_refused(
    router: ExternalDns, world: EndpointsWorld
) -> None:
    racing = Racing(world)
    late = ExternalDns(racing, place_in(world.namespace))
    racing.between = lambda: publish(router, asked(2, ALL_ON_B)) and None
    with pytest.raises(Stale):
        publish(late, asked(1))
    assert published(router) == (2, ALL_ON_B, HOSTS)


def test_a_target_that_somebody_changed_is_told_and_mended(
    router: ExternalDns, world: EndpointsWorld
) -> None:
    publish(router, asked(1))
    changed = world.object("shop-r")
    changed["spec"]["endpoints"][0]["targets"] = ["192.0.2.99"]
    metadata = {part: changed["metadata"][part] for part in ("name", "namespace", "labels", "annotations")}
    answer = world.reader.apply(
        {**{part: changed[part] for part in ("apiVersion", "kind", "spec")}, "metadata": metadata}
    )
    world.reader.say(answer, answer["metadata"]["generation"])
    reason = router.verify([asked(1)])["shop-r"]
    assert reason and reason.code == "router-object-differs"
    publish(router, asked(1))
    assert router.verify([asked(1)]) == {"shop-r": None}


def test_objects_of_others_are_neither_read_nor_overwritten(
    router: ExternalDns, world: EndpointsWorld
) -> None:
    metadata = {"name": "shop-r", "namespace": world.namespace}
    spec = {"endpoints": [endpoint("www.example", "A", "192.0.2.1")]}
    world.reader.apply({"apiVersion": API_VERSION, "kind": "DNSEndpoint", "metadata": metadata, "spec": spec})
    assert router.read() == {}
    with pytest.raises(Rejected) as caught:
        publish(router, asked(1))
    assert caught.value.reason.code == "dns-name-taken"
    router.remove(["shop-r"])
    assert world.object("shop-r")["spec"] == spec


def test_two_instances_share_a_namespace(router: ExternalDns, world: EndpointsWorld) -> None:
    other = ExternalDns(
        world.kube, replace(place_in(world.namespace), router="dns-2", domain="other.example")
    )
    publish(router, asked(1))
    publish(other, asked(5, ALL_ON_B, route="shop-s"))
    assert (router.read().keys(), other.read().keys()) == ({"shop-r"}, {"shop-s"})
    router.remove(["shop-r", "shop-s"])
    assert world.names() == ["shop-s", "shop-s.hostnames"]


def test_health_checks_of_the_provider_may_be_given(router: ExternalDns, world: EndpointsWorld) -> None:
    assert not router.traits.health_checks
    checked = ExternalDns(world.kube, replace(place_in(world.namespace), checks={"a-1": "check-1"}))
    assert checked.traits.health_checks
    publish(checked, asked(1, {"a-1": 100}))
    assert world.object("shop-r")["spec"]["endpoints"] == [
        endpoint(
            "shop-r.routes.example", "A", "192.0.2.11", "a-1", "100", **{"aws/health-check-id": "check-1"}
        )
    ]
    with pytest.raises(Rejected):
        checked.plan([asked(2)], checked.read())


def test_more_hostnames_than_an_object_holds_are_rejected(router: ExternalDns) -> None:
    names = tuple(f"tenant-{n:04}.example" for n in range(1001))
    with pytest.raises(Rejected):
        router.plan([asked(1, hostnames=names)], {})
    publish(router, asked(1, hostnames=names[:1000]))
    publish(router, asked(2, hostnames=names[1:]))
    assert published(router) == (2, HALVES, names[1:])


FULL = tuple(f"tenant-{n:04}.example" for n in range(2000))
FULL_CASES = {
    "one comes as another leaves": ([FULL[:1000], FULL[1000:]], [FULL[:999], (FULL[999], *FULL[1001:])], 2),
    "two with a place to spare swap": (
        [FULL[:1000], FULL[1000:1999]],
        [FULL[1:1000], (FULL[0], *FULL[1000:1999])],
        2,
    ),
    "two with no place to spare swap": (
        [FULL[:1000], FULL[1000:]],
        [(*FULL[1:1000], FULL[1000]), (FULL[0], *FULL[1001:])],
        0,
    ),
}


@pytest.mark.parametrize(("before", "after", "brings"), FULL_CASES.values(), ids=FULL_CASES)
def test_hostnames_of_full_routes_are_bound_elsewhere_before_they_leave(
    before: Sequence[Sequence[str]],
    after: Sequence[Sequence[str]],
    brings: int,
    request: pytest.FixtureRequest,
) -> None:
    """Those that cannot be stay where they are."""
    router, _ = external_dns_on_fake(request)

    def routes(epoch: int, hostnames: Sequence[Sequence[str]]) -> list[Asked]:
        names = zip(("shop-r", "shop-s"), hostnames, strict=True)
        return [asked(epoch, hostnames=hosts, route=route) for route, hosts in names]

    def watch() -> None:
        assert {host for hosts in before for host in hosts} & set().union(*after) <= served(router)

    bring(router, routes(1, before))
    for _ in range(brings or 3):
        found, _ = bring(Watched(router, watch), routes(2, after))
    assert {one.state for one in found.values()} == {"published" if brings else "pending"}


def test_a_cluster_without_the_kind_cannot_be_published_to() -> None:
    kube = FakeKube()
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "edge"}})
    router = ExternalDns(kube, place_in("edge"))
    for act in (router.read, lambda: publish(router, asked(1)), lambda: router.remove(["shop-r"])):
        with pytest.raises(Unreachable) as caught:
            act()
        assert caught.value.reason.code == "kind-absent"


CONFIG = {"namespace": "dns", "domain": "routes.example.com"}


def test_settings_are_read_from_config() -> None:
    assert parse_place("dns-1", CONFIG) == Place("dns-1", "dns", "routes.example.com")
    full = {"ttl": 30, "checks": {"a-1": "check-1"}, "observed": False}
    assert parse_place("dns-1", CONFIG | full) == Place(
        "dns-1", "dns", "routes.example.com", 30, {"a-1": "check-1"}, False
    )


WRONG: dict[str, dict[str, Any]] = {
    "namespace": {"namespace": "a/b"},
    "domain": {"domain": ""},
    "ttl": {"ttl": True},
    "checks": {"checks": {"a-1": "a b"}},
    "observed": {"observed": 1},
    "zone": {"zone": "example.com"},
}


@pytest.mark.parametrize(("field", "change"), WRONG.items(), ids=WRONG)
def test_wrong_config_is_told_by_field(field: str, change: dict[str, Any]) -> None:
    with pytest.raises(FieldErrors) as caught:
        parse_place("dns-1", CONFIG | change)
    assert [path for path, _ in caught.value.errors] == [field]
