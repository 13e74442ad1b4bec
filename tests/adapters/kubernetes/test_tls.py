"""TLS from PEM texts alone: the CA is checked, our certificate is shown, and no file is written."""

import json
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from clusters.core.kubeconfig import Credentials
from clusters.kube import connect
from clusters.kube.client import Client
from clusters.kube.outgoing import Limits
from clusters.kube.protocol import Denied, Unavailable
from tests.adapters.kubernetes.certificates import issue

CA, OTHER = issue("ca"), issue("other ca")
SERVER, CLIENT = issue("server", CA), issue("client", CA)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"gitVersion": dict(*self.connection.getpeercert()["subject"])["commonName"]})  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that wants a certificate of the CA and answers with the name in it."""
    folder: Path = tmp_path_factory.mktemp("tls")
    for name, text in {"cert": SERVER.cert_pem, "key": SERVER.key_pem, "ca": CA.cert_pem}.items():
        (folder / name).write_text(text)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca"))
    context.load_cert_chain(folder / "cert", folder / "key")
    context.verify_mode = ssl.CERT_REQUIRED
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def version(credentials: Credentials) -> str:
    with closing(Client(credentials, limits=Limits(loopback_allowed=True))) as client:
        return client.version()


def test_both_sides_show_who_they_are(url: str) -> None:
    assert version(Credentials(url, CA.cert_pem, "", CLIENT.cert_pem, CLIENT.key_pem)) == "client"


def test_no_key_lies_in_a_file(url: str) -> None:
    written: list[str] = []
    watching = [True]

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if watching and event == "open" and args[1] and set("wax+") & set(str(args[1])):
            written.append(str(args[0]))

    sys.addaudithook(hook)
    version(Credentials(url, CA.cert_pem, "", CLIENT.cert_pem, CLIENT.key_pem))
    watching.clear()
    assert written == []


@pytest.mark.parametrize("ca", [OTHER.cert_pem, ""], ids=["another CA", "the CAs of the system"])
def test_a_server_of_another_ca_gets_no_token(url: str, ca: str) -> None:
    with pytest.raises(Unavailable) as caught:
        version(Credentials(url, ca, "token", CLIENT.cert_pem, CLIENT.key_pem))
    assert caught.value.reason.code == "cluster-not-trusted"


def test_without_a_certificate_there_is_no_answer(url: str) -> None:
    with pytest.raises(Unavailable):
        version(Credentials(url, CA.cert_pem, "token"))


NO_PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials("https://127.0.0.1:1", NO_PEM),
        Credentials("https://127.0.0.1:1", "", "", NO_PEM, CLIENT.key_pem),
        Credentials("https://127.0.0.1:1", "", "", CLIENT.cert_pem, OTHER.key_pem),
    ],
    ids=["CA", "certificate", "key of another"],
)
def test_what_tls_cannot_use_is_denied(credentials: Credentials) -> None:
    with pytest.raises(Denied) as caught:
        connect(1, credentials)
    assert caught.value.reason.code == "credentials-unusable"


def test_a_client_is_made_once_and_anew_for_new_credentials() -> None:
    first = connect(2, Credentials("https://127.0.0.1:1", token="a"))
    assert connect(2, Credentials("https://127.0.0.1:1", token="a")) is first
    assert connect(3, Credentials("https://127.0.0.1:1", token="a")) is not first
    assert connect(2, Credentials("https://127.0.0.1:1", token="b")) is not first
