"""What people say when they register a Cluster, checked field by field: its facts, and how to reach it."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from journal.core.reasons import FieldErrors, Reason, Refused, because

from . import credentials as values
from .credentials import Credentials, Eks
from .kubeconfig import contexts_of, parse_kubeconfig
from .reserved import CLUSTERS

Given = Mapping[str, Any]
Errors = list[tuple[str, Reason]]

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
PURPOSES = ("workload", "edge", "control-plane", "rehearsal")
# Field -> (longest, may be empty).
FACTS: dict[str, tuple[int, bool]] = {
    "provider": (40, False),
    "region": (63, True),
    "failure_domain": (63, False),
    "purpose": (20, False),
}
# Way to connect -> its fields, and which of them are needed.
ACCESS: dict[str, dict[str, bool]] = {
    "kubeconfig": {"kubeconfig": True, "context": False},
    "token": {"server": True, "ca": False, "token": True},
    "certificate": {"server": True, "ca": False, "client_certificate": True, "client_key": True},
    "in-cluster": {},
    "eks": {
        "eks_cluster": True,
        "aws_region": True,
        "server": False,
        "ca": False,
        "access_key_id": False,
        "secret_access_key": False,
    },
}
ACCESS_FIELDS = frozenset(field for fields in ACCESS.values() for field in fields)
SECRETS = frozenset({"kubeconfig", "token", "client_key", "secret_access_key"})
SHOWN_CONTEXTS = 10
# Categories of what is not seen, or breaks a line: controls, formats, separators other than a space.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person says about a Cluster."""

    provider: str
    region: str
    failure_domain: str
    purpose: str = "workload"


def read_name(given: Any) -> str:
    """The name of a new Cluster. Raises FieldErrors."""
    if not isinstance(given, str) or not NAME.fullmatch(given):
        raise FieldErrors((("name", because("name-invalid") if given else because("value-needed")),))
    if given in CLUSTERS:
        raise FieldErrors((("name", because("name-reserved", name=given)),))
    return given


def read_facts(given: Given, was: Facts | None = None) -> Facts:
    """The Facts; what is not given stays as it `was`. Raises FieldErrors with everything that is wrong."""
    before = {**(asdict(was) if was else {"region": "", "purpose": PURPOSES[0]})}
    errors: Errors = [(field, because("field-unknown")) for field in sorted(given.keys() - FACTS)]
    found: dict[str, str] = {}
    for field, (limit, may_be_empty) in FACTS.items():
        value = given.get(field, before.get(field, ""))
        text, problem = _line(value, limit, may_be_empty=may_be_empty)
        if field == "purpose" and not problem and text not in PURPOSES:
            problem = because("value-unknown", allowed=", ".join(PURPOSES))
        found[field] = text
        errors += [(field, problem)] if problem else []
    if errors:
        raise FieldErrors(tuple(errors))
    return Facts(**found)


def facts_digest(facts: Facts) -> str:
    """A short text that differs when the facts do: what a form was filled in against."""
    return hashlib.sha256(json.dumps(asdict(facts)).encode()).hexdigest()[:16]


def read_credentials(access: Any, given: Given, *, in_cluster_allowed: bool) -> Credentials:
    """The Credentials that the fields of this way to connect give. Raises FieldErrors; opens nothing.

    Those of EKS may lack server and CA: AWS tells them.
    """
    if not isinstance(access, str) or access not in ACCESS:
        raise FieldErrors((("access", because("value-unknown", allowed=", ".join(ACCESS))),))
    if access == "in-cluster" and not in_cluster_allowed:
        raise FieldErrors((("access", because("not-in-cluster")),))
    _check_fields(access, given)
    texts = {field: _trimmed(field, given.get(field) or "") for field in ACCESS[access]}
    return _READERS[access](texts)


def _check_fields(access: str, given: Given) -> None:
    """Raises FieldErrors for what is missing, no text, or does not belong to this way to connect."""
    fields = ACCESS[access]
    errors: Errors = []
    for field in sorted(given):
        if field not in ACCESS_FIELDS:
            errors.append((field, because("field-unknown")))
        elif given[field] is not None and not isinstance(given[field], str):
            errors.append((field, because("not-text")))
        elif field not in fields and given[field]:
            errors.append((field, because("value-unexpected")))
    told = {field for field, _ in errors}
    for field, needed in fields.items():
        if needed and field not in told and not (given.get(field) or "").strip():
            errors.append((field, because("value-needed")))
    if errors:
        raise FieldErrors(tuple(errors))


