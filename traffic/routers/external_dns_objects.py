"""What a Route is to ExternalDNS: two DNSEndpoints, and what is read off those that are there.

`ROUTE` holds the weighted records, `ROUTE.hostnames` the CNAMEs that lead to them: a move writes the first only.
(externaldns.k8s.io/v1alpha1, `spec.endpoints`: at most 1,000.)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clusters.core.kinds import EPOCH_ANNOTATION, PREFIX
from clusters.core.manifests import Manifest, mapping, name_of, objects

from .dns_names import address_kind, idle, kind_of, members, route_name
from .external_dns_settings import Place
from .protocol import Actual, Asked

API_VERSION = "externaldns.k8s.io/v1alpha1"
KIND = f"DNSEndpoint.{API_VERSION}"
ENDPOINTS_MAX = 1000
ROUTER_LABEL, ROUTE_LABEL = PREFIX + "router", PREFIX + "route"
IDLE_ANNOTATION = PREFIX + "idle"
WEIGHT, HEALTH_CHECK = "aws/weight", "aws/health-check-id"


@dataclass(frozen=True, slots=True)
class Seen(Actual):
    """What was read of a Route, with the objects themselves, by name."""

    objects: Mapping[str, Manifest] = field(default_factory=dict, compare=False, repr=False)


def weights_object(asked: Asked, place: Place) -> Manifest:
    """The DNSEndpoint with the weighted records, and the addresses they need a name for."""
    name, kind = route_name(asked.route, place.domain), kind_of(asked)
    endpoints = []
    for one in members(asked, place.domain):
        properties = {WEIGHT: str(one.weight)}
        if check := place.checks.get(one.prod):
            properties[HEALTH_CHECK] = check
        endpoint = _endpoint(name, kind, one.target, place.ttl, properties)
        endpoints.append(endpoint | {"setIdentifier": one.prod})
        if one.address:
            endpoints.append(_endpoint(one.target, address_kind(one.address), one.address, place.ttl, {}))
    return _object(asked, asked.route, endpoints, {IDLE_ANNOTATION: ",".join(idle(asked))}, place)


def hostnames_object(asked: Asked, hostnames: Iterable[str], place: Place) -> Manifest:
    """The DNSEndpoint that leads `hostnames` to the Route."""
    target = route_name(asked.route, place.domain)
    endpoints = [_endpoint(hostname, "CNAME", target, place.ttl, {}) for hostname in sorted(hostnames)]
    return _object(asked, hostnames_name(asked.route), endpoints, {}, place)


def hostnames_name(route: str) -> str:
    """It cannot be a Route's: a Route's name has no dot."""
    return f"{route}.hostnames"


def _endpoint(name: str, kind: str, target: str, ttl: int, properties: Mapping[str, str]) -> dict[str, Any]:
    # A CNAME to a load balancer of AWS would become an alias of type A, which cannot stand beside a CNAME.
    properties = {**properties, "alias": "false"} if kind == "CNAME" else properties
    endpoint: dict[str, Any] = {"dnsName": name, "recordType": kind, "recordTTL": ttl, "targets": [target]}
    if properties:
        pairs = [{"name": key, "value": value} for key, value in sorted(properties.items())]
        endpoint["providerSpecific"] = pairs
    return endpoint


def _object(
    asked: Asked, name: str, endpoints: list[dict[str, Any]], annotations: Mapping[str, str], place: Place
) -> Manifest:
    return {
        "apiVersion": API_VERSION,
        "kind": "DNSEndpoint",
        "metadata": {
            "name": name,
            "namespace": place.namespace,
            "labels": {ROUTER_LABEL: place.router, ROUTE_LABEL: asked.route},
            "annotations": {EPOCH_ANNOTATION: str(asked.epoch), **annotations},
        },
        "spec": {"endpoints": endpoints},
    }


def seen(found: Iterable[Manifest], place: Place) -> dict[str, Seen]:
    """Route -> what our objects make of it; without the one that weighs there is no Route."""
    by_route: dict[str, dict[str, Manifest]] = {}
    for manifest in found:
        by_route.setdefault(label(manifest, ROUTE_LABEL), {})[name_of(manifest)] = manifest
    return {route: _seen(route, ours, place) for route, ours in sorted(by_route.items()) if route in ours}


def _seen(route: str, found: Mapping[str, Manifest], place: Place) -> Seen:
    weighing, name = found[route], route_name(route, place.domain)
    weights = dict.fromkeys(filter(None, annotation(weighing, IDLE_ANNOTATION).split(",")), 0)
    for endpoint in _endpoints(weighing):
        if endpoint.get("dnsName") == name:
            weights[str(endpoint.get("setIdentifier", ""))] = _weight(endpoint)
    hostnames = sorted(
        str(endpoint.get("dnsName"))
        for endpoint in _endpoints(found.get(hostnames_name(route), {}))
        if endpoint.get("targets") == [name]
    )
    return Seen(route, epoch_of(weighing), tuple(sorted(weights.items())), tuple(hostnames), found)


def epoch_of(manifest: Manifest) -> int:
    """The epoch in the annotation; 0 where there is none that is a number."""
    text = annotation(manifest, EPOCH_ANNOTATION)
    return int(text) if text.isdecimal() else 0


def is_so(now: Manifest, wanted: Manifest) -> bool:
    """Whether an object says what is wanted, whatever else has been put on it."""
    metadata, theirs = wanted["metadata"], mapping(now.get("metadata"))
    return mapping(now.get("spec")) == wanted["spec"] and all(
        metadata[part].items() <= mapping(theirs.get(part)).items() for part in ("labels", "annotations")
    )


def behind(manifest: Manifest) -> bool:
    """Whether ExternalDNS has not read this generation of the object yet."""
    generation = mapping(manifest.get("metadata")).get("generation", 0)
    return mapping(manifest.get("status")).get("observedGeneration", 0) != generation


def label(manifest: Manifest, name: str) -> str:
    return str(mapping(mapping(manifest.get("metadata")).get("labels")).get(name, ""))


def annotation(manifest: Manifest, name: str) -> str:
    return str(mapping(mapping(manifest.get("metadata")).get("annotations")).get(name, ""))


def _endpoints(manifest: Manifest) -> list[Manifest]:
    return objects(mapping(manifest.get("spec")).get("endpoints"))


def _weight(endpoint: Manifest) -> int:
    """What ExternalDNS makes of it: 0 of what is no number."""
    for one in objects(endpoint.get("providerSpecific")):
        if one.get("name") == WEIGHT and str(one.get("value", "")).isdecimal():
            return int(one["value"])
    return 0
