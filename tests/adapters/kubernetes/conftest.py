"""Where the tests of this folder run: on the fake, on a simulated cluster, and on a real control plane.

`KUBEBUILDER_ASSETS` names a folder with the programs of a real one; `make test-kubernetes` wants it. Without it
nothing here knows of a real one.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from clusters.core.kubeconfig import Credentials
from clusters.kube.client import Client
from clusters.kube.outgoing import Limits
from clusters.kube.protocol import Kube
from simulator.testing import Fleet, start_fleet
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.control_plane import ControlPlane
from tests.adapters.kubernetes.custom import HTTP_ROUTES, once_served
from tests.adapters.kubernetes.fake_kube import FakeKube
from tests.adapters.kubernetes.watched import Site

ASSETS = os.environ.get("KUBEBUILDER_ASSETS", "")
REAL = ["real"] if ASSETS else []
SERVERS = ["simulator", *REAL]
collect_ignore_glob = [] if ASSETS else ["test_real_*"]


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A real one, with the definition of HTTPRoutes, which the API server itself does not have."""
    with ControlPlane(Path(ASSETS), tmp_path_factory.mktemp("kubernetes")) as control_plane:
        client = Client(control_plane.credentials, limits=Limits(loopback_allowed=True))
        with closing(client):
            client.apply(HTTP_ROUTES)
            once_served(lambda: client.list("HTTPRoute"))
        yield control_plane


@pytest.fixture(scope="session")
def contract_fleet() -> Iterator[Fleet]:
    with start_fleet(["a"], pod_start=(0.05, 0.1)) as fleet:
        yield fleet


def credentials_of(fleet: Fleet) -> Credentials:
    access = fleet.clusters["a"]
    return Credentials(access.server, token=access.token)


@pytest.fixture(params=SERVERS)
def site(request: pytest.FixtureRequest) -> Site:
    """A cluster that the observer can watch."""
    if request.param == "real":
        return Site(request.getfixturevalue("control_plane").credentials)
    return Site(credentials_of(request.getfixturevalue("contract_fleet")))


@pytest.fixture
def compact(request: pytest.FixtureRequest, site: Site) -> Callable[[], object]:
    """Has the cluster of `site` and `api` forget its history."""
    if request.node.callspec.params["site"] == "real":
        return request.getfixturevalue("control_plane").compact  # type: ignore[no-any-return]
    return partial(request.getfixturevalue("contract_fleet").fault, "compact")


@pytest.fixture
def api(site: Site) -> Api:
    """A cluster by its bare API."""
    return Api(site.credentials)


@pytest.fixture
def space(api: Api) -> str:
    """A namespace of its own there."""
    name = f"prod-{secrets.token_hex(4)}"
    api.post("/api/v1/namespaces", {"metadata": {"name": name}})
    return name


@pytest.fixture(params=["fake", *SERVERS])
def kube(request: pytest.FixtureRequest) -> Iterator[Kube]:
    """A Kube that may do everything."""
    if request.param == "fake":
        yield FakeKube()
        return
    if request.param == "real":
        credentials = request.getfixturevalue("control_plane").credentials
    else:
        credentials = credentials_of(request.getfixturevalue("contract_fleet"))
    client = Client(credentials, limits=Limits(loopback_allowed=True))
    yield client
    client.close()


@pytest.fixture
def namespace(kube: Kube) -> str:
    name = f"prod-{secrets.token_hex(4)}"
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name
