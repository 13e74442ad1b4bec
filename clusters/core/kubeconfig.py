"""Credentials of a cluster, taken from a kubeconfig without ever running or opening what it names.

A kubeconfig is a program in disguise: `exec` starts commands, paths read the server's files, and
`proxy-url` or `insecure-skip-tls-verify` lead a token astray. So only data is taken; the rest is refused
by name.
"""

import base64
import binascii
import ipaddress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from journal.core.reasons import Reason, Refused, because

from .yaml_text import BadFile, load_documents

PEM_MAX = 16 * 1024
TOKEN_MAX = 16 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """How to reach one API server. PEM texts are whole files; "" means not given. Printing shows no secret."""

    server: str
    ca_pem: str = ""
    token: str = ""
    client_cert_pem: str = ""
    client_key_pem: str = ""

    def __repr__(self) -> str:
        return f"Credentials({self.server})"


CLUSTER_FIELDS = frozenset({"server", "certificate-authority-data"})
USER_FIELDS = frozenset({"token", "client-certificate-data", "client-key-data"})
CONTEXT_FIELDS = frozenset({"cluster", "user", "namespace"})
TOP_FIELDS = frozenset(
    {"apiVersion", "kind", "current-context", "preferences", "clusters", "users", "contexts"}
)
# Harmless notes that tools leave in the sections.
IGNORED_FIELDS = frozenset({"extensions"})


def parse_kubeconfig(text: str, context: str = "") -> Credentials:
    """The Credentials of `context` ("": the current one). Raises Refused with every Reason; opens nothing."""
    try:
        documents = load_documents(text)
    except BadFile as e:
        raise Refused(*(problem.reason for problem in e.problems)) from e
    config = documents[0] if len(documents) == 1 else None
    if not isinstance(config, dict):
        raise Refused(because("kubeconfig-shape"))
    chosen = context or config.get("current-context")
    picked = _entry(config, "contexts", "context", chosen)
    cluster = _entry(config, "clusters", "cluster", picked.get("cluster"))
    user = _entry(config, "users", "user", picked.get("user"))
    problems = [
        *_forbidden("", config, TOP_FIELDS),
        *_forbidden("context.", picked, CONTEXT_FIELDS),
        *_forbidden("cluster.", cluster, CLUSTER_FIELDS),
        *_forbidden("user.", user, USER_FIELDS),
    ]
    if problems:
        raise Refused(*problems)
    return _credentials(cluster, user)


def _entry(config: dict[str, Any], section: str, part: str, name: Any) -> dict[str, Any]:
    entries = config.get(section)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(name, str) and entry.get("name") == name:
            found = entry.get(part)
            if isinstance(found, dict):
                return found
    raise Refused(because("kubeconfig-no-entry", part=part, name=str(name or "")[:63]))


def _forbidden(prefix: str, part: dict[str, Any], allowed: frozenset[str]) -> list[Reason]:
    """The fields of `part` that are not allowed: `exec`, paths, proxies, and all that we do not know."""
    fields = [field for field in part if field not in allowed | IGNORED_FIELDS]
    return [because("kubeconfig-field", field=f"{prefix}{field}"[:80]) for field in fields]


def _credentials(cluster: dict[str, Any], user: dict[str, Any]) -> Credentials:
    credentials = Credentials(
        server=_server(cluster.get("server")),
        ca_pem=_pem(cluster, "certificate-authority-data", "CERTIFICATE"),
        token=_token(user.get("token", "")),
        client_cert_pem=_pem(user, "client-certificate-data", "CERTIFICATE"),
        client_key_pem=_pem(user, "client-key-data", "PRIVATE KEY"),
    )
    if bool(credentials.client_cert_pem) != bool(credentials.client_key_pem):
        raise Refused(because("kubeconfig-half-certificate"))
    if not credentials.token and not credentials.client_cert_pem:
        raise Refused(because("kubeconfig-no-credentials"))
    return credentials


def _server(value: Any) -> str:
    """An https address, or http on the loopback address, where a simulated cluster lives."""
    try:
        url = urlsplit(value if isinstance(value, str) else "")
        host, port = url.hostname or "", url.port
    except ValueError as e:
        raise Refused(because("kubeconfig-server")) from e
    plain = url.scheme == "http" and _is_loopback(host)
    extra = url.username or url.password or url.query or url.fragment
    if not host or port == 0 or extra or not (plain or url.scheme == "https"):
        raise Refused(because("kubeconfig-server"))
    return str(value).rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _token(value: Any) -> str:
    if not isinstance(value, str) or len(value) > TOKEN_MAX or not value.isascii():
        raise Refused(because("kubeconfig-data", field="token"))
    if value and not value.isprintable():
        raise Refused(because("kubeconfig-data", field="token"))
    return value


def _pem(part: dict[str, Any], field: str, label: str) -> str:
    """The decoded text of a base64 field, "" if it is not given. Raises Refused if it is no such PEM."""
    value = part.get(field, "")
    if value == "":
        return ""
    try:
        text = base64.b64decode(value, validate=True).decode("ascii") if isinstance(value, str) else ""
    except (binascii.Error, ValueError) as e:
        raise Refused(because("kubeconfig-data", field=field)) from e
    begins = text.lstrip().startswith("-----BEGIN ") and f"{label}-----" in text.splitlines()[0]
    if len(text) > PEM_MAX or not begins:
        raise Refused(because("kubeconfig-data", field=field))
    return text
