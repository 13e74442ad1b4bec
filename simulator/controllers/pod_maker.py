"""Making the pods of a workload from its template."""

from __future__ import annotations

from simulator.controllers.queue import WorkQueue
from simulator.controllers.replica_set_writer import owner_reference
from simulator.kinds.pod_template import admitted
from simulator.lifecycle.backend import Backend
from simulator.store.store import ADDED, Commit, Store
from simulator.values import Obj, full_name, new_uid, stamp

ACCOUNTS, FAILED = "serviceaccounts", "FailedCreate"


class Denied(Exception):
    """A pod that admission does not let in; the message is what it says."""


def make_pod(
    backend: Backend, owner: Obj, template: Obj, name: str, *,
    labels: dict[str, str] | None = None, spec: Obj | None = None, finalizers: tuple[str, ...] = (),
) -> Obj:  # fmt: skip
    """Store a pod of the owner, or Denied; its spec shares everything it can with the template."""
    _check_account(backend.store, owner, template, name)
    meta = template.get("metadata") or {}
    pod_meta: Obj = {
        "name": name, "generateName": owner["metadata"]["name"] + "-",
        "namespace": owner["metadata"]["namespace"], "uid": new_uid(),
        "creationTimestamp": stamp(), "generation": 1, "labels": {**(meta.get("labels") or {}), **(labels or {})},
        "ownerReferences": [owner_reference(owner)],
    }  # fmt: skip
    if meta.get("annotations"):
        pod_meta["annotations"] = meta["annotations"]
    if finalizers:
        pod_meta["finalizers"] = list(finalizers)
    return backend.store.put("pods", {
        "kind": "Pod", "apiVersion": "v1", "metadata": pod_meta,
        "spec": admitted({**template["spec"], **(spec or {})}),
        "status": {"phase": "Pending", "qosClass": "BestEffort"},
    })  # fmt: skip


def retry_with_accounts(store: Store, kind: str, queue: WorkQueue) -> None:
    """Have the workloads of a namespace looked at again whenever a ServiceAccount comes to it."""

    def follow(commit: Commit) -> None:
        if commit.type == ADDED:
            for workload in store.each(kind, commit.new["metadata"]["namespace"]):
                queue.add(full_name(workload))

    store.listen(follow, ACCOUNTS)


def _check_account(store: Store, owner: Obj, template: Obj, name: str) -> None:
    """Denied without the ServiceAccount; that of the name `default` comes with every namespace."""
    space, account = owner["metadata"]["namespace"], template["spec"].get("serviceAccountName") or "default"
    if account == "default" or store.get(ACCOUNTS, space, account):
        return
    shown = name if owner["kind"] == "StatefulSet" else f"{owner['metadata']['name']}-"
    raise Denied(f'pods "{shown}" is forbidden: error looking up service account {space}/{account}: serviceaccount '
                 f'"{account}" not found')  # fmt: skip
