"""Raw requests to an API server, for what the Client under test does not do."""

import json
import ssl
import threading
from dataclasses import dataclass
from typing import Any

import urllib3

from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest

TIMEOUT_S = 15.0
JSON = "application/json"


class Refusal(LookupError):
    """An answer that is no success. The text is the server's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text[:300]}")
        self.status = status


class Unreached(OSError):
    """No answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, success or not; `body` is parsed if it is JSON."""

    status: int
    body: Any

    @property
    def message(self) -> str:
        """The words of a Status, or the text."""
        return str(self.body.get("message", "") if isinstance(self.body, dict) else self.body)


class Api:
    """One API server as one user sees it. Thread-safe."""

    def __init__(self, credentials: Credentials) -> None:
        self._server = credentials.server
        self._headers = {"Accept": JSON}
        if credentials.token:
            self._headers["Authorization"] = f"Bearer {credentials.token}"
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

    def ask(self, method: str, path: str, body: Any = None, content_type: str = JSON) -> Any:
        """The body of an answer that is a success; else Refusal."""
        status, text = self._sent(method, path, body, {"Content-Type": content_type})
        if status >= 300:
            raise Refusal(status, text)
        return _parsed(text)

    def answer(
        self, method: str, path: str, body: Any = None, content_type: str = JSON, *, accept: str = JSON
    ) -> Answer:
        """Any answer."""
        status, text = self._sent(method, path, body, {"Content-Type": content_type, "Accept": accept})
        return Answer(status, _parsed(text))

    def unnamed(self) -> "Api":
        """The same server without a token."""
        return Api(Credentials(self._server, self._ca))

    def _sent(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, str]:
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = self._pool().request(
                method, self._server + path, body=data, headers=self._headers | headers
            )
        except urllib3.exceptions.HTTPError as e:
            raise Unreached(str(e)) from e
        if "watch=1" in path:
            self._pool().clear()  # a server may end the connection with the stream
        return answer.status, answer.data.decode()

    def _pool(self) -> urllib3.PoolManager:
        if not hasattr(self._local, "pool"):
            tls = ssl.create_default_context(cadata=self._ca) if self._ca else None
            self._local.pool = urllib3.PoolManager(ssl_context=tls, retries=False, timeout=TIMEOUT_S)
        return self._local.pool  # type: ignore[no-any-return]


def _parsed(text: str) -> Any:
    return json.loads(text) if text.startswith("{") and not text.startswith('{"type":') else text
