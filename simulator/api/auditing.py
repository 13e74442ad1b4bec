"""Audit entries of requests."""

from __future__ import annotations

from simulator.api.target import Target
from simulator.audit import READ_VERBS, Audit
from simulator.store.store import Store
from simulator.values import Obj, dig
from simulator.wire.messages import Request, Response


class Auditor:
    """Writes one entry per request, at the moment of its effect."""

    def __init__(self, cluster: str, store: Store, audit: Audit) -> None:
        self.cluster, self._store, self._audit = cluster, store, audit

    def begin(self, request: Request, target: Target, user: str) -> Obj:
        """The entry so far; call before the effect."""
        entry: Obj = {
            "type": "request", "cluster": self.cluster, "verb": target.verb, "resource": target.kind.plural,
            "group": target.kind.group, "namespace": target.namespace or "", "name": target.name,
            "subresource": target.subresource, "user_agent": request.headers.get("user-agent", ""),
            "field_manager": request.query.get("fieldManager", ""), "code": 0,
            "user": user, "dry_run": request.query.get("dryRun") == "All",
        }  # fmt: skip
        if target.verb not in READ_VERBS:
            entry["image_before"] = self._images(target, target.name)
        return entry

    def end(self, entry: Obj, code: int, target: Target, response: Response | None = None) -> None:
        """Complete the entry after the effect and log it."""
        entry["code"] = code
        if target.verb not in READ_VERBS:
            if response and response.made:
                entry["name"] = response.made
            entry["image_after"] = self._images(target, entry["name"])
        self._audit.add(entry)

    def _images(self, target: Target, name: str) -> dict[str, str]:
        obj = self._store.get(target.kind.key, target.space, name) if name else None
        if obj is None:
            return {}
        containers = (
            dig(obj, "spec", "template", "spec", "containers") or dig(obj, "spec", "containers") or ()
        )
        return {container["name"]: container.get("image", "") for container in containers}
