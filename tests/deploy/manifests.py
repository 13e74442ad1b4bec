"""The manifests of deploy/kubernetes as values, and the rules for them.

The rules take plain objects: as they are written, and as kustomize renders them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from . import offers
from .processes import KINDS, Process, fleet_problems, process_problems

FOLDER: Final = offers.ROOT / "deploy/kubernetes"
SECRET: Final = "drover"
NEEDED: Final = ("startupProbe", "readinessProbe", "livenessProbe")
Object = dict[str, Any]


def load_base() -> list[Object]:
    """The objects of the base as they are written, and the ConfigMap as kustomize would make it."""
    base = FOLDER / "base"
    kustomization = yaml.safe_load((base / "kustomization.yaml").read_text())
    files = [(base / name).read_text() for name in kustomization["resources"]]
    objects = [found for text in files for found in yaml.safe_load_all(text)]
    return [*objects, {"kind": "ConfigMap", "metadata": {"name": "drover"}, "data": config()}]


def config() -> dict[str, str]:
    lines = (FOLDER / "base/config.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [one for one in objects if one["kind"] in kinds]


def workloads(objects: list[Object]) -> dict[str, Object]:
    """The Deployments and Jobs by the component that they run."""
    return {
        one["metadata"]["labels"]["app.kubernetes.io/component"]: one
        for one in of_kind(objects, "Deployment", "Job")
    }


def pod(workload: Object) -> Object:
    return workload["spec"]["template"]["spec"]  # type: ignore[no-any-return]


def labels(workload: Object) -> Mapping[str, str]:
    return workload["spec"]["template"]["metadata"]["labels"]  # type: ignore[no-any-return]


def processes(objects: list[Object]) -> dict[str, Process]:
    """The main container of each workload."""
    return {
        name: _process(name, objects, pod(one)["containers"][0], one["kind"] == "Job")
        for name, one in workloads(objects).items()
    }


def waiting(objects: list[Object]) -> list[Process]:
    """The containers that run before the main ones."""
    return [
        _process(f"{name}: {container['name']}", objects, container, ends=True)
        for name, one in workloads(objects).items()
        for container in pod(one).get("initContainers", ())
    ]


def _process(name: str, objects: list[Object], container: Object, ends: bool) -> Process:
    probes = [container.get(kind, {}).get("exec", {}).get("command") for kind in NEEDED]
    return Process(
        name,
        tuple(container.get("command", ())),
        environment(objects, container),
        tuple(tuple(command) for command in probes if command),
        ends,
    )


def environment(objects: list[Object], container: Object) -> dict[str, str]:
    """What the container finds in its environment; a field of the pod as its path."""
    maps = {one["metadata"]["name"]: one["data"] for one in of_kind(objects, "ConfigMap")}
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= maps.get(source["configMapRef"]["name"], {})
    for entry in container.get("env", ()):
        found[entry["name"]] = entry.get("value") or entry["valueFrom"]["fieldRef"]["fieldPath"]
    return found


def manifest_problems(objects: list[Object]) -> Iterator[str]:
    """All that is wrong with the objects."""
    ours = processes(objects)
    for process in (*ours.values(), *waiting(objects)):
        yield from process_problems(process)
    yield from fleet_problems(ours)
    accounts = {one["metadata"]["name"] for one in of_kind(objects, "ServiceAccount")}
    for name, one in workloads(objects).items():
        yield from (f"{name}: {problem}" for problem in _workload_problems(one, accounts))
    yield from _budget_problems(objects)
    yield from _network_problems(objects)
    yield from _service_problems(objects)


def _workload_problems(workload: Object, accounts: set[str]) -> Iterator[str]:
    spec, job = pod(workload), workload["kind"] == "Job"
    if not job and workload["spec"]["selector"]["matchLabels"] != labels(workload):
        yield "it does not select its own pods"
    if spec.get("serviceAccountName") not in accounts:
        yield "its ServiceAccount is not there"
    if not job and [one["command"][2:] for one in spec.get("initContainers", ())] != [["migrate", "--check"]]:
        yield "it does not wait for the migration"
    yield from _pod_lock_problems(spec)
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        yield from _container_problems(container, spec)
    if not job:
        yield from _probe_problems(spec["containers"][0])


def _pod_lock_problems(spec: Object) -> Iterator[str]:
    lock = spec.get("securityContext", {})
    if lock.get("runAsNonRoot") is not True or not lock.get("runAsUser"):
        yield "it may run as root"
    if lock.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "its system calls are not filtered"
    if spec.get("hostNetwork") or spec.get("hostPID") or spec.get("hostIPC"):
        yield "it shares the node"


def _container_problems(container: Object, spec: Object) -> Iterator[str]:
    lock, resources = container.get("securityContext", {}), container.get("resources", {})
    if lock.get("allowPrivilegeEscalation") is not False or lock.get("privileged"):
        yield "it may gain privileges"
    if lock.get("readOnlyRootFilesystem") is not True:
        yield "its root file system can be written"
    if lock.get("capabilities") != {"drop": ["ALL"]}:
        yield "it keeps capabilities"
    if not {"cpu", "memory"} <= resources.get("requests", {}).keys() or "memory" not in resources.get(
        "limits", {}
    ):
        yield "its resources are not said"
    yield from _volume_problems(container, spec)


def _volume_problems(container: Object, spec: Object) -> Iterator[str]:
    volumes = {one["name"]: one for one in spec.get("volumes", ())}
    places = {one["mountPath"]: volumes.get(one["name"], {}) for one in container.get("volumeMounts", ())}
    if "emptyDir" not in places.get("/tmp", {}):
        yield "it has no /tmp"
    if places.get("/etc/drover", {}).get("secret", {}).get("secretName") != SECRET:
        yield "it does not get the Secret"


def _probe_problems(container: Object) -> Iterator[str]:
    ports = {port["name"] for port in container.get("ports", ())}
    for kind in NEEDED:
        probe = container.get(kind, {})
        asks = probe.get("httpGet")
        if not asks and not probe.get("exec"):
            yield f"it has no {kind}"
        if asks and (asks["port"] not in ports or asks["path"] not in ("/healthz", "/readyz")):
            yield f"its {kind} asks where nobody answers"
        if probe.get("exec", {}).get("command", [""])[0] == "python" and probe.get("timeoutSeconds", 1) < 10:
            yield f"its {kind} has no time to start Python"
    if container.get("livenessProbe", {}).get("exec", {}).get("command", [""])[0] == "test":
        yield "its livenessProbe asks for a file, not for progress"


def _budget_problems(objects: list[Object]) -> Iterator[str]:
    found = workloads(objects)
    for budget in of_kind(objects, "PodDisruptionBudget"):
        wanted = budget["spec"]["selector"]["matchLabels"]
        chosen = [one for one in found.values() if one["kind"] == "Deployment" and matches(wanted, one)]
        if len(chosen) != 1:
            yield f"budget {budget['metadata']['name']}: chooses {len(chosen)} Deployments"
        for one in chosen:
            if budget["spec"]["minAvailable"] >= one["spec"]["replicas"]:
                yield f"budget {budget['metadata']['name']}: no node can be drained"
    budgeted = {one["metadata"]["name"] for one in of_kind(objects, "PodDisruptionBudget")}
    for one in of_kind(objects, "Deployment"):
        if one["spec"]["replicas"] > 1 and one["metadata"]["name"] not in budgeted:
            yield f"{one['metadata']['name']}: it has no budget"


def matches(wanted: Mapping[str, str], workload: Object) -> bool:
    return wanted.items() <= labels(workload).items()


def chosen(selector: Object, objects: list[Object]) -> set[str]:
    """The components whose pods a NetworkPolicy's selector chooses."""
    return {
        name
        for name, one in workloads(objects).items()
        if matches(selector.get("matchLabels", {}), one)
        and all(
            term["operator"] == "In" and labels(one).get(term["key"]) in term["values"]
            for term in selector.get("matchExpressions", ())
        )
    }


