"""Ingresses, their classes, and NetworkPolicies: networking.k8s.io/v1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from simulator.kinds.causes import invalid_value, required
from simulator.kinds.cells import NONE, age, selector_text
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.kinds.pod_spec import is_address
from simulator.kinds.probes import check_port
from simulator.kinds.words import SUBDOMAIN, SUBDOMAIN_WORDS, label_problems, subdomain_problems
from simulator.values import Obj, dig

WILDCARD_WORDS = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case "
    "alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for "
    "validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")


def ingress_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """Rules or a default backend; each path with its type and its Service."""
    spec, causes = new.get("spec") or {}, list[Cause]()
    if spec.get("defaultBackend"):
        _check_backend(spec["defaultBackend"], "spec.defaultBackend", causes)
    _check_tls(spec.get("tls") or (), causes)
    if not spec.get("rules") and not spec.get("defaultBackend"):
        causes.append(
            Cause(
                "spec",
                f"Invalid value: {json.dumps(spec or None)}: either `defaultBackend` or `rules` must be specified",
            )
        )
    for r, rule in enumerate(spec.get("rules") or ()):
        _check_rule(rule, f"spec.rules[{r}]", causes)
    return causes


def _check_tls(entries: Sequence[Obj], causes: list[Cause]) -> None:
    for t, entry in enumerate(entries):
        for h, host in enumerate(entry.get("hosts") or ()):
            problems = subdomain_problems(host.removeprefix("*."))
            causes += [invalid_value(f"spec.tls[{t}].hosts[{h}]", host, problem) for problem in problems]


def _check_rule(rule: Obj, at: str, causes: list[Cause]) -> None:
    host = str(rule.get("host") or "").removeprefix("*.")
    if host and not SUBDOMAIN.fullmatch(host):
        words = WILDCARD_WORDS if rule["host"].startswith("*.") else SUBDOMAIN_WORDS
        causes.append(invalid_value(f"{at}.host", rule["host"], words))
    elif host and is_address(host):
        causes.append(invalid_value(f"{at}.host", host, "must be a DNS name, not an IP address"))
    if rule.get("http") is not None and not rule["http"].get("paths"):
        causes.append(required(f"{at}.http.paths"))
    for p, path in enumerate(dig(rule, "http", "paths") or ()):
        causes += _path_causes(path, f"{at}.http.paths[{p}]")


def _path_causes(path: Obj, at: str) -> list[Cause]:
    causes, kind = list[Cause](), path.get("pathType")
    known = ", ".join(f'"{name}"' for name in PATH_TYPES)
    if not kind:
        causes.append(
            Cause(f"{at}.pathType", "Required value: pathType must be specified", "FieldValueRequired")
        )
    elif kind not in PATH_TYPES:
        causes.append(Cause(f"{at}.pathType", f'Unsupported value: "{kind}": supported values: {known}',
                            "FieldValueNotSupported"))  # fmt: skip
    if kind in ("Exact", "Prefix") and not str(path.get("path", "")).startswith("/"):
        causes.append(
            Cause(f"{at}.path", f'Invalid value: "{path.get("path", "")}": must be an absolute path')
        )
    elif "//" in str(path.get("path", "")):
        causes.append(invalid_value(f"{at}.path", path["path"], "must not contain '//'"))
    _check_backend(path.get("backend") or {}, f"{at}.backend", causes)
    return causes


def _check_backend(backend: Obj, at: str, causes: list[Cause]) -> None:
    service = backend.get("service")
    if service is None:
        if backend.get("resource") is None:
            causes.append(invalid_value(at, "", "resource or service backend is required"))
        return
    if backend.get("resource") is not None:
        causes.append(invalid_value(at, "", "cannot set both resource and service backends"))
        return
    name, port = service.get("name"), service.get("port") or {}
    if not name:
        causes.append(required(f"{at}.service.name"))
    else:
        causes += [invalid_value(f"{at}.service.name", name, problem) for problem in label_problems(name)]
    number, word = port.get("number"), port.get("name")
    if number and word:
        causes.append(invalid_value(at, "", "cannot set both port name & port number"))
    elif word:
        check_port(word, f"{at}.service.port.name", causes)
    elif number:
        check_port(number, f"{at}.service.port.number", causes)
    else:
        causes.append(required(at, "port name or number is required"))


def ingress_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME CLASS HOSTS ADDRESS PORTS AGE."""
    spec = obj["spec"]
    hosts = [rule["host"] for rule in spec.get("rules") or () if rule.get("host")]
    ends = [
        end.get("ip") or end.get("hostname") or ""
        for end in dig(obj, "status", "loadBalancer", "ingress") or ()
    ]
    more = f" + {len(hosts) - 3} more..." if len(hosts) > 3 else ""
    return [
        obj["metadata"]["name"], spec.get("ingressClassName") or NONE, ",".join(hosts[:3]) + more or "*",
        ",".join(ends), "80, 443" if spec.get("tls") else "80", age(obj, now),
    ]  # fmt: skip


def class_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME CONTROLLER PARAMETERS AGE."""
    return [obj["metadata"]["name"], dig(obj, "spec", "controller") or "", NONE, age(obj, now)]


def default_policy(draft: Obj) -> None:
    """Defaults of a NetworkPolicy."""
    spec = draft.setdefault("spec", {})
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for rule in (*(spec.get("ingress") or ()), *(spec.get("egress") or ())):
        for port in (rule or {}).get("ports") or ():
            port.setdefault("protocol", "TCP")


def policy_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME POD-SELECTOR AGE."""
    return [obj["metadata"]["name"], selector_text(dig(obj, "spec", "podSelector")), age(obj, now)]


KINDS = (
    Kind(
        "networking.k8s.io", "v1", "Ingress", "ingresses", short_names=("ing",), has_generation=True,
        subresources=frozenset({"status"}), validate=ingress_causes, initial_status={"loadBalancer": {}},
        singular="ingress",
        columns=(NAME, Column("Class"), Column("Hosts"), Column("Address"), Column("Ports"), AGE),
        cells=ingress_cells,
    ),
    Kind(
        "networking.k8s.io", "v1", "IngressClass", "ingressclasses", namespaced=False, has_generation=True,
        columns=(NAME, Column("Controller"), Column("Parameters"), AGE), cells=class_cells,
    ),
    Kind(
        "networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", short_names=("netpol",), has_generation=True,
        default=default_policy, columns=(NAME, Column("Pod-Selector"), AGE), cells=policy_cells,
    ),
)  # fmt: skip
