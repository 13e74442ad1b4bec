"""What `deploy/` ships, sent to a real API server; and Drover with the rights of `deploy/clusters` and no more."""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from clusters.actions import try_connection
from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest
from clusters.kube.client import Client
from clusters.kube.outgoing import Limits
from clusters.kube.protocol import NotFound, Right
from releases import actions
from releases.prod_previews import preview_retire
from tests import build
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.control_plane import ControlPlane
from tests.adapters.kubernetes.story import (
    WHY,
    built,
    carry_out,
    drift_of,
    images,
    one_tick,
    registered,
    released,
    rolled_back,
    watched,
)
from tests.adapters.kubernetes.watched import eventually
from tests.kubectl import KUBECTL

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
LOOPBACK = Limits(loopback_allowed=True)
ROOTS = [
    "kubernetes/base",
    *sorted(str(path.relative_to(DEPLOY)) for path in DEPLOY.glob("kubernetes/overlays/*")),
    "clusters",
]
IN_CLUSTER = """
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: drover
resources: [{deploy}/kubernetes/base]
components: [{deploy}/kubernetes/components/in-cluster]
"""


@pytest.fixture
def admin(control_plane: ControlPlane) -> Iterator[Client]:
    with closing(Client(control_plane.credentials, limits=LOOPBACK)) as client:
        yield client


def rendered(folder: Path) -> list[Manifest]:
    done = subprocess.run(
        [KUBECTL, "kustomize", str(folder)], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def api_path(one: Manifest) -> str:
    """Where the API server has the objects of this kind in this namespace."""
    version, namespace = one["apiVersion"], one["metadata"].get("namespace")
    group = f"/apis/{version}" if "/" in version else f"/api/{version}"
    inside = f"/namespaces/{namespace}" if namespace else ""
    plural = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies"}.get(one["kind"])
    return f"{group}{inside}/{plural or one['kind'].lower() + 's'}"


def take(api: Api, objects: list[Manifest], *, dry_run: bool) -> None:
    """Has the server take every object, strictly: no field that it does not know. Raises what it refuses."""
    query = f"fieldManager=kubectl&fieldValidation=Strict{'&dryRun=All' if dry_run else ''}"
    for one in objects:
        path = f"{api_path(one)}/{one['metadata']['name']}?{query}"
        api.ask("PATCH", path, one, "application/apply-patch+yaml")


def make_namespaces(api: Api, objects: list[Manifest]) -> None:
    """A dry run makes none, and what is in one needs it."""
    take(api, [one for one in objects if one["kind"] == "Namespace"], dry_run=False)


@pytest.mark.parametrize("root", ROOTS)
def test_the_server_takes_every_object_of(root: str, control_plane: ControlPlane) -> None:
    api, objects = Api(control_plane.credentials), rendered(DEPLOY / root)
    make_namespaces(api, objects)
    take(api, objects, dry_run=True)


def test_the_server_takes_drover_in_the_cluster_that_it_manages(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    deploy = Path(*[".."] * len(tmp_path.resolve().parts[1:])) / str(DEPLOY).lstrip("/")
    (tmp_path / "kustomization.yaml").write_text(IN_CLUSTER.format(deploy=deploy))
    api, objects = Api(control_plane.credentials), rendered(tmp_path)
    make_namespaces(api, objects)
    take(api, objects, dry_run=True)


def test_the_server_takes_the_example_of_a_secret(control_plane: ControlPlane) -> None:
    api = Api(control_plane.credentials)
    make_namespaces(api, rendered(DEPLOY / "kubernetes/base"))
    take(api, list(yaml.safe_load_all((DEPLOY / "kubernetes/secret.example.yaml").read_text())), dry_run=True)


def test_a_mistake_is_refused(control_plane: ControlPlane) -> None:
    """That the server would say so: a misspelt field of a Deployment."""
    api, objects = Api(control_plane.credentials), rendered(DEPLOY / "kubernetes/base")
    make_namespaces(api, objects)
    (web,) = [
        one for one in objects if one["kind"] == "Deployment" and one["metadata"]["name"] == "drover-web"
    ]
    web["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(LookupError, match="readynessProbe"):
        take(api, [web], dry_run=True)


@pytest.mark.django_db(transaction=True)
def test_the_shipped_rights_are_enough_for_everything_and_none_is_idle(
    control_plane: ControlPlane, admin: Client
) -> None:
    credentials = shipped_account(control_plane)
    with closing(Client(credentials, limits=LOOPBACK)) as client:
        eventually(lambda: client.allowed(Right("apps", "deployments", "list")))
    cluster = registered("real", credentials)
    tested = try_connection(build.person("on-call"), cluster.name)
    assert (tested.missing, tested.excess) == ((), ())
    build.shop(build.person("admin"))
    with watched(cluster):
        prod = built("few-rights", cluster.name)
        eventually(lambda: one_tick() or drift_of(prod) == [])
        bad = carry_out(released("shop", "v1.2.0"))
        assert bad.state == "failed"
        assert rolled_back(bad).state == "succeeded"
        assert images(prod) == {"api": {"v1.0.0"}, "frontend": {"v1.0.0"}}
        actions.lift_hold_of(build.person("release-manager"), prod.name, WHY)
        digest = preview_retire(prod.name).plan.digest
        gone = actions.start_retire(build.person("admin"), prod.name, prod.name, digest, WHY)
        assert carry_out(gone).state == "succeeded", gone.reason
    with pytest.raises(NotFound):
        admin.get("Namespace", "", prod.namespace)


def shipped_account(control_plane: ControlPlane) -> Credentials:
    """A token as deploy/clusters/README.md has it made."""
    api, objects = Api(control_plane.credentials), rendered(DEPLOY / "clusters")
    make_namespaces(api, objects)
    take(api, objects, dry_run=False)
    path = "/api/v1/namespaces/drover-access/serviceaccounts/drover/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    admin = control_plane.credentials
    return Credentials(admin.server, admin.ca_pem, api.post(path, request)["status"]["token"])
