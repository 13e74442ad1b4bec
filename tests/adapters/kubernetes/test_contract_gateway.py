"""Which part of an HTTPRoute the router of Gateways writes, by which manager: on every Kube."""

from typing import Any

import pytest

from clusters.core.manifests import Manifest, kind_of, name_of
from clusters.kube.protocol import Kube
from tests.adapters.routers.asking import ALL_ON_B, HALVES, HOSTS, MANY, asked, publish, published
from tests.adapters.routers.gateway_worlds import edge_of
from traffic.routers.gateway_api import GatewayRouter
from traffic.routers.gateway_objects import http_route, member_objects
from traffic.routers.protocol import Asked

NOTED: Manifest = {"f:annotations": {"f:drover.dev/epoch": {}}}
LABELLED: Manifest = {"f:labels": {"f:drover.dev/route": {}}}
RULES: Manifest = {"f:rules": {}}
BOUND: Manifest = {"f:hostnames": {}, "f:parentRefs": {}}


class Recorded:
    """A Kube, and what it took of HTTPRoutes: (manager, body, whether only over what was read). An apply that meets
    what a gateway has written of the status meanwhile is refused, and sent again."""

    def __init__(self, kube: Kube) -> None:
        self.kube, self.applied = kube, list[tuple[str, Manifest, bool]]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kube, name)

    def apply(self, manifest: Manifest, **options: Any) -> Manifest:
        answer = self.kube.apply(manifest, **options)
        if kind_of(manifest) == "HTTPRoute":
            fenced = options["resource_version"] is not None and "uid" in manifest["metadata"]
            self.applied.append((options["manager"], manifest, fenced))
        return answer


@pytest.fixture
def recorded(kube: Kube) -> Recorded:
    return Recorded(kube)


@pytest.fixture
def router(recorded: Recorded, namespace: str) -> GatewayRouter:
    return GatewayRouter(recorded, edge_of(namespace), health_checks=True)  # type: ignore[arg-type]


def slots(kube: Kube, namespace: str) -> list[Manifest]:
    return sorted(kube.list("HTTPRoute", namespace), key=name_of)


def owned(slot: Manifest) -> dict[str, Any]:
    """The fields by manager, but for the status; nothing of a Kube that keeps none."""
    entries = slot["metadata"].get("managedFields", [])
    return {one["manager"]: one["fieldsV1"] for one in entries if "subresource" not in one}


def test_a_move_applies_weights_alone(
    router: GatewayRouter, recorded: Recorded, kube: Kube, namespace: str
) -> None:
    publish(router, asked(1, HALVES, MANY))
    recorded.applied.clear()
    publish(router, asked(2, ALL_ON_B, MANY))
    assert [manager for manager, _, _ in recorded.applied] == ["drover-weights"] * 3
    assert all(fenced for _, _, fenced in recorded.applied)
    for _, body, _ in recorded.applied:
        assert list(body["spec"]) == ["rules"]
        assert body["metadata"].keys() == {"name", "namespace", "uid", "labels", "annotations"}
    weights = {"f:metadata": {**NOTED, **LABELLED}, "f:spec": RULES}
    binding = {"f:metadata": LABELLED, "f:spec": BOUND}
    for slot in slots(kube, namespace):
        assert owned(slot) in ({}, {"drover-weights": weights, "drover-binding": binding})
    assert published(router) == (2, ALL_ON_B, MANY)


def test_another_hostname_applies_the_binding_alone(
    router: GatewayRouter, recorded: Recorded, kube: Kube, namespace: str
) -> None:
    publish(router, asked(1))
    recorded.applied.clear()
    hosts = (*HOSTS, "grocer.example")
    publish(router, asked(2, hostnames=hosts))
    ((manager, body, fenced),) = recorded.applied
    assert (manager, fenced) == ("drover-binding", True)
    assert body["spec"].keys() == {"parentRefs", "hostnames"}
    weights = {"f:metadata": LABELLED, "f:spec": RULES}
    binding = {"f:metadata": {**NOTED, **LABELLED}, "f:spec": BOUND}
    (slot,) = slots(kube, namespace)
    assert owned(slot) in ({}, {"drover-weights": weights, "drover-binding": binding})
    assert published(router) == (2, HALVES, hosts)


def written_by_an_older_drover(kube: Kube, namespace: str, one: Asked) -> None:
    """It applied all of an HTTPRoute as `drover`, and left hostnames out where there are none."""
    edge = edge_of(namespace)
    slot = http_route(edge, one, 0, one.hostnames)
    if not one.hostnames:
        del slot["spec"]["hostnames"]
    for manifest in (
        *member_objects(edge, one, one.backends[0]),
        *member_objects(edge, one, one.backends[1]),
    ):
        kube.apply(manifest)
    kube.apply(slot)


NEXT = {
    "a move": (HOSTS, asked(2, ALL_ON_B)),
    "a move to a new member": (HOSTS, asked(2, {"c-1": 100})),
    "a new hostname": (HOSTS, asked(2, hostnames=(*HOSTS, "grocer.example"))),
    "a hostname less": (HOSTS, asked(2, hostnames=HOSTS[:1])),
    "no hostnames": (HOSTS, asked(2, hostnames=())),
    "the first hostnames": ((), asked(2)),
    "both at once": (HOSTS, asked(2, ALL_ON_B, (HOSTS[0], "grocer.example"))),
}


@pytest.mark.parametrize(("before", "after"), NEXT.values(), ids=NEXT)
def test_what_an_older_drover_wrote_is_taken_over(
    router: GatewayRouter, kube: Kube, namespace: str, before: tuple[str, ...], after: Asked
) -> None:
    written_by_an_older_drover(kube, namespace, asked(1, hostnames=before))
    stay = set(before) & set(after.hostnames)
    for write in router.plan([after], router.read()):
        router.apply(write)
        assert stay <= set(published(router)[2])
    assert router.plan([after], router.read()) == ()
    (slot,) = slots(kube, namespace)
    assert slot["spec"].get("hostnames", []) == sorted(after.hostnames)
    assert bool(slot["spec"].get("parentRefs")) == bool(after.hostnames)
    moved = asked(3, {"b-1": 100}, after.hostnames)
    publish(router, moved)
    assert published(router) == (3, {"b-1": 100}, after.hostnames)


def test_an_older_drover_at_work_beside_it_loses_nothing(
    router: GatewayRouter, kube: Kube, namespace: str
) -> None:
    """As long as not every worker is the new one, an apply of either may follow one of the other."""
    publish(router, asked(1))
    (slot,) = slots(kube, namespace)
    whole = http_route(edge_of(namespace), asked(2, ALL_ON_B), 0, (*HOSTS, "grocer.example"))
    kube.apply(whole, resource_version=slot["metadata"]["resourceVersion"], force=True)
    publish(router, asked(3, {"b-1": 100}, (*HOSTS, "grocer.example")))
    assert published(router) == (3, {"b-1": 100}, (*HOSTS, "grocer.example"))
    publish(router, asked(4, {"b-1": 100}))
    assert published(router) == (4, {"b-1": 100}, HOSTS)
