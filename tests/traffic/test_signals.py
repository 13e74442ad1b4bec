"""Asking as users do, what is asked where, and what is kept of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from clusters.models import Cluster, Prod
from clusters.observe.beside import ApiProbes, keep_beside
from clusters.observe.rows import Lease
from clusters.observe.threads import Threads
from clusters.observe.users import Door, Reply, UserSession
from journal.core.reasons import because
from journal.models import Event
from tests import build
from tests.traffic.edge import Edge
from traffic.core.detect import API, DIRECT, DOWN, ROUTED, UNKNOWN, UP, Probe, Verdict
from traffic.engine.liveness import Told, last_state, store_signals
from traffic.engine.signals import forgiven, probes_of
from traffic.models import Liveness, RouterInstance
from traffic.queries.liveness import read_liveness
from traffic.queries.probing import Way, read_ways

NOW = datetime(2026, 7, 1, tzinfo=UTC)
LEASE = Lease(1, "a", 1, "healthy", b"")
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answering(said: bytes, heard: list[bytes]) -> Serve:
    """A server that answers every request so, if at all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        if said:
            writer.write(b"HTTP/1.1 " + said + b"\r\nContent-Length: 2\r\n\r\nhi")
            await writer.drain()
        else:
            await reader.read()  # until the other side gives up
        writer.close()

    return serve


def asks(said: bytes, heard: list[bytes], timeout_s: float = 5) -> Reply:
    """What a user's request to such a server comes to."""

    async def ask() -> Reply:
        server = await asyncio.start_server(answering(said, heard), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, UserSession(timeout_s) as session:
            reply = await session.ask(Door("127.0.0.1", port, "shop-1.example"))
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})  # those of the server
        return reply

    return asyncio.run(ask())


