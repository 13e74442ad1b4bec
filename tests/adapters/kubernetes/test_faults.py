"""Every call × everything that can go wrong outside: which error it becomes, and whether it may be done."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from clusters.kube.breaker import MISSES_TO_OPEN, OPEN_S, Breaker
from clusters.kube.client import Client
from clusters.kube.protocol import Conflict, Denied, Invalid, KubeError, NotFound, Right, Unavailable
from tests.adapters.kubernetes.scripted import Server, answer, client_to, failure

MANIFEST = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}}

READS: dict[str, Callable[[Client], Any]] = {
    "get": lambda client: client.get("ConfigMap", "n", "c"),
    "list": lambda client: client.list("ConfigMap"),
    "version": lambda client: client.version(),
    "ready": lambda client: client.ready(),
    "allowed": lambda client: client.allowed(Right("apps", "deployments", "patch"), "n"),
    "granted": lambda client: client.granted("n"),
}
WRITES: dict[str, Callable[[Client], Any]] = {
    "apply": lambda client: client.apply(MANIFEST),
    "delete": lambda client: client.delete("ConfigMap", "n", "c"),
}
CALLS = READS | WRITES


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.serve()
    yield server
    server.door.close()


def error_of(url: str, call: str) -> KubeError:
    client = client_to(url)
    with closing(client), pytest.raises(KubeError) as caught:
        CALLS[call](client)
    return caught.value


HTML = answer(200, b"<html>Please log in</html>")
SCRIPTS: dict[str, bytes | None] = {
    "no answer": None,
    "cut off before the answer": b"",
    "cut off in the answer": answer(200, b"{}").replace(b"Length: 2", b"Length: 99"),
    "500": failure(500, "boom"),
    "503": failure(503),
    "504 in HTML": answer(504, b"<html>Gateway"),
    "a login page": HTML,
    "a list": answer(200, b"[]"),
    "not HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_without_a_usable_answer_a_write_may_be_done(server: Server, script: bytes | None, call: str) -> None:
    if call == "ready" and script in (HTML, SCRIPTS["a list"]):
        return  # /readyz answers plain text: whoever says 200 is ready
    server.script = script
    error = error_of(server.url, call)
    assert isinstance(error, Unavailable)
    assert error.maybe_done == (call in WRITES)
    assert len(server.requests) == 1, "nothing is retried here"


@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_has_too_much_to_do_says_so_in_plain_text_and_has_done_nothing(
    server: Server, call: str
) -> None:
    server.script = answer(429, b"Too many requests, please try again later.\n")
    error = error_of(server.url, call)
    assert isinstance(error, Unavailable)
    assert not error.maybe_done
    assert error.reason.code == "cluster-error"
    assert dict(error.reason.params)["message"] == "Too many requests, please try again later.\n"


@pytest.mark.parametrize("call", CALLS)
def test_what_was_never_sent_is_not_done(call: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        error = error_of(url, call)
    assert isinstance(error, Unavailable)
    assert not error.maybe_done
    assert error.reason.code == "cluster-not-reached"


@pytest.mark.parametrize("call", ["get", "apply", "list"])
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (failure(401), Denied),
        (failure(403, "no"), Denied),
        (failure(404), NotFound),
        (failure(409), Conflict),
        (failure(400), Invalid),
        (failure(422), Invalid),
        (failure(500, "failed to create typed patch object (n/c; v1): .x: field not declared"), Invalid),
        (failure(500, "failed to convert new object (n/c; v1) to proper version: quantities"), Invalid),
        (failure(429), Unavailable),
        (failure(302), Unavailable),
    ],
    ids=["401", "403", "404", "409", "400", "422", "500 of the schema", "500 of a value", "429", "302"],
)
def test_each_refusal_has_its_error(
    server: Server, call: str, script: bytes, expected: type[KubeError]
) -> None:
    server.script = script
    error = error_of(server.url, call)
    assert type(error) is expected
    assert not getattr(error, "maybe_done", False)


def test_contested_fields_are_named(server: Server) -> None:
    cause = {"reason": "FieldManagerConflict", "field": ".spec.replicas", "message": 'conflict with "hpa"'}
    server.script = failure(409, "Apply failed", (cause,))
    error = error_of(server.url, "apply")
    assert isinstance(error, Conflict)
    assert [(one.field, one.message) for one in error.fields] == [(".spec.replicas", 'conflict with "hpa"')]


def test_a_redirect_does_not_carry_our_token_away(server: Server) -> None:
    thief = Server(script=answer(200, b"{}"))
    thief.serve()
    server.script = answer(302, b"{}", f"Location: {thief.url}/")
    assert isinstance(error_of(server.url, "get"), Unavailable)
    assert thief.requests == []
    thief.door.close()


def test_a_proxy_of_the_environment_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    thief = Server(script=answer(200, b"{}"))
    thief.serve()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, thief.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.script = answer(200, b'{"gitVersion": "v1.36.2"}')
    with closing(client_to(server.url)) as client:
        assert client.version() == "v1.36.2"
    assert thief.requests == []
    thief.door.close()


def test_an_answer_that_drips_is_given_up(server: Server) -> None:
    class Dripping(Server):
        def _answer(self, connection: socket.socket) -> None:
            with connection:
                connection.recv(65536)
                connection.sendall(answer(200, b"").replace(b"Length: 0", b"Length: 1000000"))
                try:
                    while True:
                        connection.sendall(b" " * 10_000)
                        threading.Event().wait(0.05)
                except OSError:
                    return

    dripping = Dripping()
    dripping.serve()
    assert error_of(dripping.url, "get").reason.code == "answer-endless"
    dripping.door.close()


def test_deleting_what_is_gone_is_success(server: Server) -> None:
    server.script = failure(404)
    with closing(client_to(server.url)) as client:
        client.delete("ConfigMap", "n", "c")


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_silent_cluster_costs_one_probe_in_a_while(server: Server) -> None:
    clock = Clock()
    client = client_to(server.url, Breaker(clock))
    server.script = failure(503)
    with closing(client):
        codes = [_code(client) for _ in range(MISSES_TO_OPEN + 5)]
        assert codes == ["cluster-error"] * MISSES_TO_OPEN + ["cluster-silent"] * 5
        clock.now_s += OPEN_S
        assert [_code(client), _code(client)] == ["cluster-error", "cluster-silent"]
        clock.now_s += OPEN_S
        server.script = answer(200, b"{}")
        assert [_code(client), _code(client)] == ["", ""]


def test_a_refusal_is_an_answer(server: Server) -> None:
    client = client_to(server.url, Breaker(Clock()))
    server.script = failure(404)
    with closing(client):
        assert {_code(client) for _ in range(MISSES_TO_OPEN + 1)} == {"object-missing"}


def _code(client: Client) -> str:
    try:
        client.get("ConfigMap", "n", "c")
    except KubeError as error:
        return error.reason.code
    return ""
