"""Pods and what they stand on: core/v1 without Services and Events."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from simulator.kinds.causes import invalid_value, required
from simulator.kinds.cells import NONE, age, pod_reason, since
from simulator.kinds.kind import ALL_VERBS, Cause, Column, Kind
from simulator.kinds.pod_spec import template_causes
from simulator.kinds.pod_template import admitted, default_pod_spec
from simulator.kinds.variables import KEY, KEY_WORDS
from simulator.kinds.words import label_problems
from simulator.values import Obj, dig

NAME = Column("Name", format="name")
AGE = Column("Age")


def default_pod(draft: Obj) -> None:
    """Defaults of a Pod."""
    spec = draft.setdefault("spec", {})
    default_pod_spec(spec)
    draft["spec"] = admitted(spec)


MUTABLE_POD_FIELDS = ("tolerations", "activeDeadlineSeconds", "terminationGracePeriodSeconds")


def pod_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """A pod needs containers; its spec hardly changes afterwards."""
    causes = template_causes(new.get("spec"), "spec")
    if old is not None and not causes and _frozen(new) != _frozen(old):
        causes.append(Cause("spec", "Forbidden: pod updates may not change fields other than "
                            "`spec.containers[*].image`,`spec.initContainers[*].image`,"
                            "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
                            "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if "
                            "it was previously negative)", "FieldValueForbidden"))  # fmt: skip
    return causes


def _frozen(pod: Obj) -> Obj:
    spec = {key: value for key, value in pod["spec"].items() if key not in MUTABLE_POD_FIELDS}
    spec["containers"] = [{**container, "image": ""} for container in spec["containers"]]
    return spec


def pod_cells(pod: Obj, now: datetime) -> list[Any]:
    """NAME READY STATUS RESTARTS AGE IP NODE NOMINATED-NODE READINESS-GATES."""
    statuses = dig(pod, "status", "containerStatuses") or []
    ready = sum(1 for status in statuses if status.get("ready"))
    total = len(dig(pod, "spec", "containers") or [])
    meta = pod["metadata"]
    return [
        meta["name"], f"{ready}/{total}", pod_reason(pod), _restarts(statuses, now), age(pod, now),
        dig(pod, "status", "podIP") or NONE, dig(pod, "spec", "nodeName") or NONE, NONE, NONE,
    ]  # fmt: skip


def _restarts(statuses: list[Obj], now: datetime) -> str:
    count = sum(status.get("restartCount", 0) for status in statuses)
    ended = [dig(s, "lastState", "terminated", "finishedAt") for s in statuses]
    last = max((text for text in ended if text), default=None)
    return f"{count} ({since(last, now)} ago)" if count and last else str(count)


def namespace_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME STATUS AGE."""
    return [obj["metadata"]["name"], dig(obj, "status", "phase") or "", age(obj, now)]


def default_namespace(draft: Obj) -> None:
    """The finalizer and the label each namespace carries."""
    finalizers = draft.setdefault("spec", {}).setdefault("finalizers", [])
    if "kubernetes" not in finalizers and not draft["metadata"].get("deletionTimestamp"):
        finalizers.append("kubernetes")
    draft.setdefault("status", {}).setdefault("phase", "Active")
    labels = draft["metadata"].setdefault("labels", {})
    labels["kubernetes.io/metadata.name"] = draft["metadata"]["name"]


def node_cells(node: Obj, now: datetime) -> list[Any]:
    """NAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL CONTAINER-RUNTIME."""
    status = node.get("status") or {}
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
    words = "Ready" if ready else "NotReady"
    if dig(node, "spec", "unschedulable"):
        words += ",SchedulingDisabled"
    info = status.get("nodeInfo") or {}
    addresses = {a["type"]: a["address"] for a in status.get("addresses") or ()}
    return [
        node["metadata"]["name"], words, NONE, age(node, now), info.get("kubeletVersion", ""),
        addresses.get("InternalIP", NONE), NONE, info.get("osImage", ""), info.get("kernelVersion", ""),
        info.get("containerRuntimeVersion", ""),
    ]  # fmt: skip


def default_secret(draft: Obj) -> None:
    """A Secret's type, and stringData moved into data."""
    draft.setdefault("type", "Opaque")
    for key, text in (draft.pop("stringData", None) or {}).items():
        draft.setdefault("data", {})[key] = base64.b64encode(text.encode()).decode()


KEPT_DATA = ("data", "binaryData")
ACCOUNT_TOKEN = "kubernetes.io/service-account-token"
SECRET_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"), "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",), "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/basic-auth": ("username", "password"),
}  # fmt: skip
LARGEST_DATA = 1024 * 1024
IMMUTABLE = "Forbidden: field is immutable when `immutable` is set"


