"""Tokens that are not stored: of the pod, and minted for EKS. No network but loopback, and no program."""

import asyncio
import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.stub import Stubber

from clusters.core.credentials import Credentials, Eks
from clusters.kube.client import Client
from clusters.kube.eks import described, eks_client
from clusters.kube.outgoing import Limits
from clusters.kube.protocol import Unavailable
from clusters.kube.tls import tls_context
from clusters.kube.tokens import EKS_RENEW_S, EksTokens, NoToken, Pod, mint_eks_token, resolved, token_source
from clusters.observe.cluster import Door
from clusters.observe.probe import ask_ready
from clusters.observe.tuning import Tuning
from journal.core.reasons import Refused
from tests.adapters.kubernetes.certificates import issue
from tests.core.clusters.kubeconfigs import touching

EKS = Eks("shop", "eu-central-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
NOBODY = Eks("shop", "eu-central-1")
HOST = "https://AB12.gr7.eu-central-1.eks.amazonaws.com"


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process that has no AWS credentials, and must not look for them on the network."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_PROFILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def heard() -> Iterator[tuple[str, list[str]]]:
    """(address, tokens heard) of a server that calls itself v1.36.2."""
    tokens: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers.get("Authorization", ""))
            body = b'{"gitVersion": "v1.36.2"}' if self.path == "/version" else b"ok"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", tokens
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_token_for_eks_is_a_signed_question_who_we_are(no_aws: None) -> None:
    mint_eks_token(EKS)  # what it loads, it loads once
    with touching() as touched:
        token = mint_eks_token(EKS)
    assert not [line for line in touched if line.startswith(("socket", "subprocess", "os."))]
    prefix, _, encoded = token.partition(".")
    assert (prefix, "=" in encoded) == ("k8s-aws-v1", False)
    url = urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    query = {key: value[0] for key, value in parse_qs(url.query).items()}
    assert (url.scheme, url.hostname) == ("https", "sts.eu-central-1.amazonaws.com")
    assert query["Action"] == "GetCallerIdentity"
    assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    assert query["X-Amz-Expires"] == "60"
    assert query["X-Amz-Credential"].startswith("AKIAIOSFODNN7EXAMPLE/")
    assert EKS.secret_access_key not in url.geturl()


def test_china_has_its_own_sts(no_aws: None) -> None:
    token = mint_eks_token(Eks("shop", "cn-north-1", EKS.access_key_id, EKS.secret_access_key))
    encoded = token.partition(".")[2]
    assert b"sts.cn-north-1.amazonaws.com.cn/" in base64.urlsafe_b64decode(
        encoded + "=" * (-len(encoded) % 4)
    )


def test_a_token_for_eks_is_used_again_until_it_is_old(no_aws: None) -> None:
    now = [1000.0]
    tokens = EksTokens(EKS, lambda: now[0])
    first = tokens()
    now[0] += EKS_RENEW_S - 1
    assert tokens._minted_s == 1000.0 and tokens() == first
    now[0] += 1
    tokens()
    assert tokens._minted_s == now[0]


def test_without_aws_credentials_there_is_no_token_and_a_reason(no_aws: None) -> None:
    with pytest.raises(NoToken) as caught:
        mint_eks_token(NOBODY)
    assert caught.value.reason.code == "eks-no-aws-credentials"


def test_each_call_to_a_cluster_of_eks_bears_a_token(no_aws: None, heard: tuple[str, list[str]]) -> None:
    server, tokens = heard
    client = Client(Credentials(server, eks=EKS), limits=Limits(loopback_allowed=True))
    assert (client.version(), client.version()) == ("v1.36.2", "v1.36.2")
    client.close()
    assert len(tokens) == 2
    assert all(token.startswith("Bearer k8s-aws-v1.") for token in tokens)


def test_a_call_without_a_token_is_not_made(no_aws: None, heard: tuple[str, list[str]]) -> None:
    server, tokens = heard
    client = Client(Credentials(server, eks=NOBODY), limits=Limits(loopback_allowed=True))
    with pytest.raises(Unavailable) as caught:
        client.version()
    client.close()
    assert (caught.value.reason.code, caught.value.maybe_done) == ("eks-no-aws-credentials", False)
    assert tokens == []


