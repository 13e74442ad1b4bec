"""The pods of a StatefulSet: their names, labels and claims."""

from __future__ import annotations

from simulator.controllers.controller_revisions import HASH_LABEL
from simulator.controllers.nodes import metadata
from simulator.controllers.pod_maker import make_pod
from simulator.kinds.storage import generate_claim
from simulator.lifecycle.backend import Backend
from simulator.values import Obj, copied, dig

CLAIMS = "persistentvolumeclaims"


def ordinal_of(pod: Obj) -> int:
    """The number at the end of the pod's name."""
    return int(pod["metadata"]["name"].rpartition("-")[2])


def is_member(stateful_set: Obj, pod: Obj) -> bool:
    """Whether the pod is named as one of the set is."""
    name, _, number = pod["metadata"]["name"].rpartition("-")
    return bool(name == stateful_set["metadata"]["name"] and number.isdigit())


def start_of(stateful_set: Obj) -> int:
    """The first ordinal."""
    return int(dig(stateful_set, "spec", "ordinals", "start") or 0)


def partition_of(stateful_set: Obj) -> int:
    """How many of the first pods keep the old revision."""
    return int(dig(stateful_set, "spec", "updateStrategy", "rollingUpdate", "partition") or 0)


def make_stateful_pod(backend: Backend, stateful_set: Obj, template: Obj, revision: Obj, name: str) -> Obj:
    """Store the pod of this name, and its claims if they are not there."""
    labels = {"statefulset.kubernetes.io/pod-name": name, "apps.kubernetes.io/pod-index": name.rpartition("-")[2],
              HASH_LABEL: revision["metadata"]["name"]}  # fmt: skip
    spec: Obj = {"hostname": name}
    if stateful_set["spec"].get("serviceName"):
        spec["subdomain"] = stateful_set["spec"]["serviceName"]
    claims = stateful_set["spec"].get("volumeClaimTemplates") or ()
    if claims:
        names = {claim["metadata"]["name"] for claim in claims}
        others = [v for v in template["spec"].get("volumes") or () if v["name"] not in names]
        spec["volumes"] = [*others, *(_claimed(backend, stateful_set, claim, name) for claim in claims)]
    return make_pod(backend, stateful_set, template, name, labels=labels, spec=spec)


def _claimed(backend: Backend, stateful_set: Obj, template: Obj, pod: str) -> Obj:
    """A pod's volume for a claim template; the claim outlives the pod."""
    volume, space = template["metadata"]["name"], stateful_set["metadata"]["namespace"]
    name = f"{volume}-{pod}"
    if backend.store.get(CLAIMS, space, name) is None:
        labels = dig(stateful_set, "spec", "selector", "matchLabels") or {}
        meta = {**metadata(name, space), "labels": {**(template["metadata"].get("labels") or {}), **labels}}
        claim = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": meta,
                 "spec": copied(template["spec"])}  # fmt: skip
        generate_claim(claim)
        backend.store.put(CLAIMS, claim)
    return {"name": volume, "persistentVolumeClaim": {"claimName": name}}
