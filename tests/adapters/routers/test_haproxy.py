"""What is particular to Routes in HAProxy: its pool of backends, the order of commands, who takes a backend first."""

import re

import pytest

from journal.core.reasons import because
from tests.adapters.routers.asking import ALL_ON_B, HALVES, HOSTS, MANY, asked, publish, published
from tests.adapters.routers.haproxy_stand_in import StandIn
from tests.adapters.routers.haproxy_worlds import HaproxyWorld, haproxy_stand_in
from traffic.engine.bringing import bring
from traffic.routers.haproxy import HaproxyRouter
from traffic.routers.haproxy_facts import Entry, entries_of, parse_entry, parse_map, parse_servers
from traffic.routers.haproxy_layout import Doors, Layout, haproxy_config, save_script
from traffic.routers.haproxy_plan import move_commands
from traffic.routers.protocol import Asked, Backend, Rejected, Stale

Haproxy = tuple[HaproxyRouter, HaproxyWorld]


@pytest.fixture
def haproxy(request: pytest.FixtureRequest) -> Haproxy:
    return haproxy_stand_in(request)


@pytest.fixture
def router(haproxy: Haproxy) -> HaproxyRouter:
    return haproxy[0]


@pytest.fixture
def world(haproxy: Haproxy) -> HaproxyWorld:
    return haproxy[1]


def why(router: HaproxyRouter, one: Asked) -> str:
    reason = router.verify([one])[one.route]
    return reason.code if reason else ""


def at(host: str, port: int = 8080, epoch: int = 1) -> Asked:
    return Asked("shop-r", epoch, (Backend("a-1", 100, host, port),), HOSTS)


def test_the_epoch_is_written_before_the_weights_and_who_gets_more_before_who_loses_all() -> None:
    layout = Layout(folder="/m", members=3)
    entry = Entry("drover-1", "shop-r", 7, ("a-1", "b-1", ""))
    ready, drained = move_commands(layout, entry, asked(7, ALL_ON_B))
    assert [" ".join(command) for command in ready] == [
        "set map /m/owners.map drover-1 shop-r/7/a-1,b-1,-",
        "set server drover-1/m2 weight 100",
        "set server drover-1/m2 state ready",
    ]
    assert [" ".join(command) for command in drained] == [
        "set server drover-1/m1 state drain",
        "set server drover-1/m1 weight 0",
        "set server drover-1/m3 state maint",
        "set server drover-1/m3 weight 0",
    ]


def test_each_route_has_a_backend_of_its_own(router: HaproxyRouter, world: HaproxyWorld) -> None:
    publish(router, *(asked(1, hostnames=(f"{name}.example",), route=name) for name in ("r", "s", "t")))
    assert {world.entry(name).backend for name in ("r", "s", "t")} == {"drover-1", "drover-2", "drover-3"}


def test_a_backend_is_free_again_when_its_route_is_removed(
    router: HaproxyRouter, world: HaproxyWorld
) -> None:
    names = ["r", "s", "t", "u", "v"]
    publish(router, *(asked(1, hostnames=(f"{name}.example",), route=name) for name in names))
    with pytest.raises(Rejected, match="router-full"):
        publish(router, asked(1, hostnames=(), route="w"))
    freed = world.entry("s").backend
    router.remove(["s"])
    assert "s.example" not in world.run(f"show map {world.layout.hosts}")
    publish(router, asked(1, {"d-1": 100}, ("w.example",), "w"))
    assert world.entry("w").backend == freed
    assert published(router, "w") == (1, {"d-1": 100}, ("w.example",))


def test_more_members_than_servers_are_rejected(router: HaproxyRouter) -> None:
    with pytest.raises(Rejected, match="router-members-many"):
        router.plan([asked(1, {f"a-{n}": 10 for n in range(1, 8)})], {})


def test_members_that_left_keep_their_server_until_they_are_trimmed(router: HaproxyRouter) -> None:
    """Six servers: four of four others do not fit beside the four that drain."""
    publish(router, asked(1, {f"a-{n}": 25 for n in range(1, 5)}))
    with pytest.raises(Rejected, match="router-members-many"):
        publish(router, asked(2, {f"b-{n}": 25 for n in range(1, 5)}))
    assert published(router)[:2] == (1, {f"a-{n}": 25 for n in range(1, 5)})


