"""Gateway API: GatewayClasses, Gateways and HTTPRoutes, gateway.networking.k8s.io/v1."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from simulator.kinds.causes import invalid_value, required, unsupported
from simulator.kinds.cells import age
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.patches.schema import Schema
from simulator.values import Obj, dig

GROUP = "gateway.networking.k8s.io"
MOST_ITEMS = 16  # hostnames, rules, and backendRefs of a rule: maxItems of the definition
LARGEST_WEIGHT = 1_000_000
# What the definition of HTTPRoutes allows, and how it says so.
HOSTNAME = re.compile(r"(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
PATH_TYPES = ("Exact", "PathPrefix", "RegularExpression")
NO_PATH = "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
FILTERS = ("RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "RequestRedirect", "URLRewrite",
           "ExtensionRef", "CORS")  # fmt: skip
GATEWAY_SCHEMA = Schema({("spec", "listeners"): ("name",), ("status", "listeners"): ("name",)})


def default_gateway(draft: Obj) -> None:
    """Defaults of a Gateway."""
    for listener in draft.setdefault("spec", {}).get("listeners") or ():
        spaces = listener.setdefault("allowedRoutes", {}).setdefault("namespaces", {})
        spaces.setdefault("from", "Same")
        for reference in dig(listener, "tls", "certificateRefs") or ():
            reference.setdefault("group", "")
            reference.setdefault("kind", "Secret")


def gateway_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """A class, and listeners with different names."""
    spec, causes = new["spec"], []
    if not spec.get("gatewayClassName"):
        causes.append(Cause("spec.gatewayClassName", "Required value", "FieldValueRequired"))
    if not spec.get("listeners"):
        causes.append(Cause("spec.listeners", "Required value", "FieldValueRequired"))
    seen: set[str] = set()
    for n, listener in enumerate(spec.get("listeners") or ()):
        missing = [field for field in ("name", "port", "protocol") if not listener.get(field)]
        causes += [
            Cause(f"spec.listeners[{n}].{field}", "Required value", "FieldValueRequired") for field in missing
        ]
        if listener.get("name") in seen:
            causes.append(Cause(f"spec.listeners[{n}]", f'Duplicate value: {{"name":"{listener["name"]}"}}',
                                "FieldValueDuplicate"))  # fmt: skip
        seen.add(listener.get("name") or "")
    return causes


def default_route(draft: Obj) -> None:
    """Defaults of an HTTPRoute."""
    spec = draft.setdefault("spec", {})
    for parent in spec.get("parentRefs") or ():
        parent.setdefault("group", GROUP)
        parent.setdefault("kind", "Gateway")
    if spec.get("rules") is None:
        spec["rules"] = [{}]
    for rule in spec["rules"]:
        if rule.get("matches") is None:
            rule["matches"] = [{"path": {"type": "PathPrefix", "value": "/"}}]
        for match in rule["matches"]:
            path = match.setdefault("path", {})
            path.setdefault("type", "PathPrefix")
            path.setdefault("value", "/")
            for test in (*(match.get("headers") or ()), *(match.get("queryParams") or ())):
                test.setdefault("type", "Exact")
        for backend in rule.get("backendRefs") or ():
            backend.setdefault("group", "")
            backend.setdefault("kind", "Service")
            backend.setdefault("weight", 1)


def route_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """Parents and backends are named; a Service comes with its port; lists and weights keep their bounds."""
    spec, causes = new["spec"], [*_too_many(new["spec"])]
    for n, parent in enumerate(spec.get("parentRefs") or ()):
        if not parent.get("name"):
            causes.append(Cause(f"spec.parentRefs[{n}].name", "Required value", "FieldValueRequired"))
    for n, name in enumerate(spec.get("hostnames") or ()):
        if not HOSTNAME.fullmatch(name):
            at = f"spec.hostnames[{n}]"
            causes.append(invalid_value(at, name, f"{at} in body should match '^{HOSTNAME.pattern}$'"))
    for r, rule in enumerate(spec["rules"]):
        _check_rule(rule, f"spec.rules[{r}]", causes)
        for b, backend in enumerate(rule.get("backendRefs") or ()):
            at = f"spec.rules[{r}].backendRefs[{b}]"
            if not backend.get("name"):
                causes.append(Cause(f"{at}.name", "Required value", "FieldValueRequired"))
            elif backend["kind"] == "Service" and not backend.get("port"):
                causes.append(Cause(at, "Invalid value: must have port for Service reference"))
            if not 0 <= backend["weight"] <= LARGEST_WEIGHT:
                causes.append(
                    Cause(
                        f"{at}.weight", f"Invalid value: {backend['weight']}: must be 0 to {LARGEST_WEIGHT}"
                    )
                )
    return causes


def _check_rule(rule: Obj, at: str, causes: list[Cause]) -> None:
    for n, match in enumerate(rule["matches"]):
        path, here = match["path"], f"{at}.matches[{n}]"
        if path["type"] not in PATH_TYPES:
            causes.append(unsupported(f"{here}.path.type", path["type"], PATH_TYPES))
        elif path["type"] != "RegularExpression" and not path["value"].startswith("/"):
            causes.append(Cause(f"{here}.path", f"Invalid value: {NO_PATH}"))
        if match.get("method") is not None and match["method"] not in METHODS:
            causes.append(unsupported(f"{here}.method", match["method"], METHODS))
    for n, one in enumerate(rule.get("filters") or ()):
        if not one.get("type"):
            causes.append(required(f"{at}.filters[{n}].type"))
        elif one["type"] not in FILTERS:
            causes.append(unsupported(f"{at}.filters[{n}].type", one["type"], FILTERS))


def _too_many(spec: Obj) -> list[Cause]:
    """What holds more than the definition of HTTPRoutes allows."""
    lists = {"spec.hostnames": spec.get("hostnames"), "spec.rules": spec["rules"]}
    lists |= {f"spec.rules[{n}].backendRefs": rule.get("backendRefs") for n, rule in enumerate(spec["rules"])}
    return [
        Cause(field, f"Too many: {len(items)}: must have at most {MOST_ITEMS} items", "FieldValueTooMany")
        for field, items in lists.items()
        if len(items or ()) > MOST_ITEMS
    ]


def gateway_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME CLASS ADDRESS PROGRAMMED AGE."""
    ends = [end["value"] for end in dig(obj, "status", "addresses") or ()]
    return [obj["metadata"]["name"], dig(obj, "spec", "gatewayClassName") or "", ",".join(ends),
            _condition_word(obj, "Programmed"), age(obj, now)]  # fmt: skip


