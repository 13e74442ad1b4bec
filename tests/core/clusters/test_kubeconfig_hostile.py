"""Hostile kubeconfigs: each is refused by the name of what is wrong, and nothing is started, opened or called."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from clusters.core.kubeconfig import contexts_of, parse_kubeconfig
from clusters.core.registration import read_credentials
from journal.core.reasons import FieldErrors, Reason, Refused
from tests.core.clusters.kubeconfigs import CLIENT, EXEC, OTHER, SERVER, config, encoded, touching

CERTIFICATE = {
    "client-certificate-data": encoded(CLIENT.cert_pem),
    "client-key-data": encoded(CLIENT.key_pem),
}
ALIASES = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]\n"

# What it is -> (kubeconfig, the field or the code that the refusal names).
HOSTILE: dict[str, tuple[dict[str, Any] | str, str]] = {
    "exec": (config(user={"exec": EXEC}), "user.exec"),
    "exec beside a token": (config(user={"token": "t", "exec": EXEC}), "user.exec"),
    "auth-provider with a command": (
        config(user={"auth-provider": {"name": "gcp", "config": {"cmd-path": "/bin/sh"}}}),
        "user.auth-provider",
    ),
    "tokenFile": (config(user={"token": "t", "tokenFile": "/etc/shadow"}), "user.tokenFile"),
    "path of a CA": (
        config({**SERVER, "certificate-authority": "/etc/passwd"}),
        "cluster.certificate-authority",
    ),
    "path of a certificate": (config(user={"client-certificate": "/etc/passwd"}), "user.client-certificate"),
    "path of a key": (config(user={"token": "t", "client-key": "/root/.ssh/id_rsa"}), "user.client-key"),
    "no checks": (config({**SERVER, "insecure-skip-tls-verify": True}), "cluster.insecure-skip-tls-verify"),
    "another name for TLS": (config({**SERVER, "tls-server-name": "evil"}), "cluster.tls-server-name"),
    "a proxy": (config({**SERVER, "proxy-url": "http://evil:3128"}), "cluster.proxy-url"),
    "impersonation": (config(user={"token": "t", "as": "system:admin"}), "user.as"),
    "impersonated groups": (config(user={"token": "t", "as-groups": ["system:masters"]}), "user.as-groups"),
    "impersonated uid": (config(user={"token": "t", "as-uid": "0"}), "user.as-uid"),
    "a password": (config(user={"username": "admin", "password": "hunter2"}), "user.password"),
    "an unknown field": (config({**SERVER, "surprise": 1}), "cluster.surprise"),
    "a python object": ("!!python/object/apply:os.system ['touch /tmp/x']", "yaml-broken"),
    "a python name": ("a: !!python/name:os.system\n", "yaml-broken"),
    "an alias bomb": (ALIASES, "yaml-alias"),
    "a merge key": ("a: &a {exec: x}\nb: {<<: *a}\n", "yaml-alias"),
    "20 MB": ("# " + "x" * 20 * 2**20, "file-too-large"),
    "two documents": (f"{yaml.safe_dump(config())}---\n{yaml.safe_dump(config())}", "kubeconfig-shape"),
    "a key twice": ("users: []\nusers: []\n", "yaml-broken"),
    "deep": ("[" * 5000, "yaml-too-deep"),
    "empty": ("", "kubeconfig-shape"),
    "a list": ("[1]", "kubeconfig-shape"),
    "control characters": ("a: \x07\x00", "yaml-unreadable"),
    "no YAML": ("a: [", "yaml-broken"),
    "contexts are text": (config(contexts="a"), "context"),
    "a context is a list": (config(contexts=[{"name": "a", "context": ["a"]}]), "context"),
    "clusters are a number": (config(clusters=7), "cluster"),
    "a user is text": (config(users=[{"name": "a", "user": "root"}]), "user"),
    "a name is an object": (config(**{"current-context": {"a": 1}}), "context"),
    "no such context": (config(**{"current-context": "b"}), "context"),
    "no server": (config({"certificate-authority-data": encoded(CLIENT.cert_pem)}), "kubeconfig-server"),
    "the server is a list": (config({"server": ["https://a.example"]}), "kubeconfig-server"),
    "the token is an object": (config(user={"token": {"a": 1}}), "user.token"),
    "the token is a number": (config(user={"token": 7}), "user.token"),
    "a header in the token": (config(user={"token": "t\r\nX-Evil: 1"}), "user.token"),
    "a long token": (config(user={"token": "t" * 20_000}), "user.token"),
    "the CA is no base64": (
        config({**SERVER, "certificate-authority-data": "%%%"}),
        "cluster.certificate-authority-data",
    ),
    "the CA is no PEM": (
        config({**SERVER, "certificate-authority-data": encoded("hello")}),
        "cluster.certificate-authority-data",
    ),
    "the CA is a key": (
        config({**SERVER, "certificate-authority-data": encoded(CLIENT.key_pem)}),
        "cluster.certificate-authority-data",
    ),
    "a PEM without sense": (
        config({**SERVER, "certificate-authority-data": encoded(CLIENT.cert_pem.replace("M", "A"))}),
        "cluster.certificate-authority-data",
    ),
    "a huge CA": (
        config({**SERVER, "certificate-authority-data": encoded(CLIENT.cert_pem * 40)}),
        "cluster.certificate-authority-data",
    ),
    "another's key": (
        config(user={**CERTIFICATE, "client-key-data": encoded(OTHER.key_pem)}),
        "user.client-key-data",
    ),
    "the key is a certificate": (
        config(user={**CERTIFICATE, "client-key-data": encoded(CLIENT.cert_pem)}),
        "user.client-key-data",
    ),
    "a certificate without its key": (
        config(user={"client-certificate-data": encoded(CLIENT.cert_pem)}),
        "kubeconfig-half-certificate",
    ),
    "nobody": (config(user={"token": ""}), "kubeconfig-no-credentials"),
}  # fmt: skip

SERVERS = {
    "a file": "file:///etc/passwd",
    "a socket": "unix:///var/run/docker.sock",
    "a socket over http": "http+unix://%2Fvar%2Frun%2Fdocker.sock",
    "plain": "http://a.example",
    "a password": "https://u:hunter2@a.example",
    "a query": "https://a.example?x=1",
    "a fragment": "https://a.example#x",
    "a path that climbs": "https://a.example/../x",
    "a bad port": "https://a.example:99999",
    "port 0": "https://a.example:0",
    "no host": "https://",
    "a dot": "https://.",
    "a line break": "https://a.exa\nmple",
    "a tab": "https://a.example\t",
    "a backslash": "https://a.example\\@evil.example",
    "other letters": "https://ａ.example",
    "an encoded dot": "https://a%2eexample",
    "metadata": "https://169.254.169.254",
    "metadata in hex": "https://0xa9fea9fe",
    "metadata in decimal": "https://2852039166",
    "metadata in octal": "https://0251.0376.0251.0376",
    "metadata as IPv6": "https://[::ffff:169.254.169.254]",
    "AWS metadata over IPv6": "https://[fd00:ec2::254]",
    "link-local": "https://[fe80::1]",
    "unspecified": "https://0.0.0.0",
    "Azure": "https://168.63.129.16",
    "multicast": "https://224.0.0.1",
    "far too long": "https://" + "a" * 400,
}
HOSTILE |= {f"server: {name}": (config({"server": server}), "server") for name, server in SERVERS.items()}


def named(reasons: tuple[Reason, ...]) -> set[str]:
    """All that the refusal names: codes, fields and parts."""
    found = {reason.code for reason in reasons}
    if found & {"kubeconfig-server", "address-refused"}:
        found.add("server")
    return found | {
        str(value) for reason in reasons for key, value in reason.params if key in ("field", "part")
    }


@pytest.mark.parametrize(("content", "expected"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_kubeconfig_is_refused_by_name(content: dict[str, Any] | str, expected: str) -> None:
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    with touching() as touched, pytest.raises(Refused) as caught:
        parse_kubeconfig(text)
    assert touched == []
    assert expected in named(caught.value.reasons)
    assert "hunter2" not in str(caught.value.reasons)


# A form takes the only context there is, whatever the file calls the current one.
OF_FORMS = {
    name: content
    for name, (content, _) in HOSTILE.items()
    if name not in ("a name is an object", "no such context")
}


@pytest.mark.parametrize("content", OF_FORMS.values(), ids=OF_FORMS.keys())
def test_a_form_says_it_at_the_kubeconfig(content: dict[str, Any] | str) -> None:
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    with touching() as touched, pytest.raises(FieldErrors) as caught:
        read_credentials("kubeconfig", {"kubeconfig": text}, in_cluster_allowed=False)
    assert touched == []
    assert {path for path, _ in caught.value.errors} == {"kubeconfig"}


def test_listing_the_contexts_touches_nothing() -> None:
    hostile = config(user={"exec": EXEC, "tokenFile": "/etc/shadow"})
    with touching() as touched:
        assert contexts_of(yaml.safe_dump(hostile)) == ("a",)
    assert touched == []


def test_the_guard_notices_what_it_has_to(tmp_path: Path) -> None:
    """A guard that sees nothing would let every test above pass."""
    with touching() as touched:
        (tmp_path / "x").write_text("x")
        subprocess.run(["true"], check=True)
    assert {line.split()[0] for line in touched} >= {"open", "subprocess.Popen"}


def test_everything_that_is_wrong_is_told_at_once() -> None:
    bad = config(
        {**SERVER, "proxy-url": "x", "insecure-skip-tls-verify": True}, {"exec": EXEC, "tokenFile": "x"}
    )
    with pytest.raises(Refused) as caught:
        parse_kubeconfig(yaml.safe_dump(bad))
    assert len(caught.value.reasons) == 4
