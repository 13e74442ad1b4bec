"""The Kube of a real cluster."""

import json
from collections.abc import Sequence

from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest, key_of, name_of

from .answers import Expired, NoPath, parse, parse_plain
from .breaker import Breaker
from .outgoing import STRICT, Limits
from .pages import read_pages
from .paths import list_path, object_path
from .places import Places
from .protocol import FIELD_MANAGER, Granted, KubeError, NotFound, Right, Unavailable
from .rights import access_review, granted_rules, is_allowed, rules_review
from .transport import Request, Timeouts, Transport

DEFAULT = Timeouts()


class Client:
    """Implements `Kube`. Thread-safe; one per cluster, see `connect`."""

    def __init__(
        self,
        credentials: Credentials,
        breaker: Breaker | None = None,
        timeouts: Timeouts = DEFAULT,
        limits: Limits = STRICT,
    ) -> None:
        """Opens no connection yet. Raises `tls.Unusable` for a CA or certificate that is none."""
        self._transport = Transport(credentials, timeouts, limits)
        self._breaker = breaker or Breaker()
        self._list_s = timeouts.list_s
        self._places = Places(lambda path: self._call(Request("GET", path)))

    def close(self) -> None:
        self._transport.close()

    def get(self, kind: str, namespace: str, name: str) -> Manifest:
        path = object_path(self._places.find(kind), namespace, name)
        return self._call_at(kind, Request("GET", path))

    def apply(
        self,
        manifest: Manifest,
        *,
        resource_version: str | None = None,
        force: bool = False,
        dry_run: bool = False,
        manager: str = FIELD_MANAGER,
    ) -> Manifest:
        kind, metadata = key_of(manifest), dict(manifest["metadata"])
        if resource_version is not None:
            metadata["resourceVersion"] = resource_version
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        path = object_path(self._places.find(kind), metadata.get("namespace", ""), name_of(manifest))
        body = json.dumps({**manifest, "metadata": metadata})
        return self._call_at(kind, Request("PATCH", path, query, body, "application/apply-patch+yaml"))

    def remove_fields(
        self, kind: str, namespace: str, name: str, pointers: Sequence[str], *, resource_version: str
    ) -> Manifest:
        at = {"op": "replace", "path": "/metadata/resourceVersion", "value": resource_version}
        patch = [at, *({"op": "remove", "path": pointer} for pointer in pointers)]
        path = object_path(self._places.find(kind), namespace, name)
        query = {"fieldManager": FIELD_MANAGER}
        return self._call_at(kind, Request("PATCH", path, query, patch, "application/json-patch+json"))

    def delete(
        self,
        kind: str,
        namespace: str,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        options: Manifest = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        asked = {"uid": uid, "resourceVersion": resource_version}
        if given := {field: value for field, value in asked.items() if value is not None}:
            options["preconditions"] = given
        try:
            path = object_path(self._places.find(kind), namespace, name)
            self._call_at(kind, Request("DELETE", path, body=options))
        except NotFound:
            return

    def list(self, kind: str, namespace: str | None = None, label_selector: str = "") -> list[Manifest]:
        place = self._places.find(kind)
        path = list_path(place, namespace)

        def page(query: dict[str, str]) -> tuple[Manifest, int]:
            return self._exchange_at(kind, Request("GET", path, query, is_list=True))

        query = {"labelSelector": label_selector} if label_selector else {}
        items = read_pages(page, query, self._list_s)
        return [{"apiVersion": place.api_version, "kind": place.kind, **item} for item in items]

    def version(self) -> str:
        return str(self._call(Request("GET", "/version")).get("gitVersion", ""))

    def ready(self) -> None:
        self._exchange(Request("GET", "/readyz"), plain=True)

    def allowed(self, right: Right, namespace: str = "") -> bool:
        return is_allowed(self._call(access_review(right, namespace)))

    def granted(self, namespace: str) -> tuple[Granted, ...]:
        return granted_rules(self._call(rules_review(namespace)))

    def _call_at(self, kind: str, request: Request) -> Manifest:
        return self._exchange_at(kind, request)[0]

    def _exchange_at(self, kind: str, request: Request) -> tuple[Manifest, int]:
        """An exchange about objects of `kind`, of which the cluster may have nothing any more."""
        try:
            return self._exchange(request)
        except NoPath as e:
            self._places.forget(kind)
            raise self._places.absent(kind, e) from e
        except NotFound:
            self._places.forget(kind)
            raise

    def _call(self, request: Request) -> Manifest:
        return self._exchange(request)[0]

    def _exchange(self, request: Request, *, plain: bool = False) -> tuple[Manifest, int]:
        """The object of the answer ({} if it is `plain` text) and its bytes; the breaker learns whether
        there was one."""
        self._breaker.enter()
        try:
            status, body = self._transport.send(request)
            data = parse_plain(status, body) if plain else parse(status, body, write=request.write)
        except Unavailable as e:
            if isinstance(e, Expired):
                self._breaker.answered()
            else:
                self._breaker.missed()
            raise
        except KubeError:
            self._breaker.answered()
            raise
        self._breaker.answered()
        return data, len(body)
