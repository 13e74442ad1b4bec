"""Hostile kubeconfigs: no process is started, no file opened, no socket made; only data is taken."""

import base64
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from clusters.core.kubeconfig import Credentials, parse_kubeconfig
from journal.core.reasons import Refused

CERT = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def config(
    cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None, **top: Any
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a", "namespace": "x"}}],
        "clusters": [{"name": "a", "cluster": cluster or {"server": "https://a.example:6443"}}],
        "users": [{"name": "a", "user": user or {"token": "secret-token"}}],
        **top,
    }


SERVER = {"server": "https://a.example"}
EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/sh", "args": ["-c", "touch /tmp/x"]}
HOSTILE: dict[str, tuple[dict[str, Any] | str, str]] = {
    "exec": (config(user={"exec": EXEC}), "user.exec"),
    "exec beside a token": (config(user={"token": "t", "exec": EXEC}), "user.exec"),
    "auth-provider": (config(user={"auth-provider": {"name": "gcp"}}), "user.auth-provider"),
    "auth-provider oidc": (
        config(user={"token": "t", "auth-provider": {"name": "oidc"}}),
        "user.auth-provider",
    ),
    "tokenFile": (config(user={"tokenFile": "/etc/shadow"}), "user.tokenFile"),
    "client-certificate": (config(user={"client-certificate": "/etc/passwd"}), "user.client-certificate"),
    "client-key": (config(user={"token": "t", "client-key": "/root/.ssh/id_rsa"}), "user.client-key"),
    "certificate-authority": (
        config({**SERVER, "certificate-authority": "/etc/passwd"}),
        "cluster.certificate-authority",
    ),
    "insecure": (config({**SERVER, "insecure-skip-tls-verify": True}), "cluster.insecure-skip-tls-verify"),
    "proxy-url": (config({**SERVER, "proxy-url": "http://evil:3128"}), "cluster.proxy-url"),
    "tls-server-name": (config({**SERVER, "tls-server-name": "evil"}), "cluster.tls-server-name"),
    "basic auth": (config(user={"username": "admin", "password": "hunter2"}), "user.username"),
    "impersonation": (config(user={"token": "t", "as": "system:admin"}), "user.as"),
    "unknown": (config(surprise=1), "surprise"),
    "server is a file": (config({"server": "file:///etc/passwd"}), "kubeconfig-server"),
    "server is plain": (config({"server": "http://a.example"}), "kubeconfig-server"),
    "server with a password": (config({"server": "https://u:hunter2@a.example"}), "kubeconfig-server"),
    "server with a query": (config({"server": "https://a.example?x=1"}), "kubeconfig-server"),
    "server is a list": (config({"server": ["https://a.example"]}), "kubeconfig-server"),
    "server with a bad port": (config({"server": "https://a.example:99999"}), "kubeconfig-server"),
    "no server": (config({"certificate-authority-data": encoded(CERT)}), "kubeconfig-server"),
    "header injection": (config(user={"token": "t\r\nX-Evil: 1"}), "kubeconfig-data"),
    "token is an object": (config(user={"token": {"a": 1}}), "kubeconfig-data"),
    "CA is no base64": (config({**SERVER, "certificate-authority-data": "%%%"}), "kubeconfig-data"),
    "CA is no PEM": (config({**SERVER, "certificate-authority-data": encoded("hello")}), "kubeconfig-data"),
    "CA is a key": (config({**SERVER, "certificate-authority-data": encoded(KEY)}), "kubeconfig-data"),
    "huge CA": (
        config({**SERVER, "certificate-authority-data": encoded(CERT + "x" * 20000)}),
        "kubeconfig-data",
    ),
    "certificate without key": (
        config(user={"client-certificate-data": encoded(CERT)}),
        "kubeconfig-half-certificate",
    ),
    "nobody": (config(user={"token": ""}), "kubeconfig-no-credentials"),
    "no such context": (config(**{"current-context": "b"}), "kubeconfig-no-entry"),
    "no context at all": (config(contexts="a"), "kubeconfig-no-entry"),
    "python object": ("!!python/object/apply:os.system ['touch /tmp/x']", "yaml-broken"),
    "billion laughs": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "yaml-alias"),
    "two documents": ("a: 1\n---\nb: 2\n", "kubeconfig-shape"),
    "a list": ("[1, 2]", "kubeconfig-shape"),
    "nothing": ("", "kubeconfig-shape"),
    "not YAML": ("a: [", "yaml-broken"),
    "binary": ("\x00\x01", "yaml-unreadable"),
    "deep": ("[" * 5000, "yaml-too-deep"),
    "key twice": ("users: []\nusers: []\n", "yaml-broken"),
}


TOUCHES = {"open", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect"}


@pytest.fixture
def touched() -> Iterator[list[str]]:
    """What was started, opened or connected to meanwhile."""
    seen: list[str] = []
    watching = [True]  # an audit hook can never be removed

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if watching and event in TOUCHES:
            seen.append(f"{event} {args[0]}")

    sys.addaudithook(hook)
    yield seen
    watching.clear()


@pytest.mark.parametrize(("content", "expected"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_kubeconfig_is_refused_by_name(
    content: dict[str, Any] | str, expected: str, touched: list[str]
) -> None:
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    with pytest.raises(Refused) as caught:
        parse_kubeconfig(text)
    assert touched == []
    told = {reason.code for reason in caught.value.reasons}
    fields = {dict(reason.params).get("field") for reason in caught.value.reasons}
    assert expected in told | fields
    assert "hunter2" not in str(caught.value.reasons)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    bad = config(
        {**SERVER, "proxy-url": "x", "insecure-skip-tls-verify": True}, {"exec": EXEC, "tokenFile": "x"}
    )
    with pytest.raises(Refused) as caught:
        parse_kubeconfig(yaml.safe_dump(bad))
    assert len(caught.value.reasons) == 4


def test_data_is_taken() -> None:
    text = yaml.safe_dump(
        config(
            {"server": "https://a.example:6443/", "certificate-authority-data": encoded(CERT)},
            {"client-certificate-data": encoded(CERT), "client-key-data": encoded(KEY)},
        )
    )
    assert parse_kubeconfig(text) == Credentials("https://a.example:6443", CERT, "", CERT, KEY)


@pytest.mark.parametrize("server", ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080"])
def test_plain_http_is_for_the_loopback_address(server: str) -> None:
    assert parse_kubeconfig(yaml.safe_dump(config({"server": server}))).server == server


def test_the_context_that_is_asked_for_is_taken() -> None:
    two = config()
    two["contexts"].append({"name": "b", "context": {"cluster": "b", "user": "a"}})
    two["clusters"].append({"name": "b", "cluster": {"server": "https://b.example"}})
    assert parse_kubeconfig(yaml.safe_dump(two), "b").server == "https://b.example"
    assert parse_kubeconfig(yaml.safe_dump(two)).server == "https://a.example:6443"


def test_what_another_context_names_does_not_matter() -> None:
    two = config()
    two["users"].append({"name": "b", "user": {"exec": EXEC}})
    assert parse_kubeconfig(yaml.safe_dump(two)).token == "secret-token"


def test_credentials_do_not_show_their_secrets() -> None:
    shown = repr(Credentials("https://a.example", token="secret-token", client_key_pem=KEY))
    assert shown == "Credentials(https://a.example)"
