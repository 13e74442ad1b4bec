"""HAProxy routers, and the door at which the Faults of the contract meet them."""

import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.adapters.routers.faults import Fault, Faults
from tests.adapters.routers.haproxy_stand_in import StandIn
from traffic.routers.haproxy import HaproxyRouter
from traffic.routers.haproxy_facts import Entry, entries_of, entry_text, parse_map
from traffic.routers.haproxy_layout import Layout
from traffic.routers.haproxy_wire import Wire

Run = Callable[[str], str]
READS = ("show ", "get ")
POLL_S = 0.2


class Door:
    """A unix socket whose every connection is one line for `run`. To be closed."""

    def __init__(self, path: Path, run: Run) -> None:
        self.run, self.faults, self.lines = run, Faults(), list[str]()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        self._listener.settimeout(POLL_S)
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        self.address = f"unix:{path}"

    def close(self) -> None:
        self._closed.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(5)
            with connection, connection.makefile("r", newline="\n") as lines:
                line = lines.readline().rstrip("\n")
                answer = self._answer(line) if line else ""
                try:
                    connection.sendall(answer.encode())
                except BrokenPipeError:
                    continue

    def _answer(self, line: str) -> str:
        """Empty: the connection ends without an answer."""
        write = not line.startswith(READS)
        self.lines.append(line)
        match self.faults.begin(write=write):
            case None:
                return self.run(line)
            case Fault.LIES:
                return "\n"
            case Fault.ANSWER_LOST:
                self.run(line)
        return ""


class HaproxyWorld:
    """`run` goes straight to the runtime API, past the `door` that the router has to take."""

    def __init__(self, run: Run, layout: Layout, door: Door) -> None:
        self.run, self.layout, self.door, self.faults = run, layout, door, door.faults

    def entry(self, route: str) -> Entry:
        return entries_of(parse_map(self.run(f"show map {self.layout.owners}")))[route]

    def publish_from_outside(self, route: str, epoch: int, weights: Mapping[str, int]) -> None:
        now = self.entry(route)
        after = Entry(now.backend, route, epoch, now.prods)
        self.run(f"set map {self.layout.owners} {now.backend} {entry_text(after)}")
        for slot, prod in zip(self.layout.slots(), now.prods, strict=True):
            if prod:
                state = "ready" if weights[prod] else "drain"
                name = f"{now.backend}/{slot}"
                self.run(f"set server {name} weight {weights[prod]};set server {name} state {state}")


def haproxy_behind(
    request: pytest.FixtureRequest, run: Run, layout: Layout
) -> tuple[HaproxyRouter, HaproxyWorld]:
    folder = TemporaryDirectory()
    door = Door(Path(folder.name) / "door", run)
    request.addfinalizer(folder.cleanup)
    request.addfinalizer(door.close)
    return HaproxyRouter(Wire(door.address), layout), HaproxyWorld(run, layout, door)


def haproxy_stand_in(request: pytest.FixtureRequest) -> tuple[HaproxyRouter, HaproxyWorld]:
    layout = Layout(folder="/maps", routes=5, members=6)
    return haproxy_behind(request, StandIn(layout).run, layout)
