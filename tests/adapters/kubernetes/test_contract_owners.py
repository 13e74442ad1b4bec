"""What every Kube does with an object whose parts two managers apply, as a router does with an HTTPRoute."""

from typing import Any

from clusters.core.manifests import Manifest
from clusters.kube.protocol import Kube
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import APPLY
from tests.adapters.kubernetes.custom import EVERYTHING

GATEWAY = [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}]
BOTH = ["bakery.example", "florist.example"]


def part(namespace: str, epoch: str = "", **spec: Any) -> Manifest:
    """A part of an HTTPRoute; `epoch` stands in an annotation."""
    annotations = {"annotations": {"drover.dev/epoch": epoch}} if epoch else {}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "shop", "namespace": namespace, **annotations},
        "spec": spec,
    }


def rules(weight: int) -> list[Manifest]:
    reference = {"group": "", "kind": "Service", "name": "a-1", "port": 80, "weight": weight}
    return [{"matches": EVERYTHING, "backendRefs": [reference]}]


def bound(namespace: str, *hostnames: str, epoch: str = "") -> Manifest:
    return part(namespace, epoch, parentRefs=GATEWAY if hostnames else [], hostnames=list(hostnames))


def test_each_manager_changes_its_own_part(kube: Kube, namespace: str) -> None:
    kube.apply(part(namespace, rules=rules(50)), manager="weights")
    kube.apply(bound(namespace, *BOTH), manager="binding")
    found = kube.apply(part(namespace, rules=rules(100)), manager="weights")
    assert found["spec"] == {"parentRefs": GATEWAY, "hostnames": BOTH, "rules": rules(100)}
    found = kube.apply(bound(namespace, BOTH[0]), manager="binding")
    assert found["spec"] == {"parentRefs": GATEWAY, "hostnames": BOTH[:1], "rules": rules(100)}


def test_a_list_is_owned_as_a_whole(kube: Kube, namespace: str) -> None:
    kube.apply(bound(namespace, *BOTH), manager="one")
    found = kube.apply(bound(namespace, "grocer.example"), manager="two", force=True)
    assert found["spec"]["hostnames"] == ["grocer.example"]


def test_what_two_own_stays_until_the_last_lets_it_go(kube: Kube, namespace: str) -> None:
    whole = bound(namespace, *BOTH)
    whole["spec"]["rules"] = rules(50)
    kube.apply(whole, manager="one")
    kube.apply(part(namespace, rules=rules(50)), manager="two")
    assert kube.apply(bound(namespace, *BOTH), manager="one")["spec"]["rules"] == rules(50)


def test_what_a_manager_never_owned_goes_only_when_it_says_so(kube: Kube, namespace: str) -> None:
    """Not by being left out: so that a Route loses its hostnames, an empty list has to be applied."""
    kube.apply(bound(namespace, *BOTH), manager="one")
    assert kube.apply(part(namespace, parentRefs=[]), manager="two", force=True)["spec"]["hostnames"] == BOTH
    assert kube.apply(bound(namespace), manager="two", force=True)["spec"]["hostnames"] == []


def test_who_was_forced_out_of_a_field_cannot_take_it_away_later(kube: Kube, namespace: str) -> None:
    kube.apply(bound(namespace, *BOTH, epoch="1"), manager="one")
    kube.apply(part(namespace, "2", rules=rules(50)), manager="two", force=True)
    found = kube.apply(bound(namespace, *BOTH), manager="one")
    assert found["metadata"]["annotations"]["drover.dev/epoch"] == "2"


def test_hostnames_that_nobody_has_weighed_lead_nowhere(api: Api, space: str) -> None:
    """The API server fills in a rule for all requests, without a Service: they would be answered with errors. So a
    router gives an HTTPRoute its weights before its hostnames, and the manager of the weights never lets them go."""
    where = f"/apis/gateway.networking.k8s.io/v1/namespaces/{space}/httproutes/shop?fieldManager="
    nowhere = [{"matches": EVERYTHING}]
    assert api.ask("PATCH", where + "binding", bound(space, *BOTH), APPLY)["spec"]["rules"] == nowhere
    weighed = part(space, rules=rules(50))
    assert api.ask("PATCH", where + "weights", weighed, APPLY)["spec"]["rules"] == rules(50)
    assert api.ask("PATCH", where + "weights", part(space), APPLY)["spec"]["rules"] == nowhere
