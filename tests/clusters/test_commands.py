"""The commands that register Clusters and rotate their keys."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from clusters.core.credentials import Credentials
from clusters.models import Cluster
from clusters.vault import decrypt, encrypt, is_current
from tests import build
from tests.core.clusters.kubeconfigs import CA, CLIENT, config, two_contexts
from traffic import vault as router_vault
from traffic.models import RouterInstance

pytestmark = pytest.mark.django_db

FACTS = ("--provider", "gke", "--failure-domain", "eu-a", "--no-test")


@pytest.fixture(autouse=True)
def _admin() -> None:
    build.person("admin")


def run(*args: str) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def _file(text: str) -> str:
        path = tmp_path / f"file-{len(list(tmp_path.iterdir()))}"
        path.write_text(text)
        return str(path)

    return _file


def test_a_token_and_a_ca_come_from_files(file: Any) -> None:
    said = run(
        "register_cluster", "b", "--server", "https://a.example", "--token-file", file("t0ken\n"),
        "--ca-file", file(CA.cert_pem), *FACTS,
    )  # fmt: skip
    assert said == "cluster/b registered\n"
    assert decrypt(Cluster.objects.get().credentials) == Credentials(
        "https://a.example", CA.cert_pem, "t0ken"
    )
    assert Cluster.objects.get().access == "token"


def test_a_client_certificate_comes_from_files(file: Any) -> None:
    run(
        "register_cluster", "b", "--server", "https://a.example", *FACTS,
        "--client-certificate-file", file(CLIENT.cert_pem), "--client-key-file", file(CLIENT.key_pem),
    )  # fmt: skip
    assert Cluster.objects.get().access == "certificate"


def test_one_context_of_a_kubeconfig_is_taken(file: Any) -> None:
    path = file(two_contexts())
    with pytest.raises(CommandError, match=r"has 2 contexts\. Choose one: a, b"):
        run("register_cluster", "b", "--kubeconfig", path, *FACTS)
    run("register_cluster", "b", "--kubeconfig", path, "--context", "b", *FACTS)
    assert Cluster.objects.get().server == "https://b.example"


def test_an_eks_cluster_is_named_with_its_region(file: Any) -> None:
    host = "https://AB12.gr7.eu-central-1.eks.amazonaws.com"
    run("register_cluster", "b", "--eks", "shop", "--region", "eu-central-1", "--server", host, "--no-test")
    row = Cluster.objects.get()
    assert (row.access, row.provider, row.region, row.failure_domain) == ("eks", "eks", "eu-central-1", "b")


def test_the_own_cluster_needs_the_setting(settings: Any) -> None:
    with pytest.raises(CommandError, match="DROVER_IN_CLUSTER"):
        run("register_cluster", "b", "--in-cluster", *FACTS)
    settings.IN_CLUSTER = True
    run("register_cluster", "b", "--in-cluster", *FACTS)
    assert Cluster.objects.get().access == "in-cluster"


WRONG = {
    "no way to connect": ([], "Say one way to connect"),
    "two ways": (["--in-cluster", "--eks", "shop"], "Say one way to connect"),
    "a file that is not there": (["--kubeconfig", "/nonexistent/x"], "cannot be read"),
    "a bad name": (["--in-cluster", "--by", "nobody"], "there is no nobody"),
}


@pytest.mark.parametrize(("args", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_told_and_changes_nothing(args: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run("register_cluster", "b", *args, *FACTS)
    assert not Cluster.objects.exists()


def test_somebody_without_the_right_may_not(file: Any) -> None:
    build.person("on-call")
    path = file(json.dumps(config()))
    with pytest.raises(CommandError, match="it takes admin"):
        run("register_cluster", "b", "--kubeconfig", path, "--by", "on-call", *FACTS)


def test_credentials_are_replaced_where_the_cluster_is(file: Any) -> None:
    build.cluster("b")
    path = file(json.dumps(config()))
    with pytest.raises(CommandError, match="There is a cluster b already"):
        run("register_cluster", "b", "--kubeconfig", path, *FACTS)
    run("register_cluster", "b", "--kubeconfig", path, "--replace", "--no-test")
    assert Cluster.objects.get().server == "https://a.example:6443"


OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_rotation_leaves_nothing_to_the_old_key(settings: Any) -> None:
    settings.CREDENTIAL_KEYS = [OLD]
    build.cluster("a")
    build.cluster("b")
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    assert "2/2 b: rotated" in run("rotate_credentials")
    assert "was so already" in run("rotate_credentials"), "it may be run again"
    settings.CREDENTIAL_KEYS = [NEW]
    assert all(
        is_current(row.credentials) and decrypt(row.credentials).token for row in Cluster.objects.all()
    )


def test_rotation_takes_the_keys_of_routers_too(settings: Any) -> None:
    settings.CREDENTIAL_KEYS = [OLD]
    keys = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "A" * 40}
    build.router("proxy")
    RouterInstance.objects.filter(pk=build.router("zone").pk).update(credentials=router_vault.encrypt(keys))
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    said = run("rotate_credentials")
    assert "1/2 proxy: was so already" in said, "it has no keys"
    assert "2/2 zone: rotated" in said
    settings.CREDENTIAL_KEYS = [NEW]
    stored = RouterInstance.objects.get(name="zone").credentials
    assert router_vault.is_current(stored) and router_vault.decrypt(stored) == keys


def test_rotation_names_a_router_that_no_key_opens(settings: Any) -> None:
    settings.CREDENTIAL_KEYS = [OLD]
    locked = router_vault.encrypt({"access_key_id": "A", "secret_access_key": "B"})
    RouterInstance.objects.filter(pk=build.router("zone").pk).update(credentials=locked)
    settings.CREDENTIAL_KEYS = [NEW]
    with pytest.raises(CommandError, match=r"Not rotated: zone\."):
        run("rotate_credentials")


def test_rotation_names_what_no_key_opens_and_goes_on(settings: Any) -> None:
    settings.CREDENTIAL_KEYS = [OLD]
    build.cluster("a")
    settings.CREDENTIAL_KEYS = [NEW]
    build.cluster("b")
    before = bytes(Cluster.objects.get(name="a").credentials)
    with pytest.raises(CommandError, match=r"Not rotated: a\."):
        run("rotate_credentials")
    assert bytes(Cluster.objects.get(name="a").credentials) == before


def test_rows_of_before_the_other_ways_to_connect_still_open(settings: Any) -> None:
    """Stored by the first release: five texts and nothing else."""
    settings.CREDENTIAL_KEYS = [OLD]
    old = {"server": "https://a", "ca_pem": "", "token": "t", "client_cert_pem": "", "client_key_pem": ""}
    stored = Fernet(OLD).encrypt(json.dumps(old).encode())
    assert decrypt(stored) == Credentials("https://a", token="t")
    assert decrypt(encrypt(decrypt(stored))) == Credentials("https://a", token="t")