ANSWERS = {
    "a page": (b"200 OK", True, "200"),
    "no such page": (b"404 Not Found", True, "404"),
    "a redirect, which is not followed": (b"302 Found\r\nLocation: http://127.0.0.1:1/", True, "302"),
    "an error of the server": (b"503 Service Unavailable", False, "503"),
    "no HTTP": (b"\x00\x00", False, "ClientResponseError"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_what_counts_as_being_served(case: str) -> None:
    said, good, words = ANSWERS[case]
    heard: list[bytes] = []
    assert asks(said, heard) == Reply(good, words)
    assert len(heard) == 1
    assert b"Host: shop-1.example\r\n" in heard[0]
    assert b"Cookie" not in heard[0] and b"Authorization" not in heard[0]


def test_who_never_answers_is_given_up() -> None:
    assert asks(b"", [], timeout_s=0.2) == Reply(False, "TimeoutError")


@override_settings(DEMO=False)
def test_an_address_that_is_not_allowed_hears_nothing() -> None:
    heard: list[bytes] = []
    assert asks(b"200 OK", heard).good is False
    assert heard == []


def test_a_mistake_beside_the_observer_does_not_stop_it() -> None:
    async def falls_over() -> bool:
        begun = asyncio.Event()

        async def beside(*_: object) -> None:
            begun.set()
            raise RuntimeError("a mistake")

        threads = Threads(1)
        task = asyncio.create_task(keep_beside(beside, LEASE, ApiProbes(), threads))
        await begun.wait()
        await asyncio.sleep(0)
        alive = not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        threads.close()
        return alive

    assert asyncio.run(falls_over())


def way(signal: str, name: str, port: int = 80) -> Way:
    return Way(signal, name, Door("203.0.113.1", port, "shop-1.example"))


def test_a_signal_is_good_if_any_of_its_ways_is() -> None:
    bad, good = Reply(False, "503"), Reply(True, "200")
    answers = [(way(DIRECT, "a-1"), bad), (way(DIRECT, "a-2"), good), (way(ROUTED, "edge-1"), bad)]
    assert probes_of(answers, NOW) == [Probe(NOW, DIRECT, True), Probe(NOW, ROUTED, False)]


def test_misses_of_an_address_that_has_changed_are_forgotten_and_others_are_not() -> None:
    probes = [Probe(NOW, DIRECT, False), Probe(NOW, DIRECT, True), Probe(NOW, ROUTED, False)]
    same = way(ROUTED, "edge-1")
    left = forgiven(probes, (way(DIRECT, "a-1"), same), (way(DIRECT, "a-1", port=81), same))
    assert left == [Probe(NOW, DIRECT, True), Probe(NOW, ROUTED, False)]
    assert forgiven(probes, (way(DIRECT, "a-1"), same), (same, way(DIRECT, "a-1"))) == probes


# --- where ------------------------------------------------------------------------------------------


@pytest.fixture
def edge(db: None) -> Edge:
    build.fleet(whole_groups=True)
    found = Edge()
    RouterInstance.objects.filter(name="edge-1").update(settings={"users": "203.0.113.9:8080"})
    return found


def ways_of(cluster: str) -> list[tuple[str, str, str]]:
    found = read_ways(Cluster.objects.get(name=cluster).pk).ways
    return [(one.signal, one.name, one.door.hostname) for one in found]


def test_prods_are_asked_as_a_tenant_and_routers_for_what_this_cluster_alone_serves(edge: Edge) -> None:
    found = {(signal, name): hostname for signal, name, hostname in ways_of("a")}
    assert set(found) == {(DIRECT, "a-1"), (DIRECT, "a-2"), (ROUTED, "edge-1")}
    assert found[(DIRECT, "a-1")].startswith("shop-s") and found[(DIRECT, "a-2")].startswith("shop-r")
    assert found[(ROUTED, "edge-1")].startswith("shop-s")  # shop-r would be served by b as well


def test_a_router_without_a_known_address_is_named(edge: Edge) -> None:
    absent = read_ways(Cluster.objects.get(name="a").pk).absent
    assert absent == (because("no-user-address", routers="edge-2"),)


def test_without_an_address_of_any_prod_the_users_side_is_absent_and_says_so(edge: Edge) -> None:
    Prod.objects.filter(cluster__name="a").update(endpoint="")
    found = read_ways(Cluster.objects.get(name="a").pk)
    assert [one.signal for one in found.ways] == [ROUTED]
    assert because("no-endpoint-known", prods=2) in found.absent


def test_a_dead_cluster_is_asked_where_its_prods_were_last(edge: Edge) -> None:
    asked = [one for one in read_ways(Cluster.objects.get(name="a").pk).ways if one.signal == DIRECT]
    heard("a", UP, ways=asked)
    Prod.objects.filter(cluster__name="a").update(endpoint="")  # it no longer says where they are
    found = read_ways(Cluster.objects.get(name="a").pk)
    assert [one for one in found.ways if one.signal == DIRECT] == asked


def test_a_cluster_without_prods_in_service_is_not_judged(edge: Edge) -> None:
    Prod.objects.filter(cluster__name="a").update(lifecycle="out-of-service")
    assert read_ways(Cluster.objects.get(name="a").pk).judged is False
    assert "a" not in read_liveness(timezone.now())


# --- what is kept ------------------------------------------------------------------------------------


def heard(cluster: str, state: str, *, epoch: int | None = None, ago_s: float = 0, ways=()):  # type: ignore[no-untyped-def]
    row = Cluster.objects.get(name=cluster)
    lease = Lease(row.pk, cluster, row.observer_epoch if epoch is None else epoch, "healthy", b"")
    at = timezone.now() - timedelta(seconds=ago_s)
    why = None if state == UP else because("both-signals-miss", seconds=9)
    probes = (Probe(at, API, state == UP), Probe(at, DIRECT, state == UP))
    answers = tuple((way, Reply(state == UP, "200")) for way in ways)
    return store_signals(lease, Told(Verdict(state, why), probes, answers, (), at))


@pytest.mark.usefixtures("edge")
def test_a_change_of_state_is_one_event_and_the_same_again_is_none() -> None:
    assert [heard("a", UP), heard("a", UP), heard("a", DOWN), heard("a", DOWN)] == [True, False, True, False]
    events = Event.objects.filter(kind="cluster-signals", cluster="a").order_by("pk")
    told = [(one.from_state, one.to_state, one.reason["code"]) for one in events]
    assert told == [("unknown", "up", "signals-answer"), ("up", "down", "both-signals-miss")]
    assert last_state(Cluster.objects.get(name="a").pk) == DOWN
    found = read_liveness(timezone.now())["a"]
    assert (found.state, [(one.name, one.good) for one in found.signals]) == (
        DOWN,
        [(API, False), (DIRECT, False), (ROUTED, None)],
    )


@pytest.mark.usefixtures("edge")
def test_an_observer_whose_lease_is_lost_writes_nothing() -> None:
    heard("a", UP)
    Cluster.objects.filter(name="a").update(observer_epoch=7)
    assert heard("a", DOWN, epoch=0) is None
    assert heard("a", UP, epoch=7) is False
    assert Liveness.objects.get(cluster__name="a").state == UP


@pytest.mark.usefixtures("edge")
def test_what_was_heard_long_ago_is_not_known() -> None:
    heard("a", DOWN, ago_s=11)
    found = read_liveness(timezone.now())
    assert (found["a"].state, found["a"].why) == (UNKNOWN, because("signals-old", seconds=11))
    assert (found["b"].state, found["b"].why) == (UNKNOWN, because("never-probed"))