def _condition_word(obj: Obj, type_: str) -> str:
    found = (c["status"] for c in dig(obj, "status", "conditions") or () if c["type"] == type_)
    return str(next(found, ""))


def class_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME CONTROLLER ACCEPTED AGE."""
    return [obj["metadata"]["name"], dig(obj, "spec", "controllerName") or "", _condition_word(obj, "Accepted"),
            age(obj, now)]  # fmt: skip


def route_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME HOSTNAMES AGE."""
    names = dig(obj, "spec", "hostnames") or []
    return [
        obj["metadata"]["name"],
        "[" + ",".join(f'"{name}"' for name in names) + "]" if names else "",
        age(obj, now),
    ]


STATUS = frozenset({"status"})
KINDS = (
    Kind(GROUP, "v1", "GatewayClass", "gatewayclasses", namespaced=False, short_names=("gc",), subresources=STATUS,
         has_generation=True, initial_status={}, columns=(NAME, Column("Controller"), Column("Accepted"), AGE),
         cells=class_cells),
    Kind(GROUP, "v1", "Gateway", "gateways", short_names=("gtw",), subresources=STATUS, has_generation=True,
         default=default_gateway, validate=gateway_causes, initial_status={}, schema=GATEWAY_SCHEMA,
         columns=(NAME, Column("Class"), Column("Address"), Column("Programmed"), AGE), cells=gateway_cells),
    Kind(GROUP, "v1", "HTTPRoute", "httproutes", subresources=STATUS, has_generation=True, default=default_route,
         validate=route_causes, initial_status={}, columns=(NAME, Column("Hostnames"), AGE), cells=route_cells),
)  # fmt: skip
