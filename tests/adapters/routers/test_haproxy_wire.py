"""One line, one answer: what cannot be said, and what an answer is not."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clusters.kube.outgoing import Limits
from traffic.routers.haproxy_wire import LINE_MAX, Wire, line_of, lines_of
from traffic.routers.protocol import Rejected, Unreachable

LOOPBACK = Limits(loopback_allowed=True)
Serve = Callable[[Callable[[socket.socket], None]], Wire]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a server for one connection, that `talk` is given; the Wire to it."""
    threads: list[threading.Thread] = []

    def start(talk: Callable[[socket.socket], None]) -> Wire:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / "s"))
        listener.listen(1)
        listener.settimeout(10)

        def run() -> None:
            with listener, listener.accept()[0] as connection:
                connection.settimeout(10)
                try:
                    talk(connection)
                except (BrokenPipeError, ConnectionResetError):
                    return

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return Wire(f"unix:{tmp_path}/s", answer_s=0.1)

    yield start
    for thread in threads:
        thread.join()


def until_gone(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def dribble(connection: socket.socket) -> None:
    """A byte whenever the other one would have lost patience with silence, for ever."""
    connection.settimeout(0.02)
    while True:
        connection.sendall(b"x")
        try:
            if not connection.recv(4096):
                return
        except TimeoutError:
            continue


BAD = ["a;b", "a b", "a\nb", "a\tb", "a\\b", "<<", "", "a\0", "é", "$(x)", '"', "'", "`x`"]


@pytest.mark.parametrize("text", BAD)
def test_a_word_that_could_be_a_command_is_never_sent(text: str) -> None:
    with pytest.raises(Rejected):
        line_of([("set", "map", "/m", text)])


def test_commands_are_split_into_lines_that_fit() -> None:
    commands = [("add", "map", "/maps/hosts.map", f"tenant-{n}.example", "drover-1") for n in range(1000)]
    lines = lines_of(commands)
    assert ";".join(lines) == line_of(commands)
    assert max(map(len, lines)) <= LINE_MAX
    assert len(lines) < 10


def test_the_end_of_the_connection_is_the_end_of_the_answer(serve: Serve) -> None:
    def talk(connection: socket.socket) -> None:
        assert connection.recv(100) == b"show map /m\n"
        connection.sendall(b"0x1 a ")
        connection.sendall(b"b\n\n")

    assert serve(talk).ask([("show", "map", "/m")]) == "0x1 a b\n\n"


SILENT = {
    "no answer": until_gone,
    "half a line": lambda connection: connection.sendall(b"0x1 a"),
    "nothing at all": lambda connection: None,
    "no text": lambda connection: connection.sendall(b"\xff\xfe\n"),
    "no end": dribble,
}


@pytest.mark.parametrize("talk", SILENT.values(), ids=SILENT)
def test_what_is_no_answer_leaves_open_whether_a_write_was_done(
    serve: Serve, talk: Callable[[socket.socket], None]
) -> None:
    with pytest.raises(Unreachable) as caught:
        serve(talk).tell([("set", "map", "/m", "a", "b")])
    assert caught.value.maybe_done


@pytest.mark.parametrize("talk", SILENT.values(), ids=SILENT)
def test_a_question_without_an_answer_has_done_nothing(
    serve: Serve, talk: Callable[[socket.socket], None]
) -> None:
    with pytest.raises(Unreachable) as caught:
        serve(talk).ask([("show", "map", "/m")])
    assert not caught.value.maybe_done


@pytest.mark.parametrize(
    "address", ["unix:/nowhere/at/all", "127.0.0.1:1", "no-such-host.invalid:9999", "words", "a:b"]
)
def test_where_nobody_listens_nothing_is_done(address: str) -> None:
    with pytest.raises(Unreachable) as caught:
        Wire(address, limits=LOOPBACK).tell([("set", "map", "/m", "a", "b")])
    assert not caught.value.maybe_done


@pytest.mark.parametrize("address", ["169.254.169.254:80", "127.0.0.1:9999"])
def test_where_drover_never_connects_is_rejected(address: str) -> None:
    with pytest.raises(Rejected):
        Wire(address).ask([("show", "info")])
