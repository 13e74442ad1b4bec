"""From raw objects other than workloads and pods to what Drover keeps of them."""

from typing import Any

from .kinds import DIGEST_ANNOTATION, is_custom
from .manifests import Manifest, mapping, name_of, objects
from .observed import Condition, ObservedObject

WORDS_MAX = 300
# The conditions that prove something, by kind; those of a custom resource are its own promises.
TYPES: dict[str, tuple[str, ...]] = {
    "Job": ("Complete", "Failed", "Suspended"),
    "HTTPRoute": ("Accepted", "ResolvedRefs"),
    "HorizontalPodAutoscaler": ("AbleToScale", "ScalingActive"),
}
CUSTOM_TYPES = ("Ready", "Available")


def observed_object(kind: str, item: Manifest) -> ObservedObject:
    """The facts of one object, whole or as `trimmed_object` left it."""
    metadata, spec, status = (mapping(item.get(part)) for part in ("metadata", "spec", "status"))
    done, wanted = _counts(kind, spec, status)
    template = mapping(mapping(mapping(spec.get("template")).get("metadata")).get("annotations"))
    return ObservedObject(
        kind=kind,
        name=name_of(item),
        uid=str(metadata.get("uid", "")),
        generation=_whole(metadata.get("generation")),
        observed_generation=_whole(status.get("observedGeneration")),
        done=done,
        wanted=wanted,
        digest=str(template.get(DIGEST_ANNOTATION, "")) if kind == "Job" else "",
        conditions=_conditions(kind, status),
        address=balancer_address(spec, status) if kind == "Service" else "",
    )


def balancer_address(spec: Manifest, status: Manifest) -> str:
    """HOST:PORT of a Service's load balancer, empty while it has none. The port is the one that the load balancer
    says it listens at (`status.loadBalancer.ingress[].ports`), else the Service's first.

    >>> balancer_address({"ports": [{"port": 80}]}, {"loadBalancer": {"ingress": [{"hostname": "a.elb"}]}})
    'a.elb:80'
    """
    for ingress in objects(mapping(status.get("loadBalancer")).get("ingress")):
        host = str(ingress.get("hostname") or ingress.get("ip") or "")
        ports = [*objects(ingress.get("ports")), *objects(spec.get("ports"))]
        port = _whole(ports[0].get("port")) if ports else 0
        if host and port:
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return ""


def _counts(kind: str, spec: Manifest, status: Manifest) -> tuple[int, int]:
    """A Job without completions is done when it says so; an autoscaler's minimum is 1 unless it is given."""
    if kind == "Job":
        return _whole(status.get("succeeded")), _whole(spec.get("completions"))
    if kind == "HorizontalPodAutoscaler":
        return _whole(status.get("desiredReplicas")), _whole(spec.get("minReplicas", 1))
    return 0, 0


def _conditions(kind: str, status: Manifest) -> tuple[Condition, ...]:
    """Those that prove something, sorted. A route has some for each gateway that it goes by."""
    raw = objects(status.get("conditions"))
    if kind == "HTTPRoute":
        raw = [one for parent in objects(status.get("parents")) for one in objects(parent.get("conditions"))]
    types = TYPES.get(kind, CUSTOM_TYPES if is_custom(kind) else ())
    found = {_condition(one) for one in raw if one.get("type") in types}
    return tuple(sorted(found, key=lambda one: (one.type, one.status, one.reason, one.message)))


def _condition(item: Manifest) -> Condition:
    return Condition(
        type=str(item["type"]),
        status=str(item.get("status", "")),
        reason=str(item.get("reason") or "")[:WORDS_MAX],
        message=str(item.get("message") or "")[:WORDS_MAX],
        generation=_whole(item.get("observedGeneration")),
    )


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


_KEPT_SPEC = ("completions", "minReplicas", "ports")
_KEPT_STATUS = (
    *("conditions", "parents", "succeeded", "desiredReplicas", "observedGeneration"),
    "loadBalancer",
)


def trimmed_object(item: Manifest) -> Manifest:
    """The spec and status of an object, without what `observed_object` does not read."""
    spec, status = mapping(item.get("spec")), mapping(item.get("status"))
    kept: Manifest = {
        "spec": {field: spec[field] for field in _KEPT_SPEC if field in spec},
        "status": {field: status[field] for field in _KEPT_STATUS if field in status},
    }
    template = mapping(mapping(spec.get("template")).get("metadata"))
    digest = mapping(template.get("annotations")).get(DIGEST_ANNOTATION)
    if digest:
        kept["spec"]["template"] = {"metadata": {"annotations": {DIGEST_ANNOTATION: digest}}}
    return kept
