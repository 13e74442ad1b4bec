"""The Kube of a real cluster."""

import json

from clusters.core.kinds import KINDS
from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest, kind_of, name_of

from .answers import parse, parse_plain
from .breaker import Breaker
from .paths import list_path, object_path
from .protocol import KubeError, NotFound, Unavailable
from .transport import Request, Timeouts, Transport

FIELD_MANAGER = "drover"
DEFAULT = Timeouts()


class Client:
    """Implements `Kube`. Thread-safe; one per cluster, see `connect`."""

    def __init__(
        self, credentials: Credentials, breaker: Breaker | None = None, timeouts: Timeouts = DEFAULT
    ) -> None:
        """Opens no connection yet. Raises `tls.Unusable` for a CA or certificate that is none."""
        self._transport = Transport(credentials, timeouts)
        self._breaker = breaker or Breaker()

    def close(self) -> None:
        self._transport.close()

    def get(self, kind: str, namespace: str, name: str) -> Manifest:
        return self._call(Request("GET", object_path(kind, namespace, name)))

    def apply(
        self,
        manifest: Manifest,
        *,
        resource_version: str | None = None,
        force: bool = False,
        dry_run: bool = False,
    ) -> Manifest:
        metadata = dict(manifest["metadata"])
        if resource_version is not None:
            metadata["resourceVersion"] = resource_version
        query = {"fieldManager": FIELD_MANAGER, "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        path = object_path(kind_of(manifest), metadata.get("namespace", ""), name_of(manifest))
        body = json.dumps({**manifest, "metadata": metadata})
        return self._call(Request("PATCH", path, query, body, "application/apply-patch+yaml"))

    def delete(self, kind: str, namespace: str, name: str, *, uid: str | None = None) -> None:
        options: Manifest = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        try:
            self._call(Request("DELETE", object_path(kind, namespace, name), body=options))
        except NotFound:
            return

    def list(self, kind: str, namespace: str | None = None, label_selector: str = "") -> list[Manifest]:
        query = {"labelSelector": label_selector} if label_selector else {}
        data = self._call(Request("GET", list_path(kind, namespace), query, is_list=True))
        items: list[Manifest] = data.get("items") or []
        return [{"apiVersion": KINDS[kind].api_version, "kind": kind, **item} for item in items]

    def version(self) -> str:
        return str(self._call(Request("GET", "/version")).get("gitVersion", ""))

    def ready(self) -> None:
        self._call(Request("GET", "/readyz"), plain=True)

    def _call(self, request: Request, *, plain: bool = False) -> Manifest:
        """The object of the answer ({} if it is `plain` text); the breaker learns whether there was one."""
        self._breaker.enter()
        try:
            status, body = self._transport.send(request)
            data = parse_plain(status, body) if plain else parse(status, body, write=request.write)
        except Unavailable:
            self._breaker.missed()
            raise
        except KubeError:
            self._breaker.answered()
            raise
        self._breaker.answered()
        return data