def test_a_name_as_address_is_rejected(router: HaproxyRouter) -> None:
    with pytest.raises(Rejected, match="router-address-named"):
        router.plan([at("a.elb.example")], {})


@pytest.mark.parametrize("other", [at("192.0.2.99"), at("192.0.2.11", 9090), at("2001:db8::1")])
def test_another_address_is_seen_and_set(router: HaproxyRouter, other: Asked) -> None:
    publish(router, at("192.0.2.11"))
    assert why(router, other) == "router-address-differs"
    publish(router, other)
    assert why(router, other) == ""
    assert router.plan([other], router.read()) == ()


def test_an_address_may_be_written_in_any_way(router: HaproxyRouter) -> None:
    publish(router, at("2001:DB8:0::1"))
    assert why(router, at("2001:db8::1")) == ""


def test_a_server_that_somebody_else_uses_is_shown_and_taken_out(
    router: HaproxyRouter, world: HaproxyWorld
) -> None:
    publish(router, asked(1))
    name = f"{world.entry('shop-r').backend}/m5"
    world.run(f"set server {name} weight 7;set server {name} state ready")
    assert published(router)[1] == {**HALVES, "m5": 7}
    assert why(router, asked(1)) == "router-weight-differs"
    publish(router, asked(1))
    assert published(router) == (1, HALVES, HOSTS)


def test_a_server_in_maintenance_takes_no_part(router: HaproxyRouter, world: HaproxyWorld) -> None:
    publish(router, asked(1))
    world.run(f"set server {world.entry('shop-r').backend}/m1 state maint")
    assert published(router)[1] == {"a-1": 0, "b-1": 50}


def test_a_hostname_that_leads_elsewhere_meanwhile_is_left_there(
    router: HaproxyRouter, world: HaproxyWorld
) -> None:
    publish(router, asked(1), asked(1, {"c-1": 100}, MANY, "shop-s"))
    (*_, late) = router.plan([asked(2, hostnames=HOSTS[:1])], router.read())
    publish(router, asked(2, {"c-1": 100}, (*MANY, HOSTS[1]), "shop-s"))
    router.apply(router.plan([asked(2, hostnames=HOSTS[:1])], router.read())[0])
    router.apply(late)
    assert set(published(router, "shop-s")[2]) == {*MANY, HOSTS[1]}


def test_a_move_of_what_was_removed_since_is_stale(router: HaproxyRouter) -> None:
    publish(router, asked(1))
    (write,) = router.plan([asked(2, ALL_ON_B)], router.read())
    router.remove(["shop-r"])
    with pytest.raises(Stale):
        router.apply(write)
    assert router.read() == {}


def test_two_who_want_a_backend_at_once_get_two(router: HaproxyRouter, world: HaproxyWorld) -> None:
    """The other one's line comes in just before ours."""
    outside = parse_entry("drover-1", "staff/1/-,-,-,-,-,-")
    inner, done = world.run, list[str]()

    def run(line: str) -> str:
        if line.startswith("add map") and "shop-r" in line and not done:
            done.append(inner(f"add map {world.layout.owners} drover-1 staff/1/-,-,-,-,-,-"))
        return inner(line)

    world.door.run = run
    publish(router, asked(1))
    assert done
    assert world.entry("staff") == outside
    assert world.entry("shop-r").backend == "drover-2"
    lines = parse_map(world.run(f"show map {world.layout.owners}"))
    assert [line.key for line in lines] == ["drover-1", "drover-2"]


def test_who_came_first_has_a_backend_and_a_route_the_first_it_got() -> None:
    text = (
        "0x1 drover-1 r/1/-\n0x2 drover-1 s/9/-\n0x3 drover-2 s/3/-\n0x4 drover-3 r/8/-\n0x5 drover-4 words\n"
    )
    found = entries_of(parse_map(text))
    assert {route: (entry.backend, entry.epoch) for route, entry in found.items()} == {
        "r": ("drover-1", 1),
        "s": ("drover-2", 3),
    }


def test_what_haproxy_says_is_read_by_column() -> None:
    text = StandIn(Layout(routes=1, members=2)).run(
        "set server drover-1/m2 state drain;show servers state drover-1"
    )
    assert [(server.name, server.host, server.port, server.weight) for server in parse_servers(text)] == [
        ("m1", "127.0.0.1", 1, 0),
        ("m2", "127.0.0.1", 1, 0),
    ]


