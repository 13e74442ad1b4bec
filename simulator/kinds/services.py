"""Services and where they lead: Services, Endpoints, EndpointSlices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from simulator.kinds.bounds import unknown_causes
from simulator.kinds.causes import duplicate, forbidden_value, invalid_value, required
from simulator.kinds.cells import NONE, age, pairs
from simulator.kinds.core import AGE, NAME
from simulator.kinds.kind import Cause, Column, Kind
from simulator.kinds.marks import label_causes
from simulator.kinds.pod_spec import ADDRESS, is_address
from simulator.kinds.probes import check_port
from simulator.kinds.words import label_problems, subdomain_problems
from simulator.values import Obj, dig, packed

SERVICE_DEFAULTS = {
    "type": "ClusterIP",
    "sessionAffinity": "None",
    "internalTrafficPolicy": "Cluster",
    "ipFamilies": ["IPv4"],
    "ipFamilyPolicy": "SingleStack",
}
OUTSIDE = ("NodePort", "LoadBalancer")
POLICIES = ("Cluster", "Local")
WORDS = {"sessionAffinity": ("ClientIP", "None"), "externalTrafficPolicy": POLICIES, "internalTrafficPolicy": POLICIES,
         "ipFamilyPolicy": ("PreferDualStack", "RequireDualStack", "SingleStack")}  # fmt: skip
CLUSTER_ONLY = ("internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy")
TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")


def default_service(draft: Obj) -> None:
    """Defaults of a Service; addresses and node ports are given by the cluster, not here."""
    spec = draft.setdefault("spec", {})
    for key, value in SERVICE_DEFAULTS.items():
        if spec.get("type") == "ExternalName" and key in CLUSTER_ONLY:
            continue
        spec.setdefault(key, list(value) if isinstance(value, list) else value)
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    else:
        spec.pop("allocateLoadBalancerNodePorts", None)
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10800}})
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port") or 0


def service_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """A Service needs a known type, ports, and keeps its cluster IP."""
    spec = new["spec"]
    causes = []
    if spec["type"] not in TYPES:
        known = ", ".join(f'"{name}"' for name in sorted(TYPES))
        causes.append(Cause("spec.type", f'Unsupported value: "{spec["type"]}": supported values: {known}',
                            "FieldValueNotSupported"))  # fmt: skip
    if not spec.get("ports") and spec["type"] != "ExternalName" and spec.get("clusterIP") != "None":
        causes.append(Cause("spec.ports", "Required value", "FieldValueRequired"))
    if spec.get("externalTrafficPolicy") and not _is_outside(spec):
        causes.append(Cause("spec.externalTrafficPolicy", f'Invalid value: "{spec["externalTrafficPolicy"]}": '
                            "may only be set for externally-accessible services"))  # fmt: skip
    causes += label_causes(spec.get("selector") or {}, "spec.selector")
    causes += _spec_causes(spec)
    causes += _port_causes(spec.get("ports") or ())
    for n, port in enumerate(spec.get("ports") or ()) if old is None else ():
        if port.get("nodePort") and spec["type"] not in ("NodePort", "LoadBalancer"):
            words = f"Forbidden: may not be used when `type` is '{spec['type']}'"
            causes.append(Cause(f"spec.ports[{n}].nodePort", words, "FieldValueForbidden"))
    was = dig(old, "spec", "clusterIP")
    if was and spec.get("clusterIP") not in (None, "", was):
        causes.append(Cause("spec.clusterIPs[0]", f'Invalid value: ["{spec.get("clusterIP")}"]: '
                            "may not change once set"))  # fmt: skip
    return causes


def _is_outside(spec: Obj) -> bool:
    return spec["type"] in ("NodePort", "LoadBalancer") or bool(spec.get("externalIPs"))


def drop_of_former_type(draft: Obj, old: Obj) -> None:
    """Forget what only the Service's former type had, unless it was changed in the same write."""
    spec, was = draft["spec"], old["spec"]
    policy = spec.get("externalTrafficPolicy")
    if not _is_outside(spec) and _is_outside(was) and policy == was.get("externalTrafficPolicy"):
        spec.pop("externalTrafficPolicy", None)


