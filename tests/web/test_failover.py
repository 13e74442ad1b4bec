"""The Failover page: who survives what, and which buttons there are."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clusters.models import Cluster, Prod
from releases.models import Run
from tests import build
from tests.traffic.edge import Edge
from tests.web.conftest import PEOPLE, Browser
from tests.web.leaving import WHY, comes_back, dies, left, line, seen, text
from traffic.models import Publication, Route


@pytest.fixture(autouse=True)
def edge(fleet: None) -> Edge:
    """The example fleet, published on two routers."""
    edge = Edge()
    edge.publish()
    seen()
    return edge


# The example fleet in the numbers of the design: who takes how many, and what room is left there, of 1000.
NUMBERS = [
    ("a", (300, 400, 0, 0), {"c-1": (300, 680), "b-1": (100, 600)}),
    ("b", (300, 400, 0, 0), {"c-1": (300, 680), "a-2": (100, 600)}),
    ("c", (0, 20, 3, 0), {"a-2": (20, 680)}),
]


@pytest.mark.parametrize("health", ["healthy", "unreachable"])
@pytest.mark.parametrize(("cluster", "numbers", "takers"), NUMBERS, ids=["a", "b", "c"])
def test_the_report_has_the_numbers_of_the_design_dead_or_alive(
    cluster: str, numbers: tuple[int, ...], takers: dict[str, tuple[int, int]], health: str
) -> None:
    if health == "unreachable":
        dies(cluster)
    found = line(cluster)
    fate = found.fate
    assert (fate.safe, fate.moved, fate.wait, fate.lost_tenants) == numbers
    assert {taker.prod: (taker.tenants, taker.room) for taker in found.takers} == takers
    assert {taker.capacity for taker in found.takers} == {1000}
    assert [taker.tenants for taker in found.takers] == sorted(
        (tenants for tenants, _ in takers.values()), reverse=True
    )


STATES = [
    ("alive", "Evacuate a…", None, False, True),
    ("dead", "Fail over a…", None, True, True),
    ("draining", "Evacuate a…", "Fail back a…", False, False),
    ("dead and draining", "Fail over a…", "Fail back a…", True, False),
]


@pytest.mark.parametrize(
    ("state", "leave", "back", "danger", "may_leave"), STATES, ids=[one[0] for one in STATES]
)
def test_each_state_of_a_cluster_has_its_buttons(
    state: str, leave: str, back: str | None, danger: bool, may_leave: bool, browser: Browser, edge: Edge
) -> None:
    if "draining" in state:
        left("a", browser("on-call"), edge)
        comes_back("a")
    if "dead" in state:
        dies("a")
    found = line("a")
    assert (found.leave.label, found.leave.danger, not found.leave.reasons) == (leave, danger, may_leave)
    assert (found.back.label if found.back else None) == back
    if not may_leave:
        assert [reason.code for reason in found.leave.reasons] == ["nothing-to-move"]
        assert found.acts[0] == found.back
    if state == "dead and draining":
        assert found.back is not None
        assert [reason.code for reason in found.back.reasons] == ["cluster-unreachable"]


def test_a_prod_that_a_release_has_drained_is_no_reason_to_fail_back(
    release: Callable[..., Run], edge: Edge
) -> None:
    run = release(soak_s=0)
    for prod in Prod.objects.all():
        for member in prod.memberships.filter(weight=50):
            member.weight = 0 if prod.name == "a-2" else 100
            member.save(update_fields=["weight"])
    assert line("a").back is None
    run.claims.all().delete()
    assert line("a").back is not None


def test_a_cluster_that_does_not_answer_is_said_first_and_in_reach_of_the_thumb(browser: Browser) -> None:
    dies("a")
    page = text(browser("on-call"), "/failover/")
    assert "and users are sent there." in page
    assert "A failover moves 400 tenants in about 1 s. 300 are already served by b-1. Nobody is lost." in page
    bar = page.split('class="emergency"')[1]
    assert 'href="/failover/a/"' in bar and "/failover/b/" not in bar


def test_what_is_known_of_a_silent_cluster_is_not_shown_as_fresh(browser: Browser) -> None:
    Cluster.objects.filter(name="a").update(seen_at=timezone.now() - timedelta(minutes=5))
    page = browser("viewer").get("/failover/").content.decode()
    assert "no fresh facts" in page


def test_who_is_redundant_but_not_safe_by_itself_is_told_why(browser: Browser) -> None:
    Publication.objects.filter(instance__name="edge-2").delete()
    page = text(browser("viewer"), "/failover/")
    assert "300 tenants are redundant, but not safe by themselves:" in page
    assert line("a").fate.safe == 0


def test_who_is_lost_is_named_with_why(browser: Browser) -> None:
    Prod.objects.filter(name__in=["c-1", "b-1", "b-2"]).update(capacity=300)
    page = text(browser("viewer"), "/failover/")
    assert "tenants are lost" in page and "It needs room for" in page


def test_a_viewer_reads_why_there_is_no_button_for_them(browser: Browser) -> None:
    found = line("a", "viewer")
    assert [reason.code for reason in found.leave.reasons] == ["role-may-not"]
    page = text(browser("viewer"), "/failover/")
    assert 'href="/failover/a/"' not in page and "disabled" in page and "on-call" in page


@pytest.mark.parametrize(
    ("path", "least"),
    [
        ("/failover/", "viewer"),
        ("/failover/live/", "viewer"),
        ("/failover/a/", "on-call"),
        ("/failover/a/back/", "on-call"),
    ],
)
def test_each_page_asks_for_its_role(browser: Browser, path: str, least: str) -> None:
    for role in PEOPLE:
        status = browser(role).get(path).status_code
        allowed = role in build.ROLES and build.ROLES.index(role) >= build.ROLES.index(least)
        assert status == (200 if allowed else 302 if role == "anonymous" else 403), role


@pytest.mark.parametrize("path", ["/failover/a/", "/failover/a/back/"])
def test_nobody_moves_users_without_the_right(browser: Browser, path: str) -> None:
    for role in ("anonymous", "viewer"):
        answer = browser(role).post(path, {"digest": "0" * 64, "reason": WHY})
        assert answer.status_code in {302, 403}
    assert not Run.objects.exists()


def test_the_fragment_is_the_part_of_the_page_that_changes(browser: Browser) -> None:
    fragment = text(browser("viewer"), "/failover/live/")
    assert "<html" not in fragment and "Evacuate a…" in fragment


def queries(client: Client, path: str) -> int:
    seen()
    with CaptureQueriesContext(connection) as made:
        assert client.get(path).status_code == 200
    return len(made)


@pytest.mark.parametrize("path", ["/failover/", "/failover/a/"])
def test_a_larger_fleet_takes_no_more_queries(browser: Browser, edge: Edge, path: str) -> None:
    client = browser("on-call")
    client.get(path)
    small = queries(client, path)
    for number in range(5):
        build.cluster(f"z{number}")
        build.in_service(build.prod(f"z{number}-1", f"z{number}"))
    for number in range(10):
        route = Route.objects.create(name=f"more-{number}", redundancy="none")
        route.members.create(prod=Prod.objects.get(name="a-1"), weight=100, target=100)
    assert queries(client, path) == small <= 45


def test_stop_the_line_is_in_reach_of_the_thumb_while_nothing_is_wrong(browser: Browser) -> None:
    def reach(role: str) -> str:
        return text(browser(role), "/failover/live/").partition('class="emergency"')[2]

    assert 'href="/line/stop/"' in reach("on-call")
    assert reach("viewer") == ""
    assert browser("on-call").post("/line/stop/", {"reason": "alerts"}).status_code == 302
    assert reach("on-call") == ""
