"""TLS from PEM texts alone: the CA is checked, our certificate is shown, and no file is written."""

import datetime
import ipaddress
import json
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clusters.core.kubeconfig import Credentials
from clusters.kube import connect
from clusters.kube.client import Client
from clusters.kube.protocol import Denied, Unavailable

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def cert_pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        form = serialization.PrivateFormat.PKCS8
        return self.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def issue(name: str, issuer: Pair | None = None) -> Pair:
    """A certificate for `name` on 127.0.0.1; without an issuer a CA that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        builder = builder.add_extension(above, critical=False)
    else:
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    return Pair(builder.sign((issuer.key if issuer else key), hashes.SHA256()), key)


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
    with closing(Client(credentials)) as client:
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
