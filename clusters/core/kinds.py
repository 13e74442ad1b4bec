"""The Kubernetes kinds that Drover knows: where they live in the API and in what order they are applied."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`order` is the place in an apply (lower first). `deployable`: may stand in a Blueprint.
    `component`: a workload whose container of its own name takes the Version's image."""

    api_version: str
    plural: str
    order: int = 0
    namespaced: bool = True
    deployable: bool = False
    component: bool = False


# What others refer to comes first; what sends users comes last.
KINDS: dict[str, Kind] = {
    "ServiceAccount": Kind("v1", "serviceaccounts", 10, deployable=True),
    "ConfigMap": Kind("v1", "configmaps", 20, deployable=True),
    "Service": Kind("v1", "services", 30, deployable=True),
    "PodDisruptionBudget": Kind("policy/v1", "poddisruptionbudgets", 40, deployable=True),
    "StatefulSet": Kind("apps/v1", "statefulsets", 50, deployable=True, component=True),
    "DaemonSet": Kind("apps/v1", "daemonsets", 51, deployable=True, component=True),
    "Deployment": Kind("apps/v1", "deployments", 52, deployable=True, component=True),
    "Job": Kind("batch/v1", "jobs", 60, deployable=True),
    "CronJob": Kind("batch/v1", "cronjobs", 61, deployable=True),
    "HorizontalPodAutoscaler": Kind("autoscaling/v2", "horizontalpodautoscalers", 70, deployable=True),
    "Ingress": Kind("networking.k8s.io/v1", "ingresses", 80, deployable=True),
    "HTTPRoute": Kind("gateway.networking.k8s.io/v1", "httproutes", 81, deployable=True),
    "Namespace": Kind("v1", "namespaces", namespaced=False),
    "Node": Kind("v1", "nodes", namespaced=False),
    "Pod": Kind("v1", "pods"),
    "ReplicaSet": Kind("apps/v1", "replicasets"),
    "EndpointSlice": Kind("discovery.k8s.io/v1", "endpointslices"),
    "Event": Kind("v1", "events"),
}

# A custom resource may make what workloads need, such as a database or a certificate.
CUSTOM_ORDER = 45

COMPONENT_KINDS = frozenset(name for name, kind in KINDS.items() if kind.component)


def is_custom(key: str) -> bool:
    """Whether a kind, as `key_of` names it, is that of a custom resource: `Kind.group/version`."""
    kind, _, api_version = key.partition(".")
    return bool(kind) and "/" in api_version


def order_of(key: str) -> int:
    """The place of a kind in an apply, lower first."""
    return KINDS[key].order if key in KINDS else CUSTOM_ORDER


PREFIX = "drover.dev/"
PROD_LABEL = PREFIX + "prod"
VERSION_LABEL = PREFIX + "version"
COMPONENT_LABEL = PREFIX + "component"
DIGEST_ANNOTATION = PREFIX + "digest"
EPOCH_ANNOTATION = PREFIX + "epoch"
