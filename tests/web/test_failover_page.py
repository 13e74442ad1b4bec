"""The line of a cluster on the Failover page: two signals, what is automatic, room in percent; and the last rehearsal."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from clusters.models import Cluster, Prod
from journal.core.reasons import Reason, because
from releases.models import AutoFailover, Run
from releases.queries.automatic import automatic
from releases.queries.survival import read_survival
from tests import build
from tests.traffic.edge import Edge
from tests.traffic.signals import all_up, says
from tests.web.conftest import Browser
from tests.web.leaving import comes_back, dies, ended, left, line, press, seen, text
from traffic.models import Liveness
from traffic.queries.liveness import Alive, SignalNow

NOW = datetime.fromisoformat("2026-03-01T09:00:00+00:00")


@pytest.fixture
def edge(fleet: None) -> Edge:
    """The example fleet, published on two routers; all signals answer."""
    edge = Edge()
    edge.publish()
    seen()
    all_up()
    return edge


def probed(cluster: str, **signals: tuple[bool, float]) -> None:
    """These signals of the Cluster: whether the last probe was answered, and how many seconds ago."""
    now = timezone.now()
    probes = [
        [round((now - timedelta(seconds=ago)).timestamp() * 1000), name, int(good)]
        for name, (good, ago) in signals.items()
    ]
    Liveness.objects.filter(cluster__name=cluster).update(probes=probes)


def cells(browser: Browser, cluster: str, role: str = "viewer") -> str:
    """The row of the Cluster."""
    page = text(browser(role), "/failover/")
    return page.split(f'<tr data-key="{cluster}">')[1].split('<td class="acts">')[0]


def signals_of(cluster: str) -> list[tuple[str, str]]:
    return [(str(one.name), str(one.mark.word)) for one in line(cluster).signals]


def test_both_signals_are_told_in_words_beside_the_drawing(edge: Edge, browser: Browser) -> None:
    probed("a", api=(False, 1), direct=(True, 1))
    assert signals_of("a") == [("API", "misses"), ("users", "answers")]
    row = cells(browser, "a")
    assert '<span class="unseen">misses</span>' in row and '<span class="unseen">answers</span>' in row


def test_a_signal_that_was_heard_long_ago_is_unknown_with_its_age(edge: Edge, browser: Browser) -> None:
    probed("a", api=(True, 40), direct=(True, 1))
    assert signals_of("a") == [("API", "unknown"), ("users", "answers")]
    assert "heard <time" in cells(browser, "a") and "never heard" not in cells(browser, "a")


def test_a_signal_that_was_never_heard_says_so(edge: Edge, browser: Browser) -> None:
    Liveness.objects.all().delete()
    assert signals_of("a") == [("API", "unknown"), ("users", "unknown")]
    assert "never heard" in cells(browser, "a")


@pytest.mark.parametrize(("routed", "shown"), [(True, False), (False, True)])
def test_users_through_a_router_are_told_where_they_say_otherwise(
    routed: bool, shown: bool, edge: Edge
) -> None:
    probed("a", api=(True, 1), direct=(True, 1), routed=(routed, 1))
    assert (("through a router", "misses") in signals_of("a")) == shown


def alive(state: str = "up") -> Alive:
    return Alive("a", state, None, NOW, NOW, (SignalNow("api", True, NOW),))


OFF = because("auto-failover-off")
KILL = because("automation-stopped", by="mika", why="a test")
LINE = because("line-stopped", by="mika", why="a test")
BRAKE = because("too-many-look-dead", dead=2, clusters=3)
SMALL = because("fleet-too-small-to-automate", clusters=2)
# what the signals say, users are sent there, why nothing happens, what is on -> state, what stops it
AUTOMATIC: list[tuple[str, Alive | None, bool, tuple[Reason, ...], tuple[str, ...], str, list[str]]] = [
    ("nobody to judge", None, True, (), ("none",), "not-judged", []),
    ("nothing is on", alive(), True, (OFF,), (), "off", []),
    ("one redundancy", alive(), True, (), ("none",), "on", []),
    ("kill switch", alive(), True, (KILL,), ("none",), "stopped", ["kill switch"]),
    ("kill switch, off", alive(), True, (KILL, OFF), (), "stopped", ["kill switch"]),
    ("line stopped", alive(), True, (LINE,), ("none",), "stopped", ["the line is stopped"]),
    ("brake", alive("unknown"), True, (BRAKE,), ("none",), "stopped", ["too many look dead"]),
    ("too small, on", alive(), True, (SMALL,), ("none",), "stopped", ["too few clusters"]),
    ("too small, off", alive(), True, (OFF, SMALL), (), "off", ["too few clusters"]),
    ("down, off", alive("down"), True, (OFF,), (), "proposes", []),
    ("down, brake", alive("down"), True, (BRAKE,), ("none",), "proposes", ["too many look dead"]),
    ("down, on", alive("down"), True, (), ("none",), "on", []),
    ("down, empty", alive("down"), False, (OFF,), (), "off", []),
]


@pytest.mark.parametrize("case", AUTOMATIC, ids=[case[0] for case in AUTOMATIC])
def test_what_is_done_without_a_person_is_a_word(
    case: tuple[str, Alive | None, bool, tuple[Reason, ...], tuple[str, ...], str, list[str]],
) -> None:
    _, signals, serves, why, on, state, stops = case
    found = automatic(signals, serves, why, on)
    assert (found.state, [str(one.word) for one in found.stops]) == (state, stops)
    assert (found.since == NOW) == (signals is not None and signals.state == "down" and serves)


def test_the_row_says_which_redundancies_leave_by_themselves(edge: Edge, browser: Browser) -> None:
    assert line("a").automatic.state == "off"
    AutoFailover.objects.create(redundancy="none", on=True, reason="test", author=build.person("admin"))
    all_up()
    row = cells(browser, "a")
    assert "redundancy none" in row and "proposes" not in row
    says("a", "down")
    says("b", "down")
    row = cells(browser, "a")
    assert "proposes" in row and "too many look dead" in row and "2 of 3 clusters look dead" in row


def test_room_after_is_told_in_percent_and_in_load_units(edge: Edge, browser: Browser) -> None:
    (taker,) = line("c").takers
    assert (taker.prod, taker.room, taker.capacity, taker.percent) == ("a-2", 680, 1000, 68)
    row = cells(browser, "c")
    assert "a-2 68 %" in row and "680 of 1,000" in row


def test_a_dead_cluster_is_told_in_a_sentence_with_who_serves_whom_already(
    edge: Edge, browser: Browser
) -> None:
    dies("a")
    all_up("a")
    page = text(browser("viewer"), "/failover/")
    said = page.split('data-key="dying-a"')[1].split("</div></div>")[0]
    assert "a has been silent for <time" in said and "and users are affected." in said
    assert "300 are already served by b-1. Nobody is lost." in said


@pytest.mark.parametrize(("api_s", "users_s"), [(7200, 9), (9, 7200)])
def test_it_is_silent_since_the_later_of_the_two_signals(
    edge: Edge, browser: Browser, api_s: int, users_s: int
) -> None:
    dies("a")
    all_up("a")
    now = timezone.now()
    Cluster.objects.filter(name="a").update(health_since=now - timedelta(seconds=api_s))
    Liveness.objects.filter(cluster__name="a").update(since=now - timedelta(seconds=users_s))
    seen()
    (found,) = read_survival("viewer", now).automation.proposals
    assert found.silent_since == now - timedelta(seconds=9)


def test_one_that_answers_again_is_not_called_silent(edge: Edge, browser: Browser) -> None:
    says("a", "down")
    Liveness.objects.filter(cluster__name="a").update(reason={"code": "not-steady-yet", "params": {}})
    page = text(browser("viewer"), "/failover/")
    assert "a was silent, and users are sent there." in page and "has been silent" not in page


def test_the_last_rehearsal_is_told_with_its_time_and_only_a_way_out_counts(
    edge: Edge, browser: Browser
) -> None:
    client = browser("on-call")
    Cluster.objects.filter(name="b").update(purpose="rehearsal")
    assert "Never rehearsed." in text(client, "/failover/")
    dies("b")
    press(client, "/failover/b/")
    all_up()
    assert "Never rehearsed." in text(client, "/failover/"), "it has not come to its end"
    comes_back("b")
    run = left_over(edge)
    comes_back("b")
    press(client, "/failover/b/back/")
    head = text(client, "/failover/").split("<table")[0]
    assert f'Last rehearsal: <a href="/runs/{run}/"><time' in head and "Never rehearsed" not in head


def left_over(edge: Edge) -> int:
    """The failover under way has come to its end."""
    return ended(Run.objects.get(), edge).pk


def test_leaving_any_other_cluster_is_no_rehearsal(edge: Edge, browser: Browser) -> None:
    client = browser("on-call")
    left("a", client, edge)
    assert "Never rehearsed." in text(client, "/failover/")


def test_without_a_drill_the_page_says_how_to_get_one(edge: Edge, browser: Browser) -> None:
    def how(role: str) -> str:
        return text(browser(role), "/failover/").split('data-key="drills"')[1].split("</section>")[0]

    assert 'href="/clusters/a/edit/"' in how("admin") and 'href="/clusters/new/"' in how("admin")
    assert "an admin does it" in how("on-call") and "/edit/" not in how("on-call")
    Cluster.objects.filter(name="b").update(purpose="rehearsal")
    assert 'href="/failover/b/"' in how("on-call") and "Evacuate b…" in how("on-call")
    assert 'href="/failover/b/"' not in how("viewer") and "takes on-call" in how("viewer")


def test_where_nobody_can_be_moved_it_is_not_said_that_nobody_has_to_be(edge: Edge, browser: Browser) -> None:
    Prod.objects.exclude(cluster__name="c").update(capacity=1)
    Cluster.objects.filter(name="b").update(health="unreachable")
    dies("c")
    all_up("c")
    assert line("c").fate.moved == 0 and line("c").fate.lost_tenants
    page = text(browser("viewer"), "/failover/")
    said = page.split('data-key="dying-c"')[1].split("</div></div>")[0]
    assert "lost" in said and "Nobody has to be moved" not in said