def data_causes(new: Obj, old: Obj | None) -> list[Cause]:
    """Keys are names of files; what is marked immutable stays so, with its data; a Secret keeps its type."""
    causes = [Cause(f"{field}[{key}]", f'Invalid value: "{key}": {KEY_WORDS}')
              for field in KEPT_DATA for key in new.get(field) or () if not KEY.fullmatch(key)]  # fmt: skip
    twice = (new.get("data") or {}).keys() & (new.get("binaryData") or {}).keys()
    causes += [
        invalid_value(f"data[{key}]", key, "duplicate of key present in binaryData") for key in sorted(twice)
    ]
    if new.get("type"):
        causes += _type_causes(new)
    if _data_bytes(new) > LARGEST_DATA:
        field = "data" if new.get("type") else "[]"
        causes.append(
            Cause(field, f"Too long: may not be more than {LARGEST_DATA} bytes", "FieldValueTooLong")
        )
    if old is None:
        return causes
    if new.get("type") != old.get("type"):
        causes.append(Cause("type", f'Invalid value: "{new.get("type")}": field is immutable'))
    if old.get("immutable"):
        moved = [key for key in (*KEPT_DATA, "immutable") if new.get(key) != old.get(key)]
        causes += [Cause(key, IMMUTABLE, "FieldValueForbidden") for key in moved]
    return causes


def _type_causes(secret: Obj) -> list[Cause]:
    """A Secret of a known type has what the type is for."""
    data, needed = secret.get("data") or {}, SECRET_KEYS.get(secret["type"], ())
    one_of = secret["type"] == "kubernetes.io/basic-auth"
    if one_of and any(key in data for key in needed):
        return []
    causes = [required(f"data[{key}]") for key in needed if key not in data]
    account = "kubernetes.io/service-account.name"
    if secret["type"] == ACCOUNT_TOKEN and not dig(secret, "metadata", "annotations", account):
        causes.append(required(f"metadata.annotations[{account}]"))
    return causes


def _data_bytes(obj: Obj) -> int:
    """What the values come to; those of a Secret and of `binaryData` are kept in base64."""
    coded = obj.get("binaryData") or {}, (obj.get("data") or {}) if obj.get("type") else {}
    plain = {} if obj.get("type") else obj.get("data") or {}
    return sum(len(text.encode()) for text in plain.values()) + sum(
        len(text) * 3 // 4 for values in coded for text in values.values()
    )


def config_map_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME DATA AGE."""
    count = len(obj.get("data") or {}) + len(obj.get("binaryData") or {})
    return [obj["metadata"]["name"], count, age(obj, now)]


def secret_cells(obj: Obj, now: datetime) -> list[Any]:
    """NAME TYPE DATA AGE."""
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or {}), age(obj, now)]


KINDS = (
    Kind(
        "", "v1", "Pod", "pods", short_names=("po",), categories=("all",),
        subresources=frozenset({"status", "log", "proxy", "eviction"}), graceful=True, has_generation=True,
        default=default_pod, validate=pod_causes, initial_status={"phase": "Pending", "qosClass": "BestEffort"},
        columns=(NAME, Column("Ready"), Column("Status"), Column("Restarts"), AGE, Column("IP", priority=1),
                 Column("Node", priority=1), Column("Nominated Node", priority=1),
                 Column("Readiness Gates", priority=1)),
        cells=pod_cells,
        field_labels={"status.phase": ("status", "phase"), "spec.nodeName": ("spec", "nodeName"),
                      "spec.restartPolicy": ("spec", "restartPolicy"), "status.podIP": ("status", "podIP"),
                      "spec.schedulerName": ("spec", "schedulerName"),
                      "spec.serviceAccountName": ("spec", "serviceAccountName")},
    ),
    Kind(
        "", "v1", "Namespace", "namespaces", namespaced=False, short_names=("ns",), graceful=True, names=label_problems,
        verbs=tuple(verb for verb in ALL_VERBS if verb != "deletecollection"),
        subresources=frozenset({"status", "finalize"}), default=default_namespace,
        allocated=frozenset({"finalizers"}),
        columns=(NAME, Column("Status"), AGE), cells=namespace_cells,
        field_labels={"status.phase": ("status", "phase")},
    ),
    Kind(
        "", "v1", "Node", "nodes", namespaced=False, short_names=("no",), subresources=frozenset({"status"}),
        columns=(NAME, Column("Status"), Column("Roles"), AGE, Column("Version"),
                 Column("Internal-IP", priority=1), Column("External-IP", priority=1),
                 Column("OS-Image", priority=1), Column("Kernel-Version", priority=1),
                 Column("Container-Runtime", priority=1)),
        cells=node_cells, field_labels={"spec.unschedulable": ("spec", "unschedulable")},
    ),
    Kind(
        "", "v1", "ConfigMap", "configmaps", short_names=("cm",),
        columns=(NAME, Column("Data"), AGE), validate=data_causes, cells=config_map_cells,
    ),
    Kind(
        "", "v1", "Secret", "secrets", default=default_secret, validate=data_causes,
        columns=(NAME, Column("Type"), Column("Data"), AGE), cells=secret_cells,
        field_labels={"type": ("type",)},
    ),
    Kind(
        "", "v1", "ServiceAccount", "serviceaccounts", short_names=("sa",), subresources=frozenset({"token"}),
    ),
)  # fmt: skip
