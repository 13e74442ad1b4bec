"""What a Route is in the Gateway API: its objects as they are asked for, and what is read off those that are there.

A Route is HTTPRoutes of at most 16 hostnames each, all with the same weights, and for each member a Service
without a selector and its EndpointSlice. (gateway.networking.k8s.io/v1, `HTTPRouteSpec.hostnames`: MaxItems 16.)
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from clusters.core.kinds import EPOCH_ANNOTATION, KINDS, PREFIX
from clusters.core.manifests import Manifest, kind_of, mapping, name_of, objects

from .protocol import Actual, Asked, Backend

HOSTNAMES_MAX = 16
ROUTE_LABEL = PREFIX + "route"
# Not drover.dev/prod: that is the label of what belongs to a Prod on its own Cluster.
MEMBER_LABEL = PREFIX + "member"
GROUP = "gateway.networking.k8s.io"
SERVICE_PORT = 80
EVERYTHING = [{"path": {"type": "PathPrefix", "value": "/"}}]
# Who owns which part of an HTTPRoute; members belong to FIELD_MANAGER. Both parts say which Route it is, and the epoch.
WEIGHTS, BINDING = "drover-weights", "drover-binding"
UNBOUND: Manifest = {"parentRefs": [], "hostnames": []}
SLOT = re.compile(r"-(\d{1,6})$")


@dataclass(frozen=True, slots=True)
class Edge:
    """Where Routes are published on an edge cluster. `listener` "": every listener of the Gateway."""

    namespace: str
    gateway: str
    gateway_namespace: str
    listener: str = ""


@dataclass(frozen=True, slots=True)
class Published(Actual):
    """`objects` are those of the Route as they were read: HTTPRoutes, Services and EndpointSlices."""

    objects: tuple[Manifest, ...] = field(default=(), compare=False, repr=False)


def published(route: str, found: Sequence[Manifest]) -> Published | None:
    """What the objects of `route` make; None without an HTTPRoute, which is what binds and weighs.

    Where the HTTPRoutes differ, the epoch is the newest, so that nothing older is put over it, and the
    weights are those of the oldest, or else the rarest: what is left to mend.
    """
    slots = [one for one in found if kind_of(one) == "HTTPRoute"]
    if not slots:
        return None
    names = {name_of(one): label(one, MEMBER_LABEL) for one in found if kind_of(one) == "Service"}
    weights = {name_of(slot): _weights(slot, names) for slot in slots}
    often = Counter(weights.values())
    last = min(slots, key=lambda slot: (epoch_of(slot), often[weights[name_of(slot)]], name_of(slot)))
    hostnames = {host for slot in slots for host in hostnames_of(slot)}
    epoch = max(map(epoch_of, slots))
    return Published(route, epoch, weights[name_of(last)], tuple(sorted(hostnames)), tuple(found))


def _weights(slot: Manifest, names: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """By Prod. A Service that is not ours goes by its own name."""
    found: Counter[str] = Counter()
    for reference in references_of(slot):
        weight = reference.get("weight", 1)
        name = str(reference.get("name", ""))
        found[names.get(name, name)] += weight if isinstance(weight, int) else 1
    return tuple(sorted(found.items()))


def label(manifest: Manifest, name: str) -> str:
    return str(mapping(mapping(manifest.get("metadata")).get("labels")).get(name, ""))


def epoch_of(manifest: Manifest) -> int:
    """The epoch in the annotation; 0 where there is none that is a number."""
    text = str(mapping(mapping(manifest.get("metadata")).get("annotations")).get(EPOCH_ANNOTATION, ""))
    return int(text) if text.isdecimal() else 0


def hostnames_of(slot: Manifest) -> tuple[str, ...]:
    """The host names that an HTTPRoute binds."""
    hostnames = mapping(slot.get("spec")).get("hostnames")
    return tuple(map(str, hostnames)) if isinstance(hostnames, list) else ()


def references_of(slot: Manifest) -> list[Manifest]:
    """The `backendRefs` of all its rules. Not copies."""
    return [
        one
        for rule in objects(mapping(slot.get("spec")).get("rules"))
        for one in objects(rule.get("backendRefs"))
    ]


def slot_of(manifest: Manifest) -> int:
    """The number of an HTTPRoute; -1 for one that is not named as ours are."""
    found = SLOT.search(name_of(manifest))
    return int(found[1]) if found else -1


def refusal(slot: Manifest) -> tuple[str, str] | None:
    """(condition, words) of what a gateway says against an HTTPRoute as it is now; None if none does."""
    generation = mapping(slot.get("metadata")).get("generation")
    for parent in objects(mapping(slot.get("status")).get("parents")):
        for one in objects(parent.get("conditions")):
            refused = one.get("type") in ("Accepted", "ResolvedRefs") and one.get("status") == "False"
            if refused and one.get("observedGeneration") == generation:
                return str(one["type"]), str(one.get("message") or one.get("reason") or "")
    return None


def service_name(route: str, prod: str) -> str:
    """The Service of a member: its own for each Route, so that a Route prunes nothing that another needs.

    RFC 1035: at most 63 characters, the first a letter.

    >>> service_name("shop-r", "a-1")
    'm-shop-r-a-1-3b6d7ff7'
    """
    digest = hashlib.sha256(f"{route}/{prod}".encode()).hexdigest()[:8]
    return f"m-{route[:24]}-{prod[:24]}-{digest}"


def member_objects(edge: Edge, asked: Asked, backend: Backend) -> tuple[Manifest, Manifest]:
    """(Service, EndpointSlice). The port stands in the slice alone: a new address is one write."""
    name, kind = service_name(asked.route, backend.prod), address_type(backend.host)
    marks = {MEMBER_LABEL: backend.prod}
    service = _object(edge, "Service", name, asked, marks)
    service["spec"] = {"ports": [{"name": "http", "port": SERVICE_PORT, "protocol": "TCP"}]}
    # The type of a slice never changes, so it is part of the name.
    at = {"kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "drover.dev"}
    endpoints = _object(edge, "EndpointSlice", f"{name}-{kind.lower()}", asked, {**marks, **at})
    endpoints["addressType"] = kind
    endpoints["endpoints"] = [{"addresses": [backend.host], "conditions": {"ready": True}}]
    endpoints["ports"] = [{"name": "http", "port": backend.port, "protocol": "TCP"}]
    return service, endpoints


def address_type(host: str) -> str:
    """The `addressType` of an EndpointSlice for `host`.

    >>> address_type("192.0.2.1"), address_type("2001:db8::1"), address_type("a.elb.example")
    ('IPv4', 'IPv6', 'FQDN')
    """
    try:
        return f"IPv{ip_address(host).version}"
    except ValueError:
        return "FQDN"


def http_route(edge: Edge, asked: Asked, number: int, hostnames: Sequence[str]) -> Manifest:
    """The HTTPRoute `number` of the Route. Without hostnames it would bind all of them, so it has no Gateway.

    Nothing is left out: an apply does not take away what its manager has never owned.
    """
    manifest = _object(edge, "HTTPRoute", f"drover-{asked.route}-{number}", asked, {})
    parent = {"group": GROUP, "kind": "Gateway", "namespace": edge.gateway_namespace, "name": edge.gateway}
    if edge.listener:
        parent["sectionName"] = edge.listener
    references = [
        {"group": "", "kind": "Service", "name": service_name(asked.route, backend.prod), "port": SERVICE_PORT,
         "weight": backend.weight}
        for backend in sorted(asked.backends, key=lambda backend: backend.prod)
    ]  # fmt: skip
    manifest["spec"] = {
        **({"parentRefs": [parent], "hostnames": sorted(hostnames)} if hostnames else UNBOUND),
        "rules": [{"matches": EVERYTHING, "backendRefs": references}],
    }
    return manifest


def weights_part(slot: Manifest) -> Manifest:
    """What a move applies of an HTTPRoute: Route -> Prods."""
    return {**slot, "spec": {"rules": slot["spec"]["rules"]}}


def binding_part(slot: Manifest) -> Manifest:
    """What another list of hostnames applies of an HTTPRoute: hostname -> Route."""
    return {**slot, "spec": {part: slot["spec"][part] for part in UNBOUND}}


def overlaid(before: Manifest | None, part: Manifest) -> Manifest:
    """The HTTPRoute once `part` is applied over `before`, with all that users' requests go by."""
    old = before or {}
    metadata = {**mapping(old.get("metadata")), **part["metadata"]}
    return {**part, "metadata": metadata, "spec": {**UNBOUND, **mapping(old.get("spec")), **part["spec"]}}


def _object(edge: Edge, kind: str, name: str, asked: Asked, labels: Mapping[str, str]) -> Manifest:
    return {
        "apiVersion": KINDS[kind].api_version,
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": edge.namespace,
            "labels": {ROUTE_LABEL: asked.route, **labels},
            "annotations": {EPOCH_ANNOTATION: str(asked.epoch)},
        },
    }
