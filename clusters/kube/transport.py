"""One HTTP exchange with an API server, over the official client: bounded in time, number and size."""

import threading
import time
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import urllib3
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError, SSLError

from clusters.core.kubeconfig import Credentials
from clusters.core.manifests import Manifest
from journal.core.reasons import because

from .outgoing import STRICT, AddressRefused, Limits, checked_pools
from .protocol import Unavailable
from .tls import tls_context
from .tokens import NoToken, TokenSource, token_source

CONNECTIONS_MAX = 8
ANSWER_BYTES_MAX = 64 * 2**20
CHUNK_BYTES = 64 * 2**10
# A redirect would carry our token elsewhere; a retry would hide what happened and cost a slow cluster more.
NO_RETRIES = urllib3.Retry(0, redirect=0, raise_on_redirect=False, raise_on_status=False)
NOT_SENT = (NewConnectionError, ConnectTimeoutError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect (or to get one of the eight places), and for an answer, or that to a list. The
    latter bound each wait for bytes, and once more the whole answer after its first byte."""

    connect_s: float = 2.0
    read_s: float = 5.0
    list_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask. `body` is an object for JSON, a list for a JSON patch, text for any other `content_type`."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: Manifest | list[Manifest] | str | None = None
    content_type: str = "application/json"
    is_list: bool = False
    asks: bool = False  # changes nothing, although it is a POST

    @property
    def write(self) -> bool:
        return self.method != "GET" and not self.asks


class Transport:
    """Sends Requests to one API server. Thread-safe; at most eight at a time."""

    def __init__(self, credentials: Credentials, timeouts: Timeouts, limits: Limits = STRICT) -> None:
        """Opens no connection yet. Raises `tls.Unusable` for a CA or certificate that is none."""
        self._timeouts = timeouts
        self._api = _api_client(credentials, limits)
        self._room = threading.BoundedSemaphore(CONNECTIONS_MAX)

    def close(self) -> None:
        self._api.rest_client.close()

    def send(self, request: Request) -> tuple[int, bytes]:
        """(status, body) of the answer, whatever the status; raises Unavailable without a whole answer."""
        if not self._room.acquire(timeout=self._timeouts.connect_s):
            raise Unavailable(because("cluster-busy", calls=CONNECTIONS_MAX), maybe_done=False)
        try:
            return self._send(request)
        except AddressRefused as e:
            raise Unavailable(e.reason, maybe_done=False) from e
        except MaxRetryError as e:
            raise _unavailable(e.reason or e, request) from e
        except (HTTPError, ApiException, OSError) as e:
            raise _unavailable(e, request) from e
        finally:
            self._room.release()

    def _send(self, request: Request) -> tuple[int, bytes]:
        method, url, headers, body, _ = self._api.param_serialize(
            request.method,
            request.path,
            query_params=list(request.query.items()),
            header_params={"Accept": "application/json", "Content-Type": request.content_type},
            body=request.body,
            auth_settings=["BearerToken"],
        )
        read_s = self._timeouts.list_s if request.is_list else self._timeouts.read_s
        timeout = (self._timeouts.connect_s, read_s)
        answer = self._api.call_api(method, url, headers, body, _request_timeout=timeout)
        return answer.status, _read(answer.response, read_s, write=request.write)


def _read(response: urllib3.BaseHTTPResponse, within_s: float, *, write: bool) -> bytes:
    """The whole body; raises Unavailable if it drips or is far too large."""
    deadline, chunks, size = time.monotonic() + within_s, [], 0
    try:
        for chunk in response.stream(CHUNK_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if time.monotonic() > deadline or size > ANSWER_BYTES_MAX:
                response.close()
                raise Unavailable(because("answer-endless", bytes=size), maybe_done=write)
    finally:
        response.release_conn()
    return b"".join(chunks)


def _unavailable(error: Exception, request: Request) -> Unavailable:
    sent = not isinstance(error, NOT_SENT)
    code = "cluster-not-reached"
    if sent:
        code = "cluster-not-trusted" if isinstance(error, SSLError) else "cluster-no-answer"
    return Unavailable(because(code, error=type(error).__name__), maybe_done=sent and request.write)


def _api_client(credentials: Credentials, limits: Limits) -> ApiClient:
    configuration = Configuration(host=credentials.server.rstrip("/"), retries=NO_RETRIES)
    configuration.proxy = None  # what the constructor read from our environment
    if credentials.token:
        configuration.api_key = {"authorization": f"Bearer {credentials.token}"}
    if source := token_source(credentials):
        configuration.api_key = {"authorization": ""}  # without an entry the hook is not asked
        configuration.refresh_api_key_hook = partial(_renew, source)
    api = ApiClient(configuration)
    api.user_agent = user_agent()
    tls = tls_context(credentials)
    api.rest_client.pool_manager = checked_pools(
        limits, num_pools=1, maxsize=CONNECTIONS_MAX, retries=NO_RETRIES, ssl_context=tls
    )
    return api


def _renew(source: TokenSource, configuration: Configuration) -> None:
    """Put a token into `configuration` that is good for the next call."""
    try:
        configuration.api_key = {"authorization": f"Bearer {source()}"}
    except NoToken as e:
        raise Unavailable(e.reason, maybe_done=False) from e


def user_agent() -> str:
    """`drover/<version>`, as API servers write it into their audit logs."""
    try:
        return f"drover/{version('drover')}"
    except PackageNotFoundError:
        return "drover/dev"