@pytest.mark.parametrize(
    ("eks", "code"), [(EKS, ""), (NOBODY, "eks-no-aws-credentials")], ids=["keys", "none"]
)
def test_the_observer_bears_the_same_tokens(
    no_aws: None, heard: tuple[str, list[str]], eks: Eks, code: str
) -> None:
    server, tokens = heard
    credentials = Credentials(server, eks=eks)

    async def probe() -> Any:
        async with Door(credentials, tls_context(credentials)).session() as session:
            return await ask_ready(session, Tuning())

    answer = asyncio.run(probe())
    assert (answer.trouble.code if answer.trouble else "") == code
    assert [token[:18] for token in tokens] == ([] if code else ["Bearer k8s-aws-v1."])


def stubbed(answer: dict[str, Any] | str) -> Any:
    """A maker of clients for EKS that get this answer, or (text) this error."""

    def client_of(eks: Eks) -> Any:
        client = eks_client(eks)
        stubber = Stubber(client)
        if isinstance(answer, str):
            stubber.add_client_error("describe_cluster", answer)
        else:
            stubber.add_response("describe_cluster", {"cluster": answer}, {"name": "shop"})
        stubber.activate()
        return client

    return client_of


def authority(pem: str) -> dict[str, str]:
    return {"data": base64.b64encode(pem.encode()).decode()}


def test_aws_tells_server_and_ca(no_aws: None) -> None:
    ca = issue("eks").cert_pem
    told = {"endpoint": HOST, "certificateAuthority": authority(ca)}
    found = described(Credentials("", eks=EKS), stubbed(told))
    assert (found.server, found.ca_pem, found.eks) == (HOST, ca, EKS)


def test_a_server_that_is_given_is_not_asked_for() -> None:
    given = Credentials(HOST, eks=EKS)
    assert described(given, stubbed("Never")) == given


BAD: dict[str, tuple[dict[str, Any] | str, str]] = {
    "no such cluster": ("ResourceNotFoundException", "eks-not-described"),
    "no right": ("AccessDeniedException", "eks-not-described"),
    "not ready": ({"name": "shop"}, "eks-not-described"),
    "no CA": ({"endpoint": HOST, "certificateAuthority": {"data": "%"}}, "eks-not-described"),
    "another host": (
        {"endpoint": "https://evil.example", "certificateAuthority": authority(issue("x").cert_pem)},
        "eks-server",
    ),
    "no PEM": ({"endpoint": HOST, "certificateAuthority": authority("hello")}, "pem-no-certificate"),
}


@pytest.mark.parametrize(("answer", "code"), BAD.values(), ids=BAD.keys())
def test_an_answer_of_aws_that_is_no_use_is_refused(
    no_aws: None, answer: dict[str, Any] | str, code: str
) -> None:
    with pytest.raises(Refused) as caught:
        described(Credentials("", eks=EKS), stubbed(answer))
    assert caught.value.reasons[0].code == code


def test_the_pod_gives_server_ca_and_a_token_that_rotates(tmp_path: Path) -> None:
    ca = issue("pod").cert_pem
    (tmp_path / "ca.crt").write_text(ca)
    (tmp_path / "token").write_text("first\n")
    pod = Pod(tmp_path, {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "6443"})
    found = resolved(Credentials("", in_cluster=True), pod)
    assert (found.server, found.ca_pem) == ("https://10.96.0.1:6443", ca)
    source = token_source(found, pod)
    assert source is not None and source() == "first"
    (tmp_path / "token").write_text("second\n")
    assert source() == "second"


def test_the_pod_may_live_on_ipv6(tmp_path: Path) -> None:
    assert Pod(tmp_path, {"KUBERNETES_SERVICE_HOST": "fd00::1"}).server() == "https://[fd00::1]:443"


@pytest.mark.parametrize(
    "environment", [{}, {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}], ids=["no pod", "no account"]
)
def test_outside_of_a_pod_there_is_no_token_and_a_reason(tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(NoToken) as caught:
        resolved(Credentials("", in_cluster=True), Pod(tmp_path, environment))
    assert caught.value.reason.code == "in-cluster-no-token"


def test_stored_credentials_stay_as_they_are() -> None:
    stored = Credentials("https://a.example", token="t")
    assert resolved(stored) == stored
    assert token_source(stored) is None