def test_the_configuration_has_a_pool_and_both_maps() -> None:
    text = haproxy_config(Layout(folder="/d", routes=3, members=4), Doors(users=":8080", runtime="/r.sock"))
    assert re.findall(r"^backend (\S+)", text, re.M) == ["drover-nobody", "drover-1", "drover-2", "drover-3"]
    assert text.count("server-template m 1-4 ") == 3
    for part in (
        "stats socket /r.sock ",
        "bind :8080",
        "map(/d/hosts.map)",
        "map(/d/owners.map)",
        "/d/servers.state",
    ):
        assert part in text


def test_the_script_saves_what_the_configuration_loads() -> None:
    layout = Layout(folder="/d")
    script = save_script(layout, Doors(runtime="/r.sock"))
    for path in (layout.hosts, layout.owners, layout.servers, "/r.sock"):
        assert path in script


def test_a_move_asks_haproxy_once_more_where_nobody_who_serves_stays(
    router: HaproxyRouter, world: HaproxyWorld
) -> None:
    def verbs(one: Asked) -> list[str]:
        (write,) = router.plan([one], router.read())
        world.door.lines.clear()
        router.apply(write)
        return [" ".join(line.split()[:2]) for line in world.door.lines]

    publish(router, asked(1))
    looks = ["show map", "show servers"]
    assert verbs(asked(2, ALL_ON_B)) == [*looks, "set map"]
    assert verbs(asked(3, {"a-1": 100, "b-1": 0})) == [*looks, "set map", "show servers", "set server"]


@pytest.mark.parametrize("part", ["weight 100", "state ready"])
def test_a_server_keeps_its_weight_while_the_one_that_takes_over_has_none(
    router: HaproxyRouter, world: HaproxyWorld, part: str
) -> None:
    """Somebody between leaves out one command of a line, and answers well."""
    publish(router, asked(1, {"a-1": 100, "b-1": 0}))
    inner = world.run
    world.door.run = lambda line: inner(";".join(one for one in line.split(";") if not one.endswith(part)))
    found, _ = bring(router, [asked(2, ALL_ON_B)])
    assert (found["shop-r"].state, found["shop-r"].reason) == (
        "pending",
        because(
            "replacement-not-there",
            why="router-weight-differs",
            route="shop-r",
            prod="b-1",
            asked=100,
            actual=0,
        ),
    )
    assert published(router)[1] == {"a-1": 100, "b-1": 0}
    world.door.run = inner
    found, _ = bring(router, [asked(2, ALL_ON_B)])
    assert found["shop-r"].state == "published" and published(router)[1] == ALL_ON_B


def test_hostnames_wait_for_a_route_that_has_a_backend_and_nobody_who_serves(
    router: HaproxyRouter, world: HaproxyWorld
) -> None:
    """What a writer that stopped halfway left: its backend is taken, and no server of it is ready."""
    publish(router, asked(1))
    world.run(f"add map {world.layout.owners} drover-2 shop-s/1/-,-,-,-,-,-")
    moved = [asked(2, hostnames=HOSTS[:1]), asked(2, ALL_ON_B, HOSTS[1:], "shop-s")]
    inner = world.run
    world.door.run = lambda line: inner(";".join(one for one in line.split(";") if not one.endswith("ready")))
    found, _ = bring(router, moved)
    assert {route: one.state for route, one in found.items()} == {"shop-r": "pending", "shop-s": "pending"}
    assert published(router)[2] == HOSTS
    world.door.run = inner
    found, _ = bring(router, moved)
    assert {one.state for one in found.values()} == {"published"}


def test_one_route_that_cannot_get_its_address_holds_up_no_other(
    router: HaproxyRouter, world: HaproxyWorld
) -> None:
    publish(router, asked(1), asked(1, hostnames=["staff.example"], route="staff"))
    inner, backend = world.run, world.entry("shop-r").backend

    def run(line: str) -> str:
        return "\n" if f"{backend}/m3" in line and " addr " in line else inner(line)

    world.door.run = run
    after = [asked(2, {"c-1": 100}), asked(2, ALL_ON_B, ["staff.example"], "staff")]
    found, _ = bring(router, after)
    assert {route: one.state for route, one in found.items()} == {"shop-r": "pending", "staff": "published"}
    assert published(router)[1] == HALVES
