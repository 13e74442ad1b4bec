"""Debian's HAProxy with Drover's configuration, Prods behind it that answer with their name, and users."""

import http.client
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from traffic.routers.haproxy import HaproxyRouter
from traffic.routers.haproxy_layout import Doors, Layout, haproxy_config, save_script
from traffic.routers.haproxy_wire import Wire
from traffic.routers.protocol import Asked, Backend

WITHIN_S = 20.0
POLL_S = 0.01


def eventually(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {WITHIN_S} s: {what}"
        time.sleep(POLL_S)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def asked_at(path: Path, line: str, *, shut: bool = False) -> str:
    """The answer to a line at a unix socket. The master goes on listening until the other side has `shut`."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(line.encode() + b"\n")
        if shut:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


class RealHaproxy:
    """To be stopped. `folder` holds all of its files."""

    def __init__(self, folder: Path, *, routes: int = 5, members: int = 6, runtime: str = "") -> None:
        self.layout = Layout(str(folder), routes, members)
        self.port = free_port()
        self.doors = Doors(f"127.0.0.1:{self.port}", runtime or f"{folder}/runtime.sock", check_ms=200)
        self.config, self.script = folder / "haproxy.cfg", folder / "save"
        self.config.write_text(haproxy_config(self.layout, self.doors))
        self.script.write_text(save_script(self.layout, self.doors))
        for path in (self.layout.hosts, self.layout.owners):
            Path(path).touch()
        Path(self.layout.servers).write_text("1\n")
        self._log, self._master = folder / "log", folder / "master.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"unix:{self.doors.runtime}" if self.doors.runtime.startswith("/") else self.doors.runtime

    def router(self) -> HaproxyRouter:
        return HaproxyRouter(Wire(self.address), self.layout)

    def start(self) -> None:
        with self._log.open("ab") as log:
            command = ["haproxy", "-W", "-db", "-S", str(self._master), "-f", str(self.config)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually(lambda: self._loaded() and self._answers(), self._log.read_text())

    def stop(self) -> None:
        """At once, as when the machine dies."""
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def run(self, line: str) -> str:
        """The answer to a line, straight from the socket."""
        return asked_at(Path(self.doors.runtime), line)

    def pid(self) -> str:
        return next(line for line in self.run("show info").splitlines() if line.startswith("Pid:"))

    def save(self) -> subprocess.CompletedProcess[str]:
        command = ["sh", str(self.script)]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    def reload(self) -> None:
        """A new worker with the same configuration, which answers when this is over."""
        assert self._process
        before = self.pid()
        self._process.send_signal(signal.SIGUSR2)
        eventually(lambda: self._loaded() and self._answers() and self.pid() != before, "a new worker")

    def _loaded(self) -> bool:
        """Whether the master does what it is told: while it starts itself anew it does not hear signals."""
        try:
            return "worker" in asked_at(self._master, "show proc", shut=True)
        except OSError:
            return False

    def _answers(self) -> bool:
        try:
            return "Pid:" in self.run("show info") if self.doors.runtime.startswith("/") else self._connects()
        except OSError:
            return False

    def _connects(self) -> bool:
        host, _, port = self.doors.runtime.partition(":")
        with socket.create_connection((host, int(port)), 1):
            return True


class Prod:
    """A Prod that answers each request with its name. To be closed."""

    def __init__(self, name: str) -> None:
        self.name, self.healthy = name, True
        self.requests = 0
        prod = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                check = self.path == "/healthz"
                prod.requests += not check
                body = prod.name.encode()
                self.send_response(503 if check and not prod.healthy else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                """HAProxy resets connections that it no longer keeps."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        """May be called twice. Nobody listens afterwards."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def at(prods: Sequence[Prod], one: Asked) -> Asked:
    """The Route with each of its Prods where it really is."""
    ports = {prod.name: prod.port for prod in prods}
    backends = tuple(Backend(each.prod, each.weight, "127.0.0.1", ports[each.prod]) for each in one.backends)
    return replace(one, backends=backends)


def ask(port: int, hostname: str) -> tuple[int, str]:
    """(status, body) of one request; status 0 where there was no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": hostname})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError as e:
        return 0, str(e)
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request that began at `began` (monotonic)."""

    began: float
    status: int
    body: str


class Users:
    """Users who ask for `hostname` all the time, half of them over one connection. Leaving the `with` block ends it."""

    def __init__(self, port: int, hostname: str, count: int = 4) -> None:
        self.answers: list[Answer] = []
        self._port, self._hostname, self._over = port, hostname, threading.Event()
        targets = [self._keep if number % 2 else self._knock for number in range(count)]
        self._threads = [threading.Thread(target=target) for target in targets]

    def __enter__(self) -> "Users":
        for thread in self._threads:
            thread.start()
        self.from_now()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def from_now(self, count: int = 60) -> list[Answer]:
        """What came of at least so many requests that began after this call."""
        now = time.monotonic()
        found: list[Answer] = []

        def enough() -> bool:
            found[:] = [answer for answer in self.answers if answer.began > now]
            return len(found) >= count

        eventually(enough, f"{count} requests")
        return found

    def failed(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.status != 200]

    def _knock(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            self.answers.append(Answer(began, *ask(self._port, self._hostname)))

    def _keep(self) -> None:
        """Over one connection; a new one only where the old was ended in good order, as browsers do."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        while not self._over.is_set():
            began = time.monotonic()
            try:
                connection.request("GET", "/", headers={"Host": self._hostname})
                answer = connection.getresponse()
                self.answers.append(Answer(began, answer.status, answer.read().decode()))
            except http.client.RemoteDisconnected:
                connection.close()
            except OSError as e:
                self.answers.append(Answer(began, 0, str(e)))
                connection.close()
        connection.close()


def served_by(answers: Sequence[Answer]) -> set[str]:
    return {answer.body for answer in answers}
