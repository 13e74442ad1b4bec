"""Which fields the built-in kinds have, as far down as people mistype them. Source: OpenAPI of Kubernetes 1.36.

A shape maps field names to shapes; lists share the shape of their items. None: not looked into.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Shape = dict[str, Any] | None


def _shape(words: str, **inner: Shape) -> dict[str, Any]:
    """A shape with these fields, of which those named have shapes of their own."""
    return {**dict.fromkeys(words.split()), **inner}


METADATA = _shape(
    "name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp "
    "deletionGracePeriodSeconds labels annotations ownerReferences finalizers managedFields"
)
PROBE = _shape(
    "exec tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold "
    "terminationGracePeriodSeconds",
    httpGet=_shape("path port host scheme httpHeaders"),
)
CONTAINER = _shape(
    "name image command args workingDir resizePolicy restartPolicy restartPolicyRules volumeDevices lifecycle "
    "terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty "
    "targetContainerName",
    ports=_shape("name hostPort containerPort protocol hostIP"),
    env=_shape("name value valueFrom"), envFrom=_shape("prefix configMapRef secretRef"),
    resources=_shape("limits requests claims"),
    volumeMounts=_shape("name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr"),
    livenessProbe=PROBE, readinessProbe=PROBE, startupProbe=PROBE,
)  # fmt: skip
POD_SPEC = _shape(
    "volumes restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName "
    "serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace "
    "securityContext imagePullSecrets hostname subdomain affinity schedulerName tolerations hostAliases "
    "priorityClassName priority dnsConfig readinessGates runtimeClassName enableServiceLinks preemptionPolicy overhead "
    "topologySpreadConstraints setHostnameAsFQDN os hostUsers schedulingGates resourceClaims resources hostnameOverride "
    "workloadRef schedulingGroup",
    containers=CONTAINER, initContainers=CONTAINER, ephemeralContainers=CONTAINER,
)  # fmt: skip
TEMPLATE: dict[str, Any] = {"metadata": METADATA, "spec": POD_SPEC}
SELECTOR = _shape("matchLabels matchExpressions")
ROLLING = _shape("maxUnavailable maxSurge partition")
JOB_SPEC = _shape(
    "parallelism completions activeDeadlineSeconds podFailurePolicy successPolicy backoffLimit backoffLimitPerIndex "
    "maxFailedIndexes manualSelector ttlSecondsAfterFinished completionMode suspend podReplacementPolicy managedBy",
    selector=SELECTOR, template=TEMPLATE,
)  # fmt: skip
SPECS: dict[str, dict[str, Any]] = {
    "pods": POD_SPEC,
    "services": _shape(
        "selector clusterIP clusterIPs type externalIPs sessionAffinity loadBalancerIP loadBalancerSourceRanges "
        "externalName externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses sessionAffinityConfig "
        "ipFamilies ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy "
        "trafficDistribution",
        ports=_shape("name protocol appProtocol port targetPort nodePort"),
    ),
    "persistentvolumeclaims": _shape(
        "accessModes selector resources volumeName storageClassName volumeMode dataSource dataSourceRef "
        "volumeAttributesClassName"
    ),
    "apps/deployments": _shape(
        "replicas minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds",
        selector=SELECTOR, template=TEMPLATE, strategy=_shape("type", rollingUpdate=_shape("maxUnavailable maxSurge")),
    ),
    "apps/replicasets": _shape("replicas minReadySeconds", selector=SELECTOR, template=TEMPLATE),
    "apps/statefulsets": _shape(
        "replicas volumeClaimTemplates serviceName podManagementPolicy revisionHistoryLimit minReadySeconds "
        "persistentVolumeClaimRetentionPolicy ordinals",
        selector=SELECTOR, template=TEMPLATE, updateStrategy=_shape("type", rollingUpdate=ROLLING),
    ),
    "apps/daemonsets": _shape(
        "minReadySeconds revisionHistoryLimit", selector=SELECTOR, template=TEMPLATE,
        updateStrategy=_shape("type", rollingUpdate=ROLLING),
    ),
    "batch/jobs": JOB_SPEC,
    "batch/cronjobs": _shape(
        "schedule timeZone startingDeadlineSeconds concurrencyPolicy suspend successfulJobsHistoryLimit "
        "failedJobsHistoryLimit",
        jobTemplate={"metadata": METADATA, "spec": JOB_SPEC},
    ),
    "policy/poddisruptionbudgets": _shape("minAvailable maxUnavailable unhealthyPodEvictionPolicy", selector=SELECTOR),
    "autoscaling/horizontalpodautoscalers": _shape(
        "minReplicas maxReplicas metrics behavior", scaleTargetRef=_shape("apiVersion kind name")
    ),
    "networking.k8s.io/ingresses": _shape(
        "ingressClassName defaultBackend tls",
        rules=_shape("host", http=_shape("", paths=_shape("path pathType backend"))),
    ),
    "coordination.k8s.io/leases": _shape(
        "holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions strategy preferredHolder"
    ),
}  # fmt: skip
DATA = {
    "configmaps": "data binaryData immutable",
    "secrets": "data stringData type immutable",
    "serviceaccounts": "secrets imagePullSecrets automountServiceAccountToken",
}
SHAPES: dict[str, dict[str, Any]] = {
    **{key: _shape("apiVersion kind status", metadata=METADATA, spec=spec) for key, spec in SPECS.items()},
    **{key: _shape(f"apiVersion kind {words}", metadata=METADATA) for key, words in DATA.items()},
}


def unknown_paths(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """The paths of the fields that the shape does not have."""
    if shape is None:
        return
    if isinstance(value, list):
        for n, item in enumerate(value):
            yield from unknown_paths(item, shape, f"{path}[{n}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            at = f"{path}.{key}" if path else key
            if key not in shape:
                yield at
            elif shape[key] is not None:
                yield from unknown_paths(item, shape[key], at)


def known_only(value: Any, shape: Shape) -> Any:
    """The value without the fields that the shape does not have."""
    if shape is None:
        return value
    if isinstance(value, list):
        return [known_only(item, shape) for item in value]
    if isinstance(value, dict):
        return {key: known_only(item, shape[key]) for key, item in value.items() if key in shape}
    return value
