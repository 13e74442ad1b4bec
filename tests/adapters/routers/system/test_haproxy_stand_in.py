"""The stand-in of the ordinary suite answers as Debian's HAProxy does."""

import re

import pytest

from tests.adapters.routers.haproxy_stand_in import StandIn
from tests.adapters.routers.system.real_haproxy import RealHaproxy
from traffic.routers.haproxy_facts import parse_got, parse_map, parse_servers

SAME = {
    "maps": ["add map HOSTS a.example one", "show map HOSTS", "get map HOSTS a.example", "get map HOSTS b.example",
             "set map HOSTS a.example two", "get map HOSTS a.example", "set map HOSTS b.example two",
             "del map HOSTS a.example", "del map HOSTS a.example", "show map HOSTS"],
    "two lines for one key": ["add map HOSTS a.example one;add map HOSTS a.example two", "show map HOSTS",
                              "get map HOSTS a.example", "set map HOSTS a.example three", "show map HOSTS",
                              "del map HOSTS a.example", "show map HOSTS"],
    "no such map": ["show map /none", "add map /none a b", "get map /none a", "del map /none a"],
    "servers": ["set server drover-1/m1 addr 192.0.2.1 port 80", "set server drover-1/m1 addr 192.0.2.1 port 81",
                "set server drover-1/m1 addr 192.0.2.2 port 81", "set server drover-1/m1 addr 2001:db8::1 port 81",
                "set server drover-1/m1 addr nonsense port 81",
                "set server drover-1/m1 weight 7;set server drover-1/m1 state ready"],
    "what is refused": ["set server drover-1/m99 weight 1", "set server drover-9/m1 weight 1",
                        "set server drover-1/m1 weight 300", "show servers state drover-99"],
    "joined": ["get map HOSTS a.example;get map HOSTS b.example;set server drover-1/m99 state ready"],
}  # fmt: skip


@pytest.mark.parametrize("lines", SAME.values(), ids=SAME)
def test_it_answers_in_the_same_words(haproxy: RealHaproxy, lines: list[str]) -> None:
    stand_in = StandIn(haproxy.layout)
    for line in lines:
        line = line.replace("HOSTS", haproxy.layout.hosts)
        assert plain(stand_in.run(line)) == plain(haproxy.run(line)), line


def plain(text: str) -> str:
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def test_a_line_of_a_map_goes_by_its_reference(haproxy: RealHaproxy) -> None:
    for run in (haproxy.run, StandIn(haproxy.layout).run):
        hosts = haproxy.layout.hosts
        run(f"add map {hosts} a.example one;add map {hosts} a.example two")
        first, _ = parse_map(run(f"show map {hosts}"))
        assert run(f"del map {hosts} #{first.ref}").strip() == ""
        assert parse_got(run(f"get map {hosts} a.example")) == {"a.example": "two"}


@pytest.mark.parametrize("state", ["ready", "drain", "maint"])
def test_its_servers_have_the_same_state(haproxy: RealHaproxy, state: str) -> None:
    line = f"set server drover-1/m2 addr 192.0.2.1 port 80;set server drover-1/m2 weight 7;set server drover-1/m2 state {state}"
    found = []
    for run in (haproxy.run, StandIn(haproxy.layout).run):
        run(line)
        found.append(parse_servers(run("show servers state")))
    real, ours = found
    assert real == ours
    assert [server.weight for server in real if server.weight] == ([7] if state == "ready" else [])


def test_many_commands_may_be_one_line(haproxy: RealHaproxy) -> None:
    """More than fit into HAProxy's buffer at once."""
    line = ";".join([f"add map {haproxy.layout.hosts} a.example one"] * 500)
    assert len(line) > 16_384
    for run in (haproxy.run, StandIn(haproxy.layout).run):
        assert run(line).strip() == ""
        assert len(parse_map(run(f"show map {haproxy.layout.hosts}"))) == 500
