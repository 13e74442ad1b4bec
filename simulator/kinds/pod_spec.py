"""What a pod spec has to be like. Source: pkg/apis/core/validation/validation.go."""

from __future__ import annotations

from collections.abc import Callable, Collection
from ipaddress import ip_address
from typing import Any

from simulator.kinds.causes import invalid_value, required, unsupported
from simulator.kinds.containers import (
    check_claims,
    check_container,
    check_ephemeral,
    check_host_ports,
    check_ids,
)
from simulator.kinds.kind import Cause
from simulator.kinds.marks import label_causes
from simulator.kinds.placing import check_affinity, check_spread, check_tolerations
from simulator.kinds.probes import check_init_container
from simulator.kinds.volumes import check_volumes
from simulator.kinds.words import key_problems, label_problems, subdomain_problems
from simulator.values import Obj

Check = Callable[[Any, str, list[Cause]], None]
ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
RESTART = ("Always", "OnFailure", "Never")
DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")


def template_causes(spec: Any, at: str, claims: Collection[str] = ()) -> list[Cause]:
    """What a real server would refuse in a pod spec. `claims` are volumes that come from elsewhere."""
    if not isinstance(spec, dict) or not spec.get("containers"):
        return [required(f"{at}.containers")]
    causes: list[Cause] = []
    volumes = check_volumes(spec["volumes"], f"{at}.volumes", causes) if spec.get("volumes") else set()
    _check_containers(spec, at, volumes.union(claims), causes)
    for field, check in CHECKS.items():
        if field in spec:
            check(spec[field], f"{at}.{field}", causes)
    if spec.get("dnsPolicy") == "None" and not spec.get("dnsConfig"):
        causes.append(required(f"{at}.dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None"))
    if at != "spec":
        check_ephemeral(spec, at, causes)
    return causes


def _check_containers(spec: Obj, at: str, volumes: Collection[str], causes: list[Cause]) -> None:
    names: set[str] = set()
    claims = {claim.get("name") for claim in spec.get("resourceClaims") or ()}
    for field in ("containers", "initContainers"):
        for n, container in enumerate(spec.get(field) or ()):
            here = f"{at}.{field}[{n}]"
            check_container(container, here, names, volumes, causes)
            check_claims(container, here, claims, causes)
            if field == "initContainers":
                check_init_container(container, here, causes)
            if spec.get("hostNetwork"):
                check_host_ports(container, here, causes)


def _one_of(known: tuple[str, ...]) -> Check:
    def check(value: Any, at: str, causes: list[Cause]) -> None:
        if value not in known:
            causes.append(unsupported(at, value, known))

    return check


def _named(problems: Callable[[str], tuple[str, ...]]) -> Check:
    def check(value: Any, at: str, causes: list[Cause]) -> None:
        if value:
            causes += [invalid_value(at, value, problem) for problem in problems(value)]

    return check


def _check_os(value: Obj, at: str, causes: list[Cause]) -> None:
    if value.get("name") not in ("linux", "windows"):
        causes.append(unsupported(at, value.get("name") or "", ("linux", "windows")))


def _check_node_selector(value: Obj, at: str, causes: list[Cause]) -> None:
    causes += label_causes(value, at)


def _check_gates(gates: list[Obj], at: str, causes: list[Cause]) -> None:
    for n, gate in enumerate(gates):
        name = gate.get("conditionType") or ""
        causes += [invalid_value(f"{at}[{n}].conditionType", name, problem) for problem in key_problems(name)]


def is_address(text: str) -> bool:
    """Whether the text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _check_hosts(aliases: list[Obj], at: str, causes: list[Cause]) -> None:
    for n, alias in enumerate(aliases):
        if not is_address(alias.get("ip") or ""):
            causes.append(invalid_value(f"{at}[{n}].ip", alias.get("ip") or "", ADDRESS))
        for m, name in enumerate(alias.get("hostnames") or ()):
            problems = subdomain_problems(name)
            causes += [invalid_value(f"{at}[{n}].hostnames[{m}]", name, problem) for problem in problems]


def _check_deadline(value: int, at: str, causes: list[Cause]) -> None:
    if not 1 <= value <= 2147483647:
        causes.append(invalid_value(at, value, "must be between 1 and 2147483647, inclusive"))


CHECKS: dict[str, Check] = {
    "restartPolicy": _one_of(RESTART), "dnsPolicy": _one_of(DNS), "hostname": _named(label_problems),
    "subdomain": _named(label_problems), "serviceAccountName": _named(subdomain_problems),
    "runtimeClassName": _named(subdomain_problems), "priorityClassName": _named(subdomain_problems),
    "nodeName": _named(subdomain_problems), "securityContext": check_ids, "os": _check_os,
    "nodeSelector": _check_node_selector, "tolerations": check_tolerations, "affinity": check_affinity,
    "topologySpreadConstraints": check_spread, "hostAliases": _check_hosts, "readinessGates": _check_gates,
    "activeDeadlineSeconds": _check_deadline,
}  # fmt: skip
