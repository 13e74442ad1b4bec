"""Dead backends, lost clusters and versions that answer errors, as users of a gateway see them."""

import itertools
import socket
import subprocess
import sys
from typing import Any

import pytest

from simulator.testing import Fleet
from tests.simulator.edge import Edge, ask, counted, prod
from tests.simulator.space import Space, deployment, service, until

NUMBERS = itertools.count(1)


@pytest.fixture
def edge(space: Space) -> Edge:
    return Edge(space)


@pytest.fixture
def ports(edge: Edge) -> tuple[int, dict[str, int]]:
    """The port of a gateway on `a`, and by name the node ports of a Prod on `b` and of one on `a`."""
    number = next(NUMBERS)
    found = {f"far-{number}": prod(edge.fleet, f"far-{number}", cluster="b"),
             f"near-{number}": prod(edge.fleet, f"near-{number}", cluster="a")}  # fmt: skip
    for name, node_port in found.items():
        edge.backend(name, node_port)
    edge.route(dict.fromkeys(found, 1))
    return edge.gateway(), found


def api_answers(fleet: Fleet, cluster: str) -> bool:
    try:
        return fleet.request(cluster, "GET", "/readyz", timeout=0.3)[0] == 200
    except OSError:
        return False


def users_served(port: int) -> bool:
    try:
        return ask(port).status == 200
    except OSError:
        return False


@pytest.mark.parametrize("how", ["refuse", "hang"])
@pytest.mark.parametrize(
    ("kind", "api", "users"),
    [("lost", False, False), ("cut_users", True, False), ("api", False, True)],
    ids=["lost", "users cut", "API cut"],
)
def test_what_a_fault_of_a_cluster_takes_away_and_its_undo_gives_back(
    ports: tuple[int, dict[str, int]], edge: Edge, how: str, kind: str, api: bool, users: bool
) -> None:
    fleet, node_port = edge.fleet, next(iter(ports[1].values()))
    fault = fleet.fault(how, cluster="b") if kind == "api" else fleet.fault(kind, cluster="b", how=how)
    if how == "refuse":  # the other way would make each look last its whole timeout
        assert (api_answers(fleet, "b"), users_served(node_port)) == (api, users)
    else:
        assert (api_answers(fleet, "b"), state_of(fleet, "b")) == (api, "open" if users else "silent")
    assert api_answers(fleet, "a")
    fleet.clear_faults(fault)
    until(lambda: api_answers(fleet, "b") and users_served(node_port), "everything is back")


def state_of(fleet: Fleet, cluster: str) -> str:
    return next(str(c["users"]) for c in fleet.ask("GET", "/clusters")["clusters"] if c["name"] == cluster)


def can_be_taken(port: int) -> bool:
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            thief.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def test_a_shut_port_refuses_connections_and_stays_the_clusters(
    ports: tuple[int, dict[str, int]], edge: Edge
) -> None:
    port = next(iter(ports[1].values()))
    assert users_served(port)
    edge.fleet.lose("b")
    with pytest.raises(ConnectionRefusedError):
        ask(port)
    # Asking the fleet in between leaves it room: a thief that tries all the time is itself in the way.
    until(lambda: edge.fleet.gateways() and not can_be_taken(port), "the port is held")
    with pytest.raises(ConnectionRefusedError):
        ask(port)


@pytest.mark.parametrize("how", ["refuse", "hang"])
def test_a_dead_backend_gets_nothing_while_another_lives_and_comes_back(
    ports: tuple[int, dict[str, int]], edge: Edge, how: str
) -> None:
    gateway, found = ports
    far, near = found
    fault = edge.fleet.fault("lost", cluster="b", how=how)
    edge.until_up(found[far], False)
    assert counted(gateway, 10) == {near: 10}
    edge.fleet.clear_faults(fault)
    edge.until_up(found[far], True)
    assert counted(gateway, 10) == {near: 5, far: 5}


def test_when_all_backends_are_dead_the_answer_is_503(ports: tuple[int, dict[str, int]], edge: Edge) -> None:
    gateway, found = ports
    far, near = found
    edge.route({far: 1, near: 0})
    edge.fleet.lose("b")
    edge.until_up(found[far], False)
    assert counted(gateway, 5) == {"503": 5}
    assert ask(gateway).headers["x-gateway-prod"] == far


def test_before_the_checks_know_users_see_the_error_of_the_backend(
    ports: tuple[int, dict[str, int]], edge: Edge
) -> None:
    gateway, found = ports
    far, near = found
    edge.route({far: 1, near: 0})
    edge.fleet.settings(health_down=1000)
    try:
        edge.fleet.lose("b")
        assert ask(gateway).status == 502
        edge.fleet.clear_faults()
        until(lambda: users_served(found[far]), "back")
        edge.fleet.settings(response_timeout=0.1)
        edge.fleet.fault("cut_users", cluster="b", how="hang")
        reply = ask(gateway)
        assert (reply.status, reply.headers["x-gateway-prod"]) == (504, far)
    finally:
        edge.fleet.settings(health_down=2, response_timeout=2.0)


