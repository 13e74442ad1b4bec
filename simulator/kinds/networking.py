"""Ingresses, their classes, and NetworkPolicies: networking.k8s.io/v1."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from simulator.kinds.cells import NONE, age, selector_text
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.kinds.marks import SUBDOMAIN, SUBDOMAIN_WORDS
from simulator.values import Obj, dig

PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")


def ingress_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """Rules or a default backend; each path with its type and its Service."""
    spec, causes = new.get("spec") or {}, []
    if not spec.get("rules") and not spec.get("defaultBackend"):
        causes.append(
            Cause(
                "spec",
                f"Invalid value: {json.dumps(spec or None)}: either `defaultBackend` or `rules` must be specified",
            )
        )
    for r, rule in enumerate(spec.get("rules") or ()):
        host = str(rule.get("host") or "").removeprefix("*.")
        if host and not SUBDOMAIN.fullmatch(host):
            causes.append(
                Cause(f"spec.rules[{r}].host", f'Invalid value: "{rule["host"]}": {SUBDOMAIN_WORDS}')
            )
        for p, path in enumerate(dig(rule, "http", "paths") or ()):
            causes += _path_causes(path, f"spec.rules[{r}].http.paths[{p}]")
    return causes


def _path_causes(path: Obj, at: str) -> list[Cause]:
    causes, kind, backend = [], path.get("pathType"), path.get("backend") or {}
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
    if not backend.get("resource") and not dig(backend, "service", "name"):
        causes.append(Cause(f"{at}.backend", "Required value: service or resource backend is required",
                            "FieldValueRequired"))  # fmt: skip
    elif backend.get("service") and not dig(backend, "service", "port"):
        causes.append(
            Cause(f"{at}.backend", "Required value: port name or number is required", "FieldValueRequired")
        )
    return causes


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
