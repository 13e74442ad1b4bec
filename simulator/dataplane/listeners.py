"""Listening sockets for the node ports of Services."""

from __future__ import annotations

from simulator.dataplane.addresses import SocketAddresses
from simulator.dataplane.answers import Answers, Silence
from simulator.store.store import DELETED, Commit, Store
from simulator.values import Obj
from simulator.wire.doors import OPEN, Door
from simulator.wire.messages import Request, Response, json_response


class Listeners:
    """Opens and closes real ports as Services come and go."""

    def __init__(self, store: Store, addresses: SocketAddresses, answers: Answers) -> None:
        self._store, self._addresses, self._answers = store, addresses, answers
        self._doors: dict[int, Door] = {}
        self._state = OPEN
        store.listen(self._follow, "services")

    def open_all(self) -> None:
        """Serve every Service of a restored store."""
        for service in self._store.each("services"):
            self._follow(Commit("services", "ADDED", 0, None, service))

    def turn(self, state: str) -> None:
        """Open, shut or silence all node ports, and those to come."""
        self._state = state
        for door in self._doors.values():
            door.turn(state)

    def close(self) -> None:
        """Stop serving all node ports."""
        for number in tuple(self._doors):
            self._shut(number)

    def _follow(self, commit: Commit) -> None:
        wanted = {} if commit.type == DELETED else _node_ports(commit.new)
        for number in _node_ports(commit.old or {"spec": {}}).keys() - wanted.keys():
            self._shut(number)
        for number, port in wanted.items():
            if number not in self._doors and number in self._addresses.sockets:
                self._open(number, commit.new, str(port))

    def _open(self, number: int, service: Obj, port: str) -> None:
        namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]

        async def handle(request: Request) -> Response | None:
            """What a user of this port gets; 503 while no pod is ready."""
            current = self._store.get("services", namespace, name)
            try:
                answer = await self._answers.of_service(current, request, port) if current else None
            except Silence:
                return None
            return answer or json_response({"error": f"no pod of {namespace}/{name} is ready"}, 503)

        self._doors[number] = Door(self._addresses.sockets[number], handle, self._state)

    def _shut(self, number: int) -> None:
        door = self._doors.pop(number, None)
        sock = self._addresses.sockets.pop(number, None)
        if door:
            door.close()
        elif sock:
            sock.close()


def _node_ports(service: Obj) -> dict[int, int]:
    return {
        port["nodePort"]: port["port"] for port in service["spec"].get("ports") or () if port.get("nodePort")
    }
