"""Answers about whole kinds, lists and rights that are no good."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from clusters.kube.breaker import MISSES_TO_OPEN
from clusters.kube.client import Client
from clusters.kube.protocol import Granted, NotFound, Right, Unavailable
from tests.adapters.kubernetes.scripted import Server, answer, client_to, failure

GROUPS = answer(200, b'{"kind": "APIGroupList", "groups": []}')
NO_PAGE = answer(404, b"404 page not found\n")
PATCH = Right("apps", "deployments/scale", "patch")
KINDS_ASKED_FOR = ["HTTPRoute", "Cache.shop.example/v1"]


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.serve()
    yield server
    server.door.close()


class Routed(Server):
    """Answers by path: `/apis` with `script`, anything else as an API server without that path."""

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            self.requests.append(connection.recv(65536).decode().splitlines()[0])
            is_root = self.requests[-1].startswith("GET /apis ")
            connection.sendall((self.script or b"") if is_root else NO_PAGE)


@pytest.fixture
def routed() -> Iterator[Routed]:
    server = Routed()
    server.serve()
    yield server
    server.door.close()


@pytest.mark.parametrize("kind", KINDS_ASKED_FOR)
def test_a_path_that_an_api_server_does_not_have_is_a_kind_it_does_not_have(
    routed: Routed, kind: str
) -> None:
    routed.script = GROUPS
    with closing(client_to(routed.url)) as client:
        for _ in range(MISSES_TO_OPEN + 1):  # none of them is a miss of the cluster
            with pytest.raises(NotFound) as caught:
                client.list(kind)
            assert caught.value.reason.code == "kind-absent"
        client.delete(kind, "n", "c")


@pytest.mark.parametrize("kind", KINDS_ASKED_FOR)
def test_a_path_that_somebody_else_does_not_have_says_nothing(routed: Routed, kind: str) -> None:
    routed.script = NO_PAGE
    with closing(client_to(routed.url)) as client, pytest.raises(Unavailable) as caught:
        client.delete(kind, "n", "c")
    assert caught.value.reason.code == "answer-unreadable"


def test_a_list_that_expires_is_begun_again_once(server: Server) -> None:
    server.script = failure(410)
    with closing(client_to(server.url)) as client, pytest.raises(Unavailable) as caught:
        client.list("ConfigMap")
    assert caught.value.reason.code == "list-moved-on"
    assert len(server.requests) == 2


@pytest.mark.parametrize("review", [lambda client: client.allowed(PATCH), lambda client: client.granted("n")])
def test_a_review_without_a_verdict_is_no_answer(server: Server, review: Callable[[Client], object]) -> None:
    server.script = answer(201, b'{"kind": "SelfSubjectAccessReview", "status": {}}')
    with closing(client_to(server.url)) as client, pytest.raises(Unavailable) as caught:
        review(client)
    assert caught.value.reason.code == "answer-unreadable"


def test_a_review_is_read_as_it_is_written(server: Server) -> None:
    rule = {"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["api"]}
    status = {"allowed": True, "resourceRules": [rule], "nonResourceRules": [], "incomplete": False}
    server.script = answer(201, json.dumps({"status": status}).encode())
    with closing(client_to(server.url)) as client:
        assert client.allowed(PATCH)
        assert client.granted("n") == (Granted(("apps",), ("deployments",), ("get",), ("api",)),)
    assert [request.split()[0] for request in server.requests] == ["POST", "POST"]
