"""Where connections go: never to a refused address, whatever the name and whatever the resolver says."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import aiohttp
import pytest

from clusters.core.kubeconfig import Credentials
from clusters.kube.client import Client
from clusters.kube.connect import database_doors, limits
from clusters.kube.outgoing import STRICT, AddressRefused, Limits, checked_addresses
from clusters.kube.protocol import Unavailable
from clusters.observe.connector import checked_connector

DEMO = Limits(loopback_allowed=True)
ANSWER = b'HTTP/1.1 200 X\r\nContent-Length: 25\r\nConnection: close\r\n\r\n{"gitVersion": "v1.36.2"}\n'


class Names:
    """A resolver for tests: `names` are what it knows, everything else is asked of the real one."""

    def __init__(self, **names: tuple[str, ...]) -> None:
        self.names = names
        self.asked: list[str] = []
        self._real = socket.getaddrinfo

    def __call__(self, host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        self.asked.append(host)
        addresses = self.names.get(host, (host,))
        return [entry for one in addresses for entry in self._real(one, port, *args, **kwargs)]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names(
        metadata=("169.254.169.254",),
        mixed=("10.0.0.1", "169.254.169.254"),
        here=("127.0.0.1",),
        moving=("127.0.0.1",),
        database=("10.9.9.9",),
        alias=("::ffff:10.9.9.9",),
    )
    monkeypatch.setattr(socket, "getaddrinfo", names)
    return names


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """A server on the loopback address that answers every request; `getsockname` tells where."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_serve, args=(door,), daemon=True).start()
        yield door


def _serve(door: socket.socket) -> None:
    while True:
        try:
            connection, _ = door.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            connection.sendall(ANSWER)


def port_of(door: socket.socket) -> int:
    return int(door.getsockname()[1])


def version(url: str, within: Limits) -> str:
    with closing(Client(Credentials(url, token="t"), limits=within)) as client:
        return client.version()


async def observed(url: str, within: Limits) -> int:
    connector = checked_connector(within)
    async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as answer:
        return answer.status


# Each of these leads to this machine, once a resolver has read it.
SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "2130706433",
    "localhost",
    "here",
]
METADATA = [
    "169.254.169.254",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "2852039166",
    "[::ffff:a9fe:a9fe]",
    "metadata",
]


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_machine_is_connected_to(names: Names, door: socket.socket, host: str) -> None:
    url = f"http://{host}:{port_of(door)}"
    with pytest.raises(Unavailable) as caught:
        version(url, STRICT)
    assert caught.value.reason.code == "address-loopback"
    assert not caught.value.maybe_done
    assert version(url, DEMO) == "v1.36.2"


@pytest.mark.parametrize("host", [*METADATA, "mixed"])
def test_no_spelling_of_a_metadata_address_is_connected_to(names: Names, host: str) -> None:
    with pytest.raises(Unavailable) as caught:
        version(f"https://{host}:443", DEMO)
    assert caught.value.reason.code == "address-refused"


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f000001", "[::ffff:127.0.0.1]", "localhost", "here"])
def test_the_observer_connects_to_no_spelling_of_this_machine(
    names: Names, door: socket.socket, host: str
) -> None:
    url = f"http://{host}:{port_of(door)}"
    with pytest.raises(aiohttp.ClientConnectorError, match="address-loopback"):
        asyncio.run(observed(url, STRICT))
    assert asyncio.run(observed(url, DEMO)) == 200


@pytest.mark.parametrize("host", [*METADATA, "mixed"])
def test_the_observer_connects_to_no_metadata_address(names: Names, host: str) -> None:
    # aiohttp itself takes octal and decimal spellings for no URL at all.
    with pytest.raises(aiohttp.ClientError, match=r"address-refused|not a canonical IPv4 address"):
        asyncio.run(observed(f"http://{host}:80", DEMO))


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(
    names: Names, door: socket.socket
) -> None:
    assert version(f"http://moving:{port_of(door)}", DEMO) == "v1.36.2"
    assert names.asked.count("moving") == 1


def test_the_second_address_is_tried_when_the_first_is_dead(names: Names, door: socket.socket) -> None:
    names.names["two"] = ("127.0.0.2", "127.0.0.1")
    assert version(f"http://two:{port_of(door)}", DEMO) == "v1.36.2"


OURS = Limits(ours=(("database", 5432), ("broker.example", 6379)))


@pytest.mark.parametrize("host", ["database", "10.9.9.9", "alias"])
def test_our_own_database_is_no_cluster_under_any_name(names: Names, host: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        checked_addresses(host, 5432, OURS)
    assert caught.value.reason.code == "address-ours"
    assert checked_addresses(host, 6443, OURS)


def test_only_the_demo_may_reach_this_machine(settings: Any) -> None:
    settings.DEMO = True
    assert limits() == DEMO
    settings.DEMO = False
    settings.REDIS_URL = "redis://broker/0"
    assert not limits().loopback_allowed
    assert ("broker", 6379) in limits().ours


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("db", "", [("db", 5432)]),
        ("db-1,db-2", "5433", [("db-1", 5433), ("db-2", 5433)]),
        ("db-1,db-2", "5433,5434", [("db-1", 5433), ("db-2", 5434)]),
        ("/var/run/postgresql", "", []),
        ("", "", []),
    ],
)
def test_every_server_of_our_database_is_ours(host: str, port: str, expected: list[tuple[str, int]]) -> None:
    assert database_doors({"HOST": host, "PORT": port}) == expected