def _spec_causes(spec: Obj) -> Iterator[Cause]:
    address = spec.get("clusterIP")
    if spec["type"] == "ExternalName":
        yield from _external_causes(spec)
    elif address == "None":
        if spec["type"] in OUTSIDE:
            words = f"may not be set to 'None' for {spec['type']} services"
            yield invalid_value("spec.clusterIPs[0]", address, words)
    elif address and not is_address(address):
        yield invalid_value("spec.clusterIPs[0]", address, ADDRESS)
    for field, known in WORDS.items():
        yield from unknown_causes(spec.get(field), known, f"spec.{field}")
    for n, address in enumerate(spec.get("externalIPs") or ()):
        if not is_address(address):
            yield invalid_value(f"spec.externalIPs[{n}]", address, ADDRESS)
    seconds = dig(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds")
    if spec["sessionAffinity"] == "ClientIP" and seconds is not None and not 0 < seconds <= 86400:
        at = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
        yield invalid_value(at, seconds, "must be greater than 0 and less than 86400")


def _external_causes(spec: Obj) -> Iterator[Cause]:
    name = spec.get("externalName")
    if not name:
        yield required("spec.externalName")
    else:
        for problem in subdomain_problems(name.removesuffix(".")):
            yield invalid_value("spec.externalName", name, problem)
    if spec.get("clusterIP"):
        yield forbidden_value("spec.clusterIPs", "may not be set for ExternalName services")


def name_problems(name: str) -> tuple[str, ...]:
    """Why the text is no name of a Service; () if it is one."""
    return ("must not contain dots",) if "." in name else label_problems(name)


def _port_causes(ports: Sequence[Obj]) -> Iterator[Cause]:
    seen, numbers = set(), set()
    for n, port in enumerate(ports):
        at, name = f"spec.ports[{n}]", port.get("name")
        if not name and len(ports) > 1:
            yield Cause(f"{at}.name", "Required value", "FieldValueRequired")
        elif name in seen:
            yield duplicate(f"{at}.name", name)
        elif name:
            for problem in label_problems(name):
                yield invalid_value(f"{at}.name", name, problem)
        seen.add(name)
        number = port.get("protocol"), port.get("port")
        if number in numbers:
            shown = {"Name": "", "Protocol": number[0], "AppProtocol": None, "Port": number[1], "TargetPort": 0,
                     "NodePort": 0}  # fmt: skip
            yield Cause(at, f"Duplicate value: {packed(shown).decode()}", "FieldValueDuplicate")
        numbers.add(number)
        yield from unknown_causes(port.get("protocol"), ("SCTP", "TCP", "UDP"), f"{at}.protocol")
        found: list[Cause] = []
        check_port(port.get("port"), f"{at}.port", found)
        check_port(port.get("targetPort"), f"{at}.targetPort", found)
        yield from found


def service_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR."""
    spec = obj["spec"]
    outside = ",".join(i.get("ip") or "" for i in dig(obj, "status", "loadBalancer", "ingress") or ())
    if spec["type"] == "LoadBalancer":
        outside = outside or "<pending>"
    ports = ",".join(_port_text(port) for port in spec.get("ports") or ()) or NONE
    if spec["type"] == "ExternalName":
        outside = spec["externalName"]
    name = obj["metadata"]["name"]
    return [name, spec["type"], spec.get("clusterIP") or NONE, outside or NONE, ports, age(obj, now),
            pairs(spec.get("selector"))]  # fmt: skip


def _port_text(port: Obj) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"


def endpoints_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME ENDPOINTS AGE."""
    ends = [
        f"{address['ip']}:{port['port']}"
        for subset in obj.get("subsets") or ()
        for port in subset.get("ports") or ()
        for address in subset.get("addresses") or ()
    ]
    return [obj["metadata"]["name"], _shortened(ends), age(obj, now)]


def slice_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME ADDRESSTYPE PORTS ENDPOINTS AGE."""
    ports = [str(port.get("port")) for port in obj.get("ports") or ()]
    ends = [end["addresses"][0] for end in obj.get("endpoints") or ()]
    return [obj["metadata"]["name"], obj.get("addressType"), _shortened(ports, "<unset>"),
            _shortened(ends, "<unset>"), age(obj, now)]  # fmt: skip


def _shortened(words: list[str], nothing: str = NONE) -> str:
    more = f" + {len(words) - 3} more..." if len(words) > 3 else ""
    return ",".join(words[:3]) + more or nothing


KINDS = (
    Kind(
        "", "v1", "Service", "services", short_names=("svc",), categories=("all",),
        subresources=frozenset({"status", "proxy"}), names=name_problems, default=default_service, inherit=drop_of_former_type,
        allocated=frozenset({"ipFamilies", "ipFamilyPolicy"}),
        validate=service_causes,
        initial_status={"loadBalancer": {}},
        columns=(NAME, Column("Type"), Column("Cluster-IP"), Column("External-IP"), Column("Port(s)"), AGE,
                 Column("Selector", priority=1)),
        cells=service_cells, field_labels={"spec.type": ("spec", "type"), "spec.clusterIP": ("spec", "clusterIP")},
    ),
    Kind("", "v1", "Endpoints", "endpoints", short_names=("ep",),
         columns=(NAME, Column("Endpoints"), AGE), cells=endpoints_cells),
    Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", has_generation=True,
         columns=(NAME, Column("AddressType"), Column("Ports"), Column("Endpoints"), AGE), cells=slice_cells),
)  # fmt: skip