def test_a_gateway_goes_on_while_the_api_of_its_own_cluster_is_cut(
    ports: tuple[int, dict[str, int]], edge: Edge
) -> None:
    gateway, found = ports
    far, near = found
    edge.fleet.fault("refuse", cluster="a")
    assert counted(gateway, 10) == {far: 5, near: 5}
    edge.fleet.lose("b")
    edge.until_up(found[far], False)
    assert counted(gateway, 10) == {near: 10}


def test_a_lost_edge_cluster_takes_its_gateway_with_it(ports: tuple[int, dict[str, int]], edge: Edge) -> None:
    gateway, _ = ports
    fault = edge.fleet.lose("a")
    with pytest.raises(ConnectionRefusedError):
        ask(gateway)
    edge.fleet.clear_faults(fault)
    until(lambda: users_served(gateway), "the gateway is back")


def test_a_gateway_made_while_users_are_cut_off_opens_when_they_are_back(edge: Edge) -> None:
    fault = edge.fleet.fault("cut_users", cluster="a")
    port = edge.gateway()
    with pytest.raises(ConnectionRefusedError):
        ask(port)
    edge.fleet.clear_faults(fault)
    until(lambda: reached(port), "it is open")
    assert ask(port).status == 404


def reached(port: int) -> bool:
    try:
        return bool(ask(port).status)
    except OSError:
        return False


def test_a_cluster_can_be_lost_and_brought_back_from_the_command_line(
    ports: tuple[int, dict[str, int]], edge: Edge
) -> None:
    node_port = next(iter(ports[1].values()))
    for words in (("fault", "lost"), ("fault", "cut_users")):
        command = [sys.executable, "-m", "simulator", words[0], edge.fleet.control, words[1], "cluster=b"]
        assert subprocess.run(command, check=False).returncode == 0
        assert not users_served(node_port)
        clear = [sys.executable, "-m", "simulator", "clear", edge.fleet.control]
        assert subprocess.run(clear, check=False).returncode == 0
        until(lambda: users_served(node_port), "back")


@pytest.mark.parametrize(
    "body",
    [{"kind": "lost", "how": "gently"}, {"kind": "image", "pattern": "x", "behaviour": "failing", "rate": 2}],
)
def test_a_fault_that_makes_no_sense_is_refused(fleet: Fleet, body: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="400"):
        fleet.ask("POST", "/faults", body)


@pytest.mark.parametrize(
    "setting", [{"health_interval": 0}, {"health_down": 1.5}, {"health_up": "2"}], ids=str
)
def test_a_setting_that_makes_no_sense_is_refused(fleet: Fleet, setting: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match=next(iter(setting))):
        fleet.settings(**setting)


def test_an_image_may_pass_its_checks_and_fail_its_users(
    ports: tuple[int, dict[str, int]], edge: Edge
) -> None:
    gateway, found = ports
    far, near = found
    edge.route({far: 1, near: 0})
    edge.fleet.fault("image", pattern="shop/api:v1.0.0", behaviour="failing", rate=0.5, status=507)
    statuses = [ask(gateway).status for _ in range(60)]
    assert set(statuses) == {200, 507}
    assert 10 < statuses.count(507) < 50
    assert {ask(found[far], path="/healthz").status for _ in range(10)} == {200}
    edge.fleet.clear_faults()
    assert counted(gateway, 20) == {far: 20}


def test_a_tag_may_say_that_it_fails(edge: Edge) -> None:
    port = prod(edge.fleet, f"bad-{next(NUMBERS)}", tag="v1.3.0-failing")
    reply = ask(port)
    assert (reply.status, reply.headers["x-version"]) == (500, "v1.3.0-failing")
    assert ask(port, path="/ready").status == 200


def test_a_gateway_waits_no_longer_for_pods_that_lag_or_whose_node_is_lost(edge: Edge) -> None:
    edge.space.create("services", service(kind="ClusterIP"))
    edge.space.create("deployments", deployment(replicas=1))
    until(edge.space.rolled_out, "rolled out")
    edge.route({"api": 1})
    gateway = edge.gateway()
    before = edge.fleet.ask("GET", "/settings")
    edge.fleet.settings(response_timeout=0.3, connect_timeout=0.2)
    lag = edge.fleet.fault("image", pattern="shop/api:v1.0.0", behaviour="laggy", delay_ms=5000)
    late = ask(gateway)
    edge.fleet.clear_faults(lag)
    assert (late.status, late.headers["x-gateway-error"]) == (
        504,
        f"a pod of {edge.space.name}/api:80 does not answer: timeout",
    )
    assert ask(gateway).status == 200
    edge.fleet.fault("node_lost", cluster="a", node="*")
    lost = ask(gateway)
    edge.fleet.settings(**{name: before[name] for name in ("response_timeout", "connect_timeout")})
    assert (lost.status, lost.headers["x-gateway-error"].endswith("i/o timeout")) == (504, True)
