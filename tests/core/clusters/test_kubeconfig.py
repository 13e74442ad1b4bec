"""What is taken from a kubeconfig: data of one context, and nothing else."""

import pytest
import yaml

from clusters.core.credentials import Credentials, Eks
from clusters.core.kubeconfig import contexts_of, parse_kubeconfig
from tests.core.clusters.kubeconfigs import CA, CLIENT, EXEC, config, encoded, two_contexts


def test_data_is_taken() -> None:
    text = yaml.safe_dump(
        config(
            {"server": "https://a.example:6443/", "certificate-authority-data": encoded(CA.cert_pem)},
            {
                "client-certificate-data": encoded(CLIENT.cert_pem),
                "client-key-data": encoded(CLIENT.key_pem),
            },
        )
    )
    found = parse_kubeconfig(text)
    assert found == Credentials("https://a.example:6443", CA.cert_pem, "", CLIENT.cert_pem, CLIENT.key_pem)


@pytest.mark.parametrize(
    "server",
    [
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "http://localhost:8080",
        "https://10.0.0.1:6443",
        "https://a-b.example.com",
        "https://[fd12::1]:6443",
        "https://rancher.example/k8s/clusters/c-1",
    ],
)
def test_a_plain_address_is_taken(server: str) -> None:
    assert parse_kubeconfig(yaml.safe_dump(config({"server": server}))).server == server


def test_the_context_that_is_asked_for_is_taken() -> None:
    assert parse_kubeconfig(two_contexts(), "b").server == "https://b.example"
    assert parse_kubeconfig(two_contexts()).server == "https://a.example:6443"


def test_contexts_are_listed_in_their_order_and_once() -> None:
    assert contexts_of(two_contexts()) == ("a", "b")
    odd = config(contexts=[{"name": "z"}, {"name": ""}, 7, {"name": "z"}, {"name": ["a"]}])
    assert contexts_of(yaml.safe_dump(odd)) == ("z",)


def test_what_another_context_names_does_not_matter() -> None:
    two = config()
    two["users"].append({"name": "b", "user": {"exec": EXEC}})
    assert parse_kubeconfig(yaml.safe_dump(two)).token == "secret-token"


def test_credentials_do_not_show_their_secrets() -> None:
    eks = Eks("shop", "eu-central-1", "AKIA", "secret-key")
    shown = repr(Credentials("https://a.example", token="secret-token", client_key_pem="secret", eks=eks))
    assert shown == "Credentials(https://a.example)"
    assert "secret" not in repr(eks)
    assert "AKIA" not in repr(eks)
