"""What HAProxy 2.6 answers to the commands that Drover gives, in memory. It is checked against the real one
(`system/test_haproxy_stand_in.py`), and like it says in words what it does not take."""

import itertools
import re
from dataclasses import dataclass, field
from ipaddress import ip_address

from traffic.routers.haproxy_layout import Layout

HEAD = (
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state "
    "srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port "
    "srv_check_addr srv_agent_addr srv_agent_port\n"
)
MAINT, DRAIN, CONFIGURED = 0x01, 0x08, 0x04
UNKNOWN_MAP = "Unknown map identifier. Please use #<id> or <file>.\n"


@dataclass
class Slot:
    backend: str
    name: str
    number: int
    host: str = "127.0.0.1"
    port: int = 1
    admin: int = MAINT | CONFIGURED
    weight: int = 1


@dataclass
class StandIn:
    """`run(line)` is the answer to one connection that sends `line`."""

    layout: Layout
    maps: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(0x1000))

    def __post_init__(self) -> None:
        self.maps = {self.layout.hosts: [], self.layout.owners: []}
        for backend in self.layout.backends():
            for number, name in enumerate(self.layout.slots(), start=1):
                self.slots[f"{backend}/{name}"] = Slot(backend, name, number)

    def run(self, line: str) -> str:
        return "".join(self._run(command.split()) + "\n" for command in line.split(";"))

    def _run(self, words: list[str]) -> str:
        match words:
            case ["show" | "get" | "add" | "set" | "del" as verb, "map", name, *rest]:
                return self._map(verb, name, rest)
            case ["show", "servers", "state", *backend]:
                return self._state(*backend)
            case ["set", "server", name, *rest]:
                if name.partition("/")[0] not in self.layout.backends():
                    return "No such backend.\n"
                if name not in self.slots:
                    return "No such server.\n"
                return self._set(self.slots[name], rest)
        return "Unknown command\n"

    def _map(self, verb: str, name: str, rest: list[str]) -> str:
        if name not in self.maps:
            return UNKNOWN_MAP
        lines = self.maps[name]
        match verb, rest:
            case "show", []:
                return "".join(f"{ref} {key} {value}\n" for ref, key, value in lines)
            case "get", [key]:
                found = next((value for _, its, value in lines if its == key), None)
                if found is None:
                    return "type=str, case=sensitive, found=no\n"
                return f'type=str, case=sensitive, found=yes, idx=tree, key="{key}", value="{found}", type="str"\n'
            case "add", [key, value]:
                lines.append((hex(next(self.numbers)), key, value))
                return ""
            case "set", [key, value]:
                if key not in [its for _, its, _ in lines]:
                    return "entry not found.\n"
                self.maps[name] = [(ref, its, value if its == key else old) for ref, its, old in lines]
                return ""
            case "del", [key]:
                left = [line for line in lines if key not in (line[1], f"#{line[0]}")]
                self.maps[name] = left
                return "" if len(left) < len(lines) else "Key not found.\n"
        return f"'{verb} map' expects other parameters\n"

    def _state(self, backend: str = "") -> str:
        found = [slot for slot in self.slots.values() if backend in ("", slot.backend)]
        if not found:
            return "Can't find backend.\n"
        return HEAD + "".join(
            f"4 {slot.backend} {slot.number} {slot.name} {slot.host} 2 {slot.admin} {slot.weight} 1 "
            f"0 1 0 1 6 0 0 0 unset.invalid {slot.port} - 0 0 - - 0\n"
            for slot in found
        )

    def _set(self, slot: Slot, rest: list[str]) -> str:
        match rest:
            case ["weight", text] if re.fullmatch(r"\d+", text):
                if int(text) > 256:
                    return "Absolute weight can only be between 0 and 256 inclusive.\n"
                slot.weight = int(text)
                return ""
            case ["state", "ready" | "drain" | "maint" as state]:
                slot.admin = CONFIGURED | {"ready": 0, "drain": DRAIN, "maint": MAINT}[state]
                return ""
            case ["addr", host, "port", port] if port.isdecimal():
                return self._move(slot, host, int(port))
        return "'set server <srv>' only supports other parameters\n"

    def _move(self, slot: Slot, host: str, port: int) -> str:
        try:
            ip_address(host)
        except ValueError:
            return f"Invalid addr '{host}' by 'stats socket command'\n"
        if (slot.host, slot.port) == (host, port):
            return "no need to change the addr, no need to change the port by 'stats socket command'\n"
        said = (
            "no need to change the addr"
            if slot.host == host
            else f"IP changed from '{slot.host}' to '{host}'"
        )
        said += ", "
        said += (
            "no need to change the port"
            if slot.port == port
            else f"port changed from '{slot.port}' to '{port}'"
        )
        slot.host, slot.port = host, port
        return f"{said} by 'stats socket command'\n"
