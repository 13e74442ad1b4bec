"""Whole stories on a real control plane: released, failed, contested, denied, and cut off."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from clusters.core.evidence import Applied, Failing, Ready, Verdict, applied_from_answer, judge
from clusters.core.manifests import Manifest
from clusters.core.render import ProdTarget, Rendered, render
from clusters.core.yaml_text import load_documents
from clusters.kube.client import Client
from clusters.kube.outgoing import Limits
from clusters.kube.protocol import Conflict, Denied, Right, Unavailable
from clusters.models import Cluster, Observation, Prod
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.control_plane import ControlPlane
from tests.adapters.kubernetes.watched import (
    Site,
    add_cluster,
    add_prod,
    build,
    deployment,
    eventually,
    observing,
)

pytestmark = pytest.mark.django_db(transaction=True)

SHOP = Path(__file__).parents[3] / "deploy/demo/shop.yaml"
LOOPBACK = Limits(loopback_allowed=True)


@pytest.fixture
def site(control_plane: ControlPlane) -> Site:
    return Site(control_plane.credentials)


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    with closing(site.client()) as client:
        yield client


@pytest.fixture
def prod(site: Site) -> Prod:
    return add_prod(site.prod, add_cluster("a", site.credentials))


def verdict(prod: Prod, *applied: Applied) -> Verdict | None:
    found = Observation.objects.filter(prod=prod).first()
    return judge(applied, found.seen()) if found else None


def config(site: Site, **data: str) -> Manifest:
    metadata = {"name": "settings", "namespace": f"prod-{site.prod}"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_a_release_is_ready_a_bad_one_fails_and_the_old_one_heals(
    site: Site, client: Client, prod: Prod
) -> None:
    with observing():
        first = applied_from_answer(build(client, site.prod))
        settings = applied_from_answer(client.apply(config(site, currency="JPY")))
        eventually(lambda: isinstance(verdict(prod, first, settings), Ready))
        for image, words in (("shop/crash:v2", "CrashLoopBackOff"), ("shop/missing:v2", "ErrImagePull")):
            bad = applied_from_answer(build(client, site.prod, image=image))
            eventually(lambda bad=bad: isinstance(verdict(prod, bad), Failing))
            reason = verdict(prod, bad).reason  # type: ignore[union-attr]
            assert (reason.code, dict(reason.params)["waiting"]) == ("pod-failing", words)
        healed = applied_from_answer(build(client, site.prod))
        eventually(lambda: isinstance(verdict(prod, healed), Ready))
        assert healed.uid == first.uid
        assert healed.generation > first.generation


def test_every_object_of_the_example_is_taken_dry_and_then_runs(
    site: Site, client: Client, prod: Prod
) -> None:
    rendered = rendered_shop(site)
    build(client, site.prod)  # makes the namespace
    client.delete("Deployment", f"prod-{site.prod}", "api")
    for item in rendered:
        client.apply(item.manifest, dry_run=True)
    assert client.list("Service", f"prod-{site.prod}") == []
    with observing():
        answers = [client.apply(item.manifest) for item in rendered]
        applied = [applied_from_answer(answer) for answer in answers]
        assert [one.digest for one in applied] == [item.digest for item in rendered]
        eventually(lambda: isinstance(verdict(prod, *applied), Ready))
    again = [client.apply(item.manifest) for item in rendered]
    generations = [answer["metadata"].get("generation") for answer in answers]
    assert [answer["metadata"].get("generation") for answer in again] == generations


def rendered_shop(site: Site) -> tuple[Rendered, ...]:
    manifests = load_documents(SHOP.read_text())
    images = {"api": "registry.example/shop/api:v1", "frontend": "registry.example/shop/frontend:v1"}
    return render(manifests, images, ProdTarget(site.prod, f"prod-{site.prod}", "v1"))


def test_a_late_write_and_another_hand_are_refused(site: Site, client: Client) -> None:
    seen = build(client, site.prod)
    build(client, site.prod, image="shop/api:v2")
    with pytest.raises(Conflict) as late:
        client.apply(deployment(site.prod), resource_version=seen["metadata"]["resourceVersion"])
    assert late.value.fields == ()
    api = Api(site.credentials)
    path = f"/apis/apps/v1/namespaces/prod-{site.prod}/deployments/api"
    api.ask("PATCH", f"{path}?fieldManager=hand", {"spec": {"replicas": 5}}, "application/merge-patch+json")
    with pytest.raises(Conflict) as contested:
        client.apply(deployment(site.prod, image="shop/api:v2"))
    assert [one.field for one in contested.value.fields] == [".spec.replicas"]
    assert '"hand"' in contested.value.fields[0].message
    assert client.apply(deployment(site.prod), force=True)["spec"]["replicas"] == 2


def test_what_is_made_anew_under_the_same_name_is_another_object(site: Site, client: Client) -> None:
    first = build(client, site.prod)["metadata"]
    client.delete("Deployment", f"prod-{site.prod}", "api", uid=first["uid"])
    second = build(client, site.prod)["metadata"]
    assert second["uid"] != first["uid"]
    with pytest.raises(Conflict):
        client.delete("Deployment", f"prod-{site.prod}", "api", uid=first["uid"])
    with pytest.raises(Conflict):
        client.apply(deployment(site.prod), resource_version=first["resourceVersion"])


def test_who_has_few_rights_is_denied_and_told_so(
    control_plane: ControlPlane, site: Site, client: Client
) -> None:
    build(client, site.prod)
    namespace = f"prod-{site.prod}"
    may_look(Api(site.credentials), namespace, "guest")
    with closing(Client(control_plane.credentials_of("guest"), limits=LOOPBACK)) as guest:
        look, patch = Right("apps", "deployments", "get"), Right("apps", "deployments", "patch")
        eventually(lambda: guest.allowed(look, namespace))  # the API server learns of roles by a watch
        assert not guest.allowed(patch, namespace)
        assert not guest.allowed(look)
        assert guest.get("Deployment", namespace, "api")
        with pytest.raises(Denied):
            guest.apply(deployment(site.prod))
        with pytest.raises(Denied):
            guest.list("Deployment")
        rules = [rule for rule in guest.granted(namespace) if "deployments" in rule.resources]
        assert [(rule.groups, rule.verbs) for rule in rules] == [(("apps",), ("get", "list"))]


def may_look(api: Api, namespace: str, user: str) -> None:
    """Lets `user` read the Deployments of a namespace."""
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    name = f"look-{secrets.token_hex(3)}"
    rule = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]}
    api.post(f"{path}/roles", {"metadata": {"name": name}, "rules": [rule]})
    group = "rbac.authorization.k8s.io"
    binding = {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }
    api.post(f"{path}/rolebindings", binding)


def test_a_server_that_hangs_is_unreachable_and_what_happened_is_seen_afterwards(
    control_plane: ControlPlane, site: Site, client: Client, prod: Prod
) -> None:
    with observing():
        build(client, site.prod)
        eventually(lambda: Cluster.objects.get(name="a").health == "healthy")
        control_plane.pause()
        try:
            with pytest.raises(Unavailable) as caught:
                client.apply(deployment(site.prod, image="shop/api:v2"))
            assert caught.value.maybe_done
            eventually(lambda: Cluster.objects.get(name="a").health == "unreachable")
        finally:
            control_plane.resume()
        eventually(lambda: Cluster.objects.get(name="a").health == "healthy")
        applied = applied_from_answer(build(client, site.prod, image="shop/api:v3"))
        eventually(lambda: isinstance(verdict(prod, applied), Ready))