def _trimmed(field: str, text: str) -> str:
    """Without the white space that copying adds; a PEM ends with a line end."""
    if field == "kubeconfig":
        return text
    plain = text.strip()
    return f"{plain}\n" if plain.startswith("-----BEGIN") else plain


def _from_kubeconfig(texts: dict[str, str]) -> Credentials:
    text, context = texts["kubeconfig"], texts["context"]
    try:
        names = contexts_of(text)
        if problem := _context_problem(context, names):
            raise FieldErrors((("context", problem),))
        return parse_kubeconfig(text, context or (names[0] if names else ""))
    except Refused as e:
        raise FieldErrors(tuple(("kubeconfig", reason) for reason in e.reasons)) from e


def _context_problem(context: str, names: tuple[str, ...]) -> Reason | None:
    if context and context not in names:
        return because("kubeconfig-no-entry", part="context", name=context[:63])
    if context or len(names) < 2:
        return None
    shown = ", ".join(name[:63] for name in names[:SHOWN_CONTEXTS])
    return because("context-needed", count=len(names), names=shown)


def _from_token(texts: dict[str, str]) -> Credentials:
    _check(("server", values.server_problem(texts["server"])), *_ca(texts), *_token(texts))
    return Credentials(_server(texts), texts["ca"], token=texts["token"])


def _from_certificate(texts: dict[str, str]) -> Credentials:
    certificate, key = texts["client_certificate"], texts["client_key"]
    bad = values.certificate_problem(certificate)
    _check(
        ("server", values.server_problem(texts["server"])),
        *_ca(texts),
        ("client_certificate", bad),
        ("client_key", None if bad else values.key_problem(key, certificate)),
    )
    return Credentials(_server(texts), texts["ca"], client_cert_pem=certificate, client_key_pem=key)


def _from_eks(texts: dict[str, str]) -> Credentials:
    eks = Eks(texts["eks_cluster"], texts["aws_region"], texts["access_key_id"], texts["secret_access_key"])
    half = bool(eks.access_key_id) != bool(eks.secret_access_key)
    pair = because("aws-key-pair")
    fits = values.AWS_KEY_ID.fullmatch(eks.access_key_id) and values.AWS_SECRET.fullmatch(
        eks.secret_access_key
    )
    _check(
        ("eks_cluster", None if values.EKS_CLUSTER.fullmatch(eks.cluster) else because("eks-cluster-name")),
        ("aws_region", None if values.AWS_REGION.fullmatch(eks.region) else because("aws-region")),
        ("server", values.eks_server_problem(texts["server"]) if texts["server"] else None),
        *_ca(texts),
        ("secret_access_key", pair if half or (eks.access_key_id and not fits) else None),
    )
    return Credentials(_server(texts), texts["ca"], eks=eks)


def _from_pod(texts: dict[str, str]) -> Credentials:
    return Credentials("", in_cluster=True)


_READERS: dict[str, Callable[[dict[str, str]], Credentials]] = {
    "kubeconfig": _from_kubeconfig,
    "token": _from_token,
    "certificate": _from_certificate,
    "in-cluster": _from_pod,
    "eks": _from_eks,
}


def _server(texts: dict[str, str]) -> str:
    return texts["server"].rstrip("/")


def _ca(texts: dict[str, str]) -> list[tuple[str, Reason | None]]:
    return [("ca", values.certificate_problem(texts["ca"]))] if texts["ca"] else []


def _token(texts: dict[str, str]) -> list[tuple[str, Reason | None]]:
    return [("token", values.token_problem(texts["token"]))]


def _check(*found: tuple[str, Reason | None]) -> None:
    errors = tuple((field, reason) for field, reason in found if reason)
    if errors:
        raise FieldErrors(errors)


def _line(value: Any, limit: int, *, may_be_empty: bool) -> tuple[str, Reason | None]:
    """One line of text without white space around it, and what is wrong with it."""
    if not isinstance(value, str):
        return "", because("not-text")
    text = value.strip()
    if not text and not may_be_empty:
        return text, because("value-needed")
    if len(text) > limit:
        return text, because("value-too-long", limit=limit)
    if any(unicodedata.category(character) in UNSEEN for character in text):
        return text, because("value-characters")
    return text, None
