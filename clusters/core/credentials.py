"""What it takes to reach one API server, and what is wrong with a value of it. Checks open nothing."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PublicKeyTypes

from journal.core.reasons import Reason, because

from .addresses import refused_address

PEM_MAX = 16 * 1024
TOKEN_MAX = 16 * 1024
SERVER_MAX = 300

SERVER = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?(/[\w./~-]*)?", re.ASCII
)
# The last label of a name is never a number: resolvers take such a name for an IPv4 address.
NUMBER = re.compile(r"(0x[0-9a-f]*|\d+)\.?", re.IGNORECASE)
EKS_HOST = re.compile(r"[a-z0-9.-]+\.(eks\.amazonaws\.com(\.cn)?|eks-cluster\.[a-z0-9-]+\.api\.aws)")
EKS_CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
AWS_REGION = re.compile(r"[a-z]{2}(-[a-z]{2,12}){1,3}-\d{1,2}")
AWS_KEY_ID = re.compile(r"[A-Z0-9]{16,128}")
AWS_SECRET = re.compile(r"[A-Za-z0-9/+=]{16,128}")


@dataclass(frozen=True, slots=True, repr=False)
class Eks:
    """A cluster of Amazon EKS: tokens are minted for it. Without a key pair, with the credentials that the
    process which connects has from its environment or role."""

    cluster: str
    region: str
    access_key_id: str = ""
    secret_access_key: str = ""

    def __repr__(self) -> str:
        return f"Eks({self.cluster}, {self.region})"


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """How to reach one API server. PEM texts are whole files; "" means not given. Printing shows no secret.

    `token`, the client certificate with its key, `eks` or `in_cluster` (the service account of the pod
    that connects, which then gives server and CA as well) says who we are.
    """

    server: str
    ca_pem: str = ""
    token: str = ""
    client_cert_pem: str = ""
    client_key_pem: str = ""
    eks: Eks | None = None
    in_cluster: bool = False

    def __repr__(self) -> str:
        return f"Credentials({self.server})"


def server_problem(text: str) -> Reason | None:
    """Why `text` is no address of an API server: https, or http on the loopback address, where a simulated
    cluster lives; nothing but host, port and path; no address that nothing may be sent to."""
    shape = SERVER.fullmatch(text)
    if shape is None or len(text) > SERVER_MAX or ".." in text:
        return because("kubeconfig-server")
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        return because("kubeconfig-server")
    address = _address(host)
    odd = address is None and NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2])
    if port == 0 or odd or not host.strip("."):
        return because("kubeconfig-server")
    loopback = address.is_loopback if address else host == "localhost"
    if shape["scheme"] == "http" and not loopback:
        return because("kubeconfig-server")
    return refused_address(host, loopback_allowed=True) if address else None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def eks_server_problem(text: str) -> Reason | None:
    """Why a token for EKS may not be sent to `text`: it would be worth something elsewhere."""
    if problem := server_problem(text):
        return problem
    host = urlsplit(text).hostname or ""
    address = _address(host)
    ours = address.is_loopback if address else EKS_HOST.fullmatch(host)
    return None if ours else because("eks-server")


def token_problem(text: str) -> Reason | None:
    """Why `text` is no bearer token."""
    fine = len(text) <= TOKEN_MAX and text.isascii() and text.isprintable() and " " not in text
    return None if fine else because("token-shape")


def certificate_problem(pem: str) -> Reason | None:
    """Why `pem` holds no certificates that can be read."""
    if len(pem) > PEM_MAX:
        return because("pem-too-large")
    try:
        x509.load_pem_x509_certificates(pem.encode("ascii"))
    except ValueError:
        return because("pem-no-certificate")
    return None


def key_problem(pem: str, certificate_pem: str) -> Reason | None:
    """Why `pem` is not the private key, without a password, of the first certificate in `certificate_pem`."""
    if len(pem) > PEM_MAX:
        return because("pem-too-large")
    try:
        key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    except TypeError:
        return because("key-locked")
    except (ValueError, UnsupportedAlgorithm):
        return because("pem-no-key")
    certificate = x509.load_pem_x509_certificates(certificate_pem.encode("ascii"))[0]
    return None if _public(key.public_key()) == _public(certificate.public_key()) else because("key-mismatch")


def _public(key: PublicKeyTypes | CertificatePublicKeyTypes) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, form)
