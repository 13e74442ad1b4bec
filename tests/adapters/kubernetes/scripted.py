"""A server that says what a test tells it to, and a Client that has no patience with it."""

import json
import socket
import threading
from dataclasses import dataclass, field

from clusters.core.kubeconfig import Credentials
from clusters.kube.breaker import Breaker
from clusters.kube.client import Client
from clusters.kube.outgoing import Limits
from clusters.kube.transport import Timeouts

QUICK = Timeouts(connect_s=0.3, read_s=0.3, list_s=0.3)


def answer(status: int, body: bytes, *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def failure(status: int, message: str = "", causes: tuple[dict[str, str], ...] = ()) -> bytes:
    return answer(
        status, json.dumps({"kind": "Status", "message": message, "details": {"causes": causes}}).encode()
    )


@dataclass(slots=True)
class Server:
    """Reads one request per connection and sends `script`; None: sends nothing and waits."""

    script: bytes | None = None
    requests: list[str] = field(default_factory=list)
    door: socket.socket = field(default_factory=socket.socket)

    def serve(self) -> None:
        self.door.bind(("127.0.0.1", 0))
        self.door.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.door.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            self.requests.append(connection.recv(65536).decode().splitlines()[0])
            if self.script is not None:
                connection.sendall(self.script)
            else:
                connection.recv(1)


def client_to(url: str, breaker: Breaker | None = None) -> Client:
    credentials = Credentials(url, token="t")
    return Client(credentials, breaker, QUICK, Limits(loopback_allowed=True))
