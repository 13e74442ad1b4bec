"""Credentials of a cluster, taken from a kubeconfig without ever running or opening what it names.

A kubeconfig is a program in disguise: `exec` starts commands, paths read the server's files, and
`proxy-url` or `insecure-skip-tls-verify` lead a token astray. So only data is taken; the rest is refused
by name.
"""

import base64
import binascii
from typing import Any

from journal.core.reasons import Reason, Refused, because

from .credentials import Credentials, certificate_problem, key_problem, server_problem, token_problem
from .yaml_text import BadFile, load_documents

__all__ = ["Credentials", "contexts_of", "parse_kubeconfig"]

CONTEXTS_MAX = 200

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
    config = _load(text)
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


def contexts_of(text: str) -> tuple[str, ...]:
    """The names of the contexts, in the order of the file. Raises Refused for what is no kubeconfig."""
    contexts = _load(text).get("contexts")
    names = (
        [one.get("name") for one in contexts if isinstance(one, dict)] if isinstance(contexts, list) else []
    )
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))[:CONTEXTS_MAX]


def _load(text: str) -> dict[str, Any]:
    try:
        documents = load_documents(text)
    except BadFile as e:
        raise Refused(*(problem.reason for problem in e.problems)) from e
    config = documents[0] if len(documents) == 1 else None
    if not isinstance(config, dict):
        raise Refused(because("kubeconfig-shape"))
    return config


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
    server = cluster.get("server")
    if not isinstance(server, str):
        raise Refused(because("kubeconfig-server"))
    found = Credentials(
        server=server.rstrip("/"),
        ca_pem=_pem("cluster.", cluster, "certificate-authority-data"),
        token=_text("user.token", user.get("token", "")),
        client_cert_pem=_pem("user.", user, "client-certificate-data"),
        client_key_pem=_pem("user.", user, "client-key-data"),
    )
    if bool(found.client_cert_pem) != bool(found.client_key_pem):
        raise Refused(because("kubeconfig-half-certificate"))
    if not found.token and not found.client_cert_pem:
        raise Refused(because("kubeconfig-no-credentials"))
    _check(found)
    return found


def _check(found: Credentials) -> None:
    """Raises Refused with what is wrong with the values, by field."""
    if problem := server_problem(found.server):
        raise Refused(problem)
    checks = [("user.token", token_problem(found.token))]
    if found.ca_pem:
        checks.append(("cluster.certificate-authority-data", certificate_problem(found.ca_pem)))
    if found.client_cert_pem:
        bad = certificate_problem(found.client_cert_pem)
        checks.append(("user.client-certificate-data", bad))
        checks.append(
            ("user.client-key-data", bad or key_problem(found.client_key_pem, found.client_cert_pem))
        )
    wrong = [because("kubeconfig-data", field=field, why=reason.code) for field, reason in checks if reason]
    if wrong:
        raise Refused(*wrong)


def _text(field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Refused(because("kubeconfig-data", field=field, why="not-text"))
    return value


def _pem(prefix: str, part: dict[str, Any], name: str) -> str:
    """The decoded text of a base64 field, "" if it is not given. Raises Refused if it is no such text."""
    value = _text(prefix + name, part.get(name, ""))
    try:
        return base64.b64decode(value, validate=True).decode("ascii")
    except (binascii.Error, ValueError) as e:
        raise Refused(because("kubeconfig-data", field=prefix + name, why=because("not-base64").code)) from e