def open_ports(objects: list[Object], way: str) -> dict[str, set[int]]:
    """The ports that each component may be asked on (`ingress`), or may ask (`egress`)."""
    found: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for policy in of_kind(objects, "NetworkPolicy"):
        for name in chosen(policy["spec"]["podSelector"], objects):
            for rule in policy["spec"].get(way, ()):
                found[name] |= {port["port"] for port in rule.get("ports", [{"port": 0}])}
    return found


STORES: Final = {53, 5432, 6379}
CLUSTERS: Final = {443, 6443}
SPEAKERS: Final = ("web", "worker", "worker-emergency", "observer")


def _network_problems(objects: list[Object]) -> Iterator[str]:
    policies = of_kind(objects, "NetworkPolicy")
    denying = [one for one in policies if one["spec"]["podSelector"] == {} and not _rules(one)]
    if not any(set(one["spec"]["policyTypes"]) == {"Ingress", "Egress"} for one in denying):
        yield "network: what is not said is not denied"
    for policy in policies:
        if not chosen(policy["spec"]["podSelector"], objects):
            yield f"network: {policy['metadata']['name']} chooses no pod"
        if any(not rule.get("from") for rule in policy["spec"].get("ingress", ())):
            yield f"network: {policy['metadata']['name']} lets everybody in"
    asked, asks = open_ports(objects, "ingress"), open_ports(objects, "egress")
    for kind in KINDS:
        wanted_in = {8000} if kind == "web" else set()
        wanted_out = STORES | (CLUSTERS if kind in SPEAKERS else set())
        if asked.get(kind) != wanted_in:
            yield f"network: {kind} is asked on {sorted(asked.get(kind, ()))}"
        if asks.get(kind) != wanted_out:
            yield f"network: {kind} may ask {sorted(asks.get(kind, ()))}"


def _rules(policy: Object) -> list[Any]:
    return [*policy["spec"].get("ingress", ()), *policy["spec"].get("egress", ())]


def _service_problems(objects: list[Object]) -> Iterator[str]:
    for service in of_kind(objects, "Service"):
        served = [one for one in workloads(objects).values() if matches(service["spec"]["selector"], one)]
        ports = {port["name"] for one in served for port in pod(one)["containers"][0].get("ports", ())}
        if len(served) != 1 or any(port["targetPort"] not in ports for port in service["spec"]["ports"]):
            yield f"service {service['metadata']['name']}: leads nowhere"
