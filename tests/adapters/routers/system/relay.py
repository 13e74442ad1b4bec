"""What Drover tells HAProxy: a relay of its runtime socket that counts the commands that change something."""

import socket
import socketserver
import threading
from pathlib import Path

WRITES = ("set ", "add ", "del ", "clear ", "commit ")


class Relay:
    """Listens at `path` and passes each line on to the unix socket `behind`. To be closed."""

    def __init__(self, path: Path, behind: str) -> None:
        self.path, self.writes, self._behind = path, 0, behind
        relay = self

        class Door(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                relay._pass_on(self.connection, self.rfile.readline())

        self._server = socketserver.ThreadingUnixStreamServer(str(path), Door)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _pass_on(self, asker: socket.socket, line: bytes) -> None:
        commands = line.decode().split(";")
        self.writes += sum(command.strip().startswith(WRITES) for command in commands)
        with socket.socket(socket.AF_UNIX) as proxy:
            proxy.connect(self._behind)
            proxy.sendall(line)
            while part := proxy.recv(65536):
                asker.sendall(part)
