"""Defaults of pod specs, shared by pods and everything that makes pods.

Source: pkg/apis/core/v1/defaults.go; only fields that clients compare are defaulted.
"""

from __future__ import annotations

from simulator.kinds.quantities import canonical, canonical_all
from simulator.values import Obj, dig

POD_DEFAULTS = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
}
CONTAINER_DEFAULTS = {
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
PROBE_DEFAULTS = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
UNWRITTEN_ZEROS = frozenset(
    {"hostNetwork", "hostPID", "hostIPC", "readOnly", "stdin", "stdinOnce", "tty", "value", "workingDir", "subPath",
     "nodeName", "hostname", "subdomain", "priorityClassName", "mountPropagation"}
)  # fmt: skip
EVICTED_AFTER = [
    {
        "key": f"node.kubernetes.io/{what}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 300,
    }
    for what in ("not-ready", "unreachable")
]
POD_ONLY = {"serviceAccountName": "default", "serviceAccount": "default", "enableServiceLinks": True, "priority": 0,
            "preemptionPolicy": "PreemptLowerPriority"}  # fmt: skip
VOLUME_MODES = ("configMap", "secret", "projected", "downwardAPI")
CONTAINER_LISTS = ("initContainers", "containers")


def admitted(spec: Obj) -> Obj:
    """The spec of a pod with what only pods get; what is added is shared by all pods."""
    tolerations = spec.get("tolerations") or ()
    keys = {entry.get("key") or "" for entry in tolerations if entry.get("effect") in (None, "", "NoExecute")}
    waits = [entry for entry in EVICTED_AFTER if "" not in keys and entry["key"] not in keys]
    spec = {**POD_ONLY, **spec, "tolerations": [*tolerations, *waits] if tolerations else EVICTED_AFTER}
    for name in CONTAINER_LISTS:
        if any(container.get("resources") for container in spec.get(name) or ()):
            spec[name] = [_with_requests(container) for container in spec[name]]
    return spec


def _with_requests(container: Obj) -> Obj:
    """A limit without a request is the request, too."""
    resources = container.get("resources") or {}
    requests = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {**container, "resources": {**resources, "requests": requests}} if requests else container


def default_pod_spec(spec: Obj) -> None:
    """Fill in what a real server would, in place."""
    for key, value in POD_DEFAULTS.items():
        spec.setdefault(key, value)
    spec.setdefault("securityContext", {})
    drop_zeros(spec)
    for name in CONTAINER_LISTS:
        for container in spec.get(name) or ():
            if isinstance(container, dict):
                _default_container(container)
            for port in container.get("ports") or () if spec.get("hostNetwork") else ():
                port.setdefault("hostPort", port.get("containerPort"))
    for volume in spec.get("volumes") or ():
        _default_volume(volume)
    for secret in spec.get("imagePullSecrets") or ():
        if secret.get("name") == "":
            del secret["name"]
    if spec.get("serviceAccountName"):
        spec.setdefault("serviceAccount", spec["serviceAccountName"])


def drop_zeros(value: Obj) -> None:
    """Leave out what a typed server does not write: empty lists, and false or empty where that means unset."""
    for key in [k for k, v in value.items() if v == [] or (k in UNWRITTEN_ZEROS and v in ("", False))]:
        del value[key]


def _default_container(container: Obj) -> None:
    drop_zeros(container)
    for entry in (*(container.get("env") or ()), *(container.get("volumeMounts") or ())):
        drop_zeros(entry)
    for key, value in CONTAINER_DEFAULTS.items():
        container.setdefault(key, value)
    for kind in ("limits", "requests") if container.setdefault("resources", {}) else ():
        canonical_all(container["resources"].get(kind))
    container.setdefault("imagePullPolicy", _pull_policy(container.get("image") or ""))
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if isinstance(container.get(probe), dict):
            _default_probe(container[probe])
    for hook in ("postStart", "preStop"):
        _default_handler(dig(container, "lifecycle", hook) or {})
    for variable in container.get("env") or ():
        reference = dig(variable, "valueFrom", "fieldRef")
        if reference:
            reference.setdefault("apiVersion", "v1")
        _default_divisor(dig(variable, "valueFrom", "resourceFieldRef"))


def _default_divisor(reference: Obj | None) -> None:
    if reference:
        reference["divisor"] = canonical(reference.get("divisor") or "0")


def _default_probe(probe: Obj) -> None:
    for key, value in PROBE_DEFAULTS.items():
        probe.setdefault(key, value)
    _default_handler(probe)
    if isinstance(probe.get("grpc"), dict):
        probe["grpc"].setdefault("service", "")


def _default_handler(handler: Obj) -> None:
    if isinstance(handler.get("httpGet"), dict):
        handler["httpGet"].setdefault("scheme", "HTTP")
        handler["httpGet"].setdefault("path", "/")


def _default_volume(volume: Obj) -> None:
    for name in VOLUME_MODES:
        if isinstance(volume.get(name), dict):
            volume[name].setdefault("defaultMode", 420)
    size = dig(volume, "emptyDir", "sizeLimit")
    if size is not None:
        volume["emptyDir"]["sizeLimit"] = canonical(size)
    if isinstance(volume.get("hostPath"), dict):
        volume["hostPath"].setdefault("type", "")
    for source in dig(volume, "projected", "sources") or ():
        if isinstance(source.get("serviceAccountToken"), dict):
            source["serviceAccountToken"].setdefault("expirationSeconds", 3600)
        _default_files(source.get("downwardAPI"))
    _default_files(volume.get("downwardAPI"))
    if set(volume) == {"name"}:
        volume["emptyDir"] = {}


def _default_files(source: Obj | None) -> None:
    for file in (source or {}).get("items") or ():
        if file.get("fieldRef"):
            file["fieldRef"].setdefault("apiVersion", "v1")
        _default_divisor(file.get("resourceFieldRef"))


def _pull_policy(image: str) -> str:
    last = image.rsplit("/", 1)[-1]
    if image != image.strip():  # cannot be read as a reference
        return "IfNotPresent"
    latest = ("@" not in last and ":" not in last) or last.endswith(":latest")
    return "Always" if latest else "IfNotPresent"
