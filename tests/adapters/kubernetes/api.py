"""Raw requests to an API server, for what the Client under test does not do."""

import json
import ssl
import threading
from typing import Any

import urllib3

from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest

TIMEOUT_S = 15.0


class Refusal(LookupError):
    """An answer that is no success. The text is the server's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text[:300]}")
        self.status = status


class Unreached(OSError):
    """No answer."""


class Api:
    """One API server as one user sees it. Thread-safe."""

    def __init__(self, credentials: Credentials) -> None:
        self._server = credentials.server
        self._headers = {"Authorization": f"Bearer {credentials.token}", "Accept": "application/json"}
        self._local = threading.local()
        self._ca = credentials.ca_pem

    def get(self, path: str) -> Any:
        """The object at a path; the text, if it is none."""
        return self.ask("GET", path)

    def post(self, path: str, body: Manifest) -> Any:
        return self.ask("POST", path, body)

    def delete(self, path: str, body: Manifest | None = None) -> Any:
        return self.ask("DELETE", path, body)

    def merge(self, path: str, body: Manifest) -> Any:
        return self.ask("PATCH", path, body, "application/merge-patch+json")

    def ask(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        headers = self._headers | {"Content-Type": content_type}
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = self._pool().request(method, self._server + path, body=data, headers=headers)
        except urllib3.exceptions.HTTPError as e:
            raise Unreached(str(e)) from e
        text = answer.data.decode()
        if answer.status >= 300:
            raise Refusal(answer.status, text)
        return json.loads(text) if text.startswith("{") else text

    def _pool(self) -> urllib3.PoolManager:
        if not hasattr(self._local, "pool"):
            tls = ssl.create_default_context(cadata=self._ca) if self._ca else None
            self._local.pool = urllib3.PoolManager(ssl_context=tls, retries=False, timeout=TIMEOUT_S)
        return self._local.pool  # type: ignore[no-any-return]
