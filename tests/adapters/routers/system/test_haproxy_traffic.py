"""Debian's HAProxy while users send requests: what Drover changes there, no user notices."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clusters.kube.outgoing import Limits
from tests.adapters.routers.asking import ALL_ON_B, HALVES, HOSTS, MANY, asked, publish, published
from tests.adapters.routers.system.real_haproxy import (
    Prod,
    RealHaproxy,
    Users,
    ask,
    at,
    eventually,
    free_port,
    served_by,
)
from traffic.routers.haproxy import HaproxyRouter
from traffic.routers.haproxy_wire import Wire
from traffic.routers.protocol import Asked, Stale

BAKERY, FLORIST = HOSTS
ALL_ON_A = {"a-1": 100, "b-1": 0}
Start = Callable[[str], Prod]


@pytest.fixture
def router(haproxy: RealHaproxy) -> HaproxyRouter:
    return haproxy.router()


@pytest.fixture
def prods(start_prod: Start) -> list[Prod]:
    return [start_prod(name) for name in ("a-1", "b-1", "c-1")]


@pytest.fixture
def served(haproxy: RealHaproxy, router: HaproxyRouter, prods: list[Prod]) -> Callable[..., Asked]:
    """Publishes the Route at the addresses of the Prods."""

    def published_at(epoch: int, weights: dict[str, int], **more: Any) -> Asked:
        one = at(prods, asked(epoch, weights, **more))
        publish(router, one)
        assert router.verify([one]) == {one.route: None}
        return one

    return published_at


def test_weights_are_shares_of_the_requests(haproxy: RealHaproxy, served: Callable[..., Asked]) -> None:
    served(1, {"a-1": 25, "b-1": 75})
    names = [ask(haproxy.port, BAKERY)[1] for _ in range(100)]
    assert {name: names.count(name) for name in ("a-1", "b-1")} == {"a-1": 25, "b-1": 75}


def test_a_drain_and_the_way_back_fail_no_request(haproxy: RealHaproxy, served: Callable[..., Asked]) -> None:
    served(1, HALVES)
    with Users(haproxy.port, BAKERY) as users:
        for epoch, weights, left in (
            (2, ALL_ON_B, {"b-1"}),
            (3, HALVES, {"a-1", "b-1"}),
            (4, ALL_ON_A, {"a-1"}),
        ):
            served(epoch, weights)
            assert served_by(users.from_now()) == left
    assert users.failed() == []


def test_many_moves_to_and_fro_fail_no_request(haproxy: RealHaproxy, served: Callable[..., Asked]) -> None:
    served(1, HALVES)
    with Users(haproxy.port, BAKERY) as users:
        for epoch in range(2, 42):
            served(epoch, ALL_ON_A if epoch % 2 else ALL_ON_B)
    assert users.failed() == []
    assert served_by(users.answers) == {"a-1", "b-1"}


def test_members_that_come_and_go_fail_no_request(haproxy: RealHaproxy, served: Callable[..., Asked]) -> None:
    """Servers change their address while requests go by their backend."""
    served(1, {"a-1": 100})
    with Users(haproxy.port, BAKERY) as users:
        names = ["b-1", "c-1", "a-1"] * 6
        for epoch, name in enumerate(names, start=2):
            served(epoch, {name: 100})
            assert served_by(users.from_now(20)) == {name}
    assert users.failed() == []


def test_a_new_address_of_a_member_is_used_at_once(
    haproxy: RealHaproxy, router: HaproxyRouter, start_prod: Start
) -> None:
    """Connections that HAProxy keeps open to the old one are not used again."""
    old, new = start_prod("a-1"), start_prod("a-1")
    new.name = "a-1 anew"
    publish(router, at([old], asked(1, {"a-1": 100})))
    with Users(haproxy.port, BAKERY) as users:
        elsewhere = at([old], asked(1, {"a-1": 100}))
        new.name, name = "a-1", new.name
        elsewhere = at([new], elsewhere)
        new.name = name
        publish(router, elsewhere)
        assert served_by(users.from_now()) == {"a-1 anew"}
    assert users.failed() == []


def test_a_tenant_changes_its_route_without_a_failed_request(
    haproxy: RealHaproxy, router: HaproxyRouter, prods: list[Prod]
) -> None:
    def routes(epoch: int, first: tuple[str, ...], second: tuple[str, ...]) -> list[Asked]:
        return [
            at(prods, asked(epoch, {"a-1": 100}, first, "shop-r")),
            at(prods, asked(epoch, {"b-1": 100}, second, "shop-s")),
        ]

    publish(router, *routes(1, HOSTS, MANY))
    with Users(haproxy.port, BAKERY) as moving, Users(haproxy.port, FLORIST) as staying:
        publish(router, *routes(2, (FLORIST,), (*MANY, BAKERY)))
        assert served_by(moving.from_now()) == {"b-1"}
        staying.from_now()
    assert moving.failed() == staying.failed() == []
    assert served_by(staying.answers) == {"a-1"}


def test_an_epoch_from_the_past_moves_no_user(
    haproxy: RealHaproxy, router: HaproxyRouter, served: Callable[..., Asked], prods: list[Prod]
) -> None:
    served(1, HALVES)
    late = router.plan([at(prods, asked(2, ALL_ON_A))], router.read())
    served(3, ALL_ON_B)
    with Users(haproxy.port, BAKERY) as users:
        for write in late:
            with pytest.raises(Stale):
                router.apply(write)
        with pytest.raises(Stale):
            router.plan([at(prods, asked(2, ALL_ON_A))], router.read())
        users.from_now()
    assert (users.failed(), served_by(users.answers)) == ([], {"b-1"})


def test_a_reload_keeps_what_was_published(
    haproxy: RealHaproxy, router: HaproxyRouter, served: Callable[..., Asked], prods: list[Prod]
) -> None:
    served(1, HALVES)
    staff = served(4, {"c-1": 100}, hostnames=("staff.example",), route="staff")
    shop = served(7, {"a-1": 0, "b-1": 70, "c-1": 30})
    with Users(haproxy.port, BAKERY) as users:
        for _ in range(2):
            done = haproxy.save()
            assert (done.returncode, done.stderr) == (0, "")
            haproxy.reload()
            assert router.verify([shop, staff]) == {"shop-r": None, "staff": None}
            users.from_now()
    assert users.failed() == []
    assert served_by(users.answers) == {"b-1", "c-1"}
    assert ask(haproxy.port, "staff.example") == (200, "c-1")
    served(8, ALL_ON_A)
    assert ask(haproxy.port, BAKERY) == (200, "a-1")


def test_a_reload_that_was_not_saved_is_seen_and_published_anew(
    haproxy: RealHaproxy, router: HaproxyRouter, served: Callable[..., Asked]
) -> None:
    shop = served(7, HALVES)
    haproxy.reload()
    assert router.read() == {}
    assert ask(haproxy.port, BAKERY)[0] == 404
    publish(router, shop)
    assert router.verify([shop]) == {"shop-r": None}
    assert ask(haproxy.port, BAKERY)[0] == 200


def test_an_older_state_after_a_crash_is_brought_up_to_date(
    haproxy: RealHaproxy, router: HaproxyRouter, served: Callable[..., Asked]
) -> None:
    served(1, {"a-1": 100})
    haproxy.save()
    shop = served(2, {"b-1": 50, "c-1": 50}, hostnames=(BAKERY,))
    haproxy.stop()
    haproxy.start()
    assert published(router) == (1, {"a-1": 100}, HOSTS)
    publish(router, shop)
    assert router.verify([shop]) == {"shop-r": None}
    assert {ask(haproxy.port, BAKERY)[1] for _ in range(10)} == {"b-1", "c-1"}
    assert ask(haproxy.port, FLORIST)[0] == 404


def test_nothing_is_lost_when_there_is_nothing_to_save(
    haproxy: RealHaproxy, served: Callable[..., Asked]
) -> None:
    served(1, HALVES)
    haproxy.save()
    files = [Path(path) for path in (haproxy.layout.hosts, haproxy.layout.owners, haproxy.layout.servers)]
    before = [path.read_text() for path in files]
    haproxy.stop()
    assert haproxy.save().returncode != 0
    assert [path.read_text() for path in files] == before
    assert "bakery.example drover-1" in before[0]


@pytest.mark.parametrize(
    ("hostname", "status"),
    [(BAKERY, 200), ("Bakery.EXAMPLE", 200), (f"{BAKERY}:8443", 200), ("nobody.example", 404), ("", 404),
     (f"x.{BAKERY}", 404), ("drover-1", 404)],
)  # fmt: skip
def test_only_hostnames_that_are_bound_are_served(
    haproxy: RealHaproxy, served: Callable[..., Asked], hostname: str, status: int
) -> None:
    served(1, HALVES)
    assert ask(haproxy.port, hostname)[0] == status


def test_a_hostname_that_is_no_longer_asked_is_not_served(
    haproxy: RealHaproxy, router: HaproxyRouter, served: Callable[..., Asked]
) -> None:
    served(1, HALVES)
    served(2, HALVES, hostnames=(FLORIST,))
    assert (ask(haproxy.port, BAKERY)[0], ask(haproxy.port, FLORIST)[0]) == (404, 200)
    router.remove(["shop-r"])
    assert ask(haproxy.port, FLORIST) == (404, "No such host is served here.")


@pytest.mark.parametrize("death", ["gone", "ill"])
def test_a_dead_member_is_taken_out_and_comes_back(
    haproxy: RealHaproxy, served: Callable[..., Asked], prods: list[Prod], death: str
) -> None:
    served(1, HALVES)
    with Users(haproxy.port, BAKERY) as users:
        if death == "gone":
            prods[0].close()
        else:
            prods[0].healthy = False
        eventually(lambda: is_down(haproxy, "m1"), "the check finds it down")
        assert {(one.status, one.body) for one in users.from_now()} == {(200, "b-1")}
        if death == "ill":
            prods[0].healthy = True
            eventually(lambda: not is_down(haproxy, "m1"), "the check finds it up")
            assert served_by(users.from_now()) == {"a-1", "b-1"}
            assert users.failed() == []


def is_down(haproxy: RealHaproxy, server: str) -> bool:
    """srv_op_state of the server of the first backend: 0 is down."""
    rows = [line.split(" ") for line in haproxy.run("show servers state drover-1").splitlines()]
    return next(row[5] for row in rows if row[3:4] == [server]) == "0"


def test_two_publishers_of_many_routes_never_share_a_backend(tmp_path: Path) -> None:
    haproxy = RealHaproxy(tmp_path, routes=40, members=2)
    try:
        names = [f"r-{n}" for n in range(30)]
        routes = [asked(1, {"a-1": 100}, (f"{name}.example",), name) for name in names]
        errors: list[Exception] = []

        def work(order: list[Asked]) -> None:
            try:
                for one in order:
                    publish(haproxy.router(), one)
            except Exception as e:  # noqa: BLE001 - told by the test
                errors.append(e)

        threads = [
            threading.Thread(target=work, args=(order,)) for order in (routes, routes[::-1], routes[15:])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert haproxy.router().verify(routes) == dict.fromkeys(names)
        lines = haproxy.run(f"show map {haproxy.layout.owners}").split("\n")
        backends = [line.split(" ")[1] for line in lines if line]
        assert len(backends) == len(set(backends)) == 30
    finally:
        haproxy.stop()


def test_the_runtime_api_may_be_at_a_tcp_port(tmp_path: Path) -> None:
    haproxy = RealHaproxy(tmp_path, runtime=f"127.0.0.1:{free_port()}")
    try:
        router = HaproxyRouter(Wire(haproxy.address, limits=Limits(loopback_allowed=True)), haproxy.layout)
        publish(router, asked(1, hostnames=MANY))
        assert router.verify([asked(1, hostnames=MANY)]) == {"shop-r": None}
    finally:
        haproxy.stop()


def test_the_configuration_has_no_warnings(haproxy: RealHaproxy) -> None:
    command = ["haproxy", "-q", "-dW", "-c", "-f", str(haproxy.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
