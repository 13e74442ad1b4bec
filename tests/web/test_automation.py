"""What the Failover page says of signals and automation, and its switches."""

import pytest
from django.utils import timezone

from journal.models import Event
from releases.models import AutoFailover, AutomationStop, Run
from releases.queries.survival import read_survival
from tests import build
from tests.api.test_automation import moved
from tests.traffic.edge import Edge
from tests.traffic.signals import all_up, says
from tests.web.conftest import Browser
from tests.web.leaving import dies, seen, text

pytestmark = pytest.mark.usefixtures("fleet")
WHY = {"reason": "it is a test"}


@pytest.fixture
def edge(fleet: None) -> Edge:
    edge = Edge()
    edge.publish()
    seen()
    all_up()
    return edge


def test_a_cluster_that_is_down_is_proposed_at_the_top_with_what_a_failover_does(
    edge: Edge, browser: Browser
) -> None:
    dies("a")
    all_up("a")
    page = text(browser("viewer"), "/failover/")
    top = page.split("<table")[0]
    assert "and users are affected." in top
    assert "Neither the API nor the users&#x27; side has answered for 9 s." in top
    assert "A failover moves 400 tenants in about 1 s." in top and 'href="/failover/a/"' in top
    assert "Nothing happens by itself: Automatic failover is on for no redundancy" in top
    assert "does not answer, and users are sent there" not in top  # it is said once


def test_one_signal_is_suspect_and_named(edge: Edge, browser: Browser) -> None:
    says("b", "suspect")
    top = text(browser("viewer"), "/failover/").split("<table")[0]
    assert "b is suspect:" in top and "Only one signal misses: api." in top
    assert "has been silent" not in top


def test_what_was_heard_long_ago_is_proposed_by_nobody(edge: Edge, browser: Browser) -> None:
    says("a", "down", read_ago_s=60)
    page = text(browser("viewer"), "/failover/")
    assert "has been silent" not in page
    assert "Its signals were heard last 60 s ago: nothing is known of it now." in page


def test_a_proposal_says_how_long_it_would_take_and_what_that_rests_on(edge: Edge, browser: Browser) -> None:
    all_up("a")
    page = text(browser("viewer"), "/failover/")
    assert "A failover moves 400 tenants in about 1 s." in page and "No user was moved here yet" in page
    moved(3)
    all_up("a")
    page = text(browser("viewer"), "/failover/")
    assert "A failover moves 400 tenants in about 3 s." in page
    assert "So long did the last moves take here." in page and "No user was moved here yet" not in page


# what is the matter -> what the proposal says of it
REASONS = {
    "brake": (lambda: says("b", "down"), "2 of 3 clusters look dead"),
    "line": (
        lambda: build_stop("/line/stop/"),
        "Nothing happens by itself: The line is stopped",
    ),
    "kill switch": (lambda: build_stop("/automation/stop/"), "All automation is off: on-call"),
}


def build_stop(path: str) -> None:
    from django.test import Client

    client = Client()
    client.force_login(build.person("on-call"))
    assert client.post(path, WHY).status_code == 302


@pytest.mark.parametrize("case", REASONS)
def test_why_nothing_happens_by_itself_is_always_said(case: str, edge: Edge, browser: Browser) -> None:
    AutoFailover.objects.create(redundancy="none", on=True, reason="test", author=build.person("admin"))
    all_up("a")
    arrange, words = REASONS[case]
    arrange()
    assert words in text(browser("viewer"), "/failover/")


def test_on_call_presses_the_kill_switch_and_a_release_manager_lifts_it(edge: Edge, browser: Browser) -> None:
    assert 'href="/automation/stop/"' in text(browser("on-call"), "/failover/")
    assert 'href="/automation/stop/"' not in text(browser("viewer"), "/failover/")
    assert browser("on-call").post("/automation/stop/", WHY).status_code == 302
    assert AutomationStop.objects.filter(lifted_at=None).count() == 1
    page = text(browser("on-call"), "/failover/")
    assert "All automation is off." in page and 'href="/automation/resume/"' not in page
    assert browser("on-call").post("/automation/resume/", WHY).status_code == 403
    assert browser("release-manager").post("/automation/resume/", WHY).status_code == 302
    assert not AutomationStop.objects.filter(lifted_at=None).exists()


def test_a_release_manager_switches_a_redundancy_on_and_off(edge: Edge, browser: Browser) -> None:
    assert browser("on-call").post("/automation/none/on/", WHY).status_code == 403
    client = browser("release-manager")
    assert client.get("/automation/test/on/").status_code == 404
    assert client.get("/automation/none/maybe/").status_code == 404
    assert client.post("/automation/none/on/", WHY).status_code == 302
    assert "by itself" in text(client, "/failover/")
    assert client.post("/automation/none/off/", WHY).status_code == 302
    told = Event.objects.filter(kind="auto-failover").order_by("pk").values_list("to_state", flat=True)
    assert list(told) == ["on", "off"]
    assert not Run.objects.exists()


def test_a_cluster_without_prods_is_not_judged(edge: Edge) -> None:
    build.cluster("edge-x")
    lines = {one.name: one for one in read_survival("viewer", timezone.now()).lines}
    assert lines["edge-x"].alive is None
    assert lines["a"].alive is not None and lines["a"].alive.state == "up"
