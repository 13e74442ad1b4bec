"""Audit entries of pods: created, ready, unready, deleted."""

from __future__ import annotations

from simulator.audit import Audit
from simulator.dataplane.answers import is_ready, prod_of
from simulator.store.store import ADDED, DELETED, Commit, Store
from simulator.values import Obj

DIGEST = "drover.dev/digest"


class PodAudit:
    """Writes an entry at each transition of a pod."""

    def __init__(self, cluster: str, store: Store, audit: Audit) -> None:
        self._cluster, self._audit = cluster, audit
        store.listen(self._follow, "pods")

    def _follow(self, commit: Commit) -> None:
        before = commit.old is not None and is_ready(commit.old)
        if commit.type == ADDED:
            self._add(commit.new, "created", False)
        elif commit.type == DELETED:
            if before:
                self._add(commit.new, "unready", False)
            self._add(commit.new, "deleted", False)
        elif is_ready(commit.new) != before:
            self._add(commit.new, "unready" if before else "ready", not before)

    def _add(self, pod: Obj, event: str, ready: bool) -> None:
        meta, container = pod["metadata"], pod["spec"]["containers"][0]
        self._audit.add({
            "type": "pod", "cluster": self._cluster, "namespace": meta["namespace"], "pod": meta["name"],
            "uid": meta["uid"], "prod": prod_of(pod), "component": container["name"], "ready": ready,
            "image": container.get("image", ""), "event": event,
            "digest": (meta.get("annotations") or {}).get(DIGEST, ""),
        })  # fmt: skip
