"""One Prod on the pages: what its death would do, and the way out of it and back."""

import pytest
from django.utils import timezone

from clusters.models import Cluster, Prod
from releases.models import Run
from releases.queries.prods import read_prod
from releases.queries.survival import read_survival
from releases.queries.survival_prods import MOST_WHOLE
from tests import build
from tests.traffic.edge import Edge
from tests.web.conftest import PEOPLE, Browser
from tests.web.leaving import WHY, comes_back, digest_in, ended, line, press, seen, text
from traffic.models import Route, RouteMember

LEAVE, BACK = "/prods/a-1/evacuate/", "/prods/a-1/back/"


@pytest.fixture(autouse=True)
def edge(fleet: None) -> Edge:
    """The example fleet, published on two routers."""
    edge = Edge()
    edge.publish()
    comes_back("a")
    return edge


def page_of(client, path: str) -> str:  # type: ignore[no-untyped-def]
    """The page as it is now; `text` sees every Prod well first."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return " ".join(answer.content.decode().split())


def left(client, edge: Edge) -> Run:  # type: ignore[no-untyped-def]
    press(client, LEAVE)
    return ended(Run.objects.latest("pk"), edge)


def buttons(prod: str, role: str = "on-call") -> dict[str, list[str]]:
    """Where each button about its users leads -> why it cannot be pressed."""
    page = read_prod(prod, build.person(role))
    return {
        one.link: [reason.code for reason in one.reasons]
        for one in page.choices
        if "evacuate" in one.link or "/back/" in one.link
    }


def test_the_page_of_a_prod_leads_to_its_evacuation(browser: Browser) -> None:
    page = text(browser("on-call"), "/prods/a-1/")
    assert "Evacuate a-1…" in page and f'href="{LEAVE}"' in page
    assert 'class="emergency"' not in page, "nothing presses"


def test_a_dead_prod_with_users_is_said_and_in_reach_of_the_thumb(browser: Browser) -> None:
    build.observe("a-1", ready=0)
    for path in ("/prods/a-1/", "/failover/"):
        page = page_of(browser("on-call"), path)
        bar = page.split('class="emergency"')[1]
        assert "Fail over a-1…" in bar and f'href="{LEAVE}"' in bar, path
    assert "a-1 serves nobody, its cluster a answers, and users are sent to it." in page
    assert "A failover moves 400 tenants in about 1 s. Nobody is lost." in page


def test_a_prod_on_a_dead_cluster_is_said_once_as_that_cluster(browser: Browser) -> None:
    Cluster.objects.filter(name="a").update(health="unreachable")
    page = read_survival("on-call", timezone.now())
    assert [one.name for one in page.dying] == ["a"] and page.dead_prods == ()


STATES = [
    ("alive", {LEAVE: []}),
    ("serves nobody", {LEAVE: ["nothing-to-move"]}),
    ("emptied", {LEAVE: ["nothing-to-move"], BACK: []}),
    ("emptied, its cluster too", {LEAVE: ["nothing-to-move"], BACK: ["cluster-emptied-too"]}),
    ("emptied, its cluster is away", {LEAVE: ["nothing-to-move"], BACK: ["cluster-unreachable"]}),
]


@pytest.mark.parametrize(("state", "wanted"), STATES, ids=[one[0] for one in STATES])
def test_each_state_of_a_prod_has_its_buttons(
    state: str, wanted: dict[str, list[str]], browser: Browser, edge: Edge
) -> None:
    if state == "serves nobody":
        RouteMember.objects.filter(prod__name="a-1").delete()
    if "emptied" in state:
        left(browser("on-call"), edge)
    if "too" in state:
        Cluster.objects.filter(name="a").update(intent="draining")
    if "away" in state:
        Cluster.objects.filter(name="a").update(health="unreachable")
    assert buttons("a-1") == wanted


def test_a_viewer_reads_why_there_is_no_button_for_them(browser: Browser) -> None:
    assert buttons("a-1", "viewer") == {LEAVE: ["role-may-not"]}
    page = text(browser("viewer"), "/prods/a-1/")
    assert f'href="{LEAVE}"' not in page and "Evacuate a-1…" in page


@pytest.mark.parametrize("path", [LEAVE, BACK])
def test_each_page_asks_for_its_role(browser: Browser, path: str) -> None:
    for role in PEOPLE:
        status = browser(role).get(path).status_code
        allowed = role in build.ROLES and build.ROLES.index(role) >= build.ROLES.index("on-call")
        assert status == (200 if allowed else 302 if role == "anonymous" else 403), role


def test_the_plan_is_read_and_then_carried_out(browser: Browser, edge: Edge) -> None:
    build.observe("a-1", ready=0)
    client = browser("on-call")
    page = page_of(client, LEAVE)
    assert "Fail over Prod a-1?" in page and "Send <strong>400 tenants</strong> to other Prods" in page
    assert "Mark a-1 as draining" in page
    answer = client.post(LEAVE, {"digest": digest_in(page), "reason": WHY})
    run = Run.objects.get(kind="failover")
    assert answer.headers["Location"] == f"/runs/{run.pk}/"
    edge.publish()
    assert {f"shop-s-{number}": edge.weights(f"shop-s-{number}") for number in (1, 2, 3, 4)} == {
        "shop-s-1": {"c-1": 100},
        "shop-s-2": {"c-1": 100},
        "shop-s-3": {"c-1": 100},
        "shop-s-4": {"b-1": 100},
    }
    shown = text(client, f"/runs/{run.pk}/")
    assert f"Failover #{run.pk} · Prod a-1" in shown
    assert "Users come back to a-1 by a failback" in shown and 'href="/prods/a-1/"' in shown


def test_a_single_writer_asks_for_the_name_of_the_prod(browser: Browser) -> None:
    Route.objects.filter(name="shop-s-1").update(data_class="single-writer")
    client = browser("on-call")
    answer = press(client, LEAVE, confirm="a")
    page = answer.content.decode()
    assert answer.status_code == 409 and "is stopped, then type a-1." in page and WHY in page
    assert press(client, LEAVE, confirm="a-1").status_code == 302


def test_the_way_back_is_on_its_page_and_on_the_wall(browser: Browser, edge: Edge) -> None:
    client = browser("on-call")
    left(client, edge)
    page = text(client, "/prods/a-1/")
    assert "draining" in page and f'href="{BACK}"' in page.split('class="emergency"')[1]
    assert "Prod a-1, emptied" in text(client, "/")
    shown = text(client, BACK)
    assert "Bring the users of a-1 back?" in shown and "Put a-1 in service again" in shown
    assert "in steps of 10, 30, 50, 100 %" in shown
    assert press(client, BACK).status_code == 302
    assert Prod.objects.get(name="a-1").lifecycle == "in-service"
    assert "Prod a-1, emptied" not in text(client, "/")


def test_the_cluster_offers_no_failback_of_a_prod_that_was_emptied_by_itself(
    browser: Browser, edge: Edge
) -> None:
    left(browser("on-call"), edge)
    found = line("a")
    assert (found.away, found.back) == (0, None)
    (emptied,) = [one for one in found.prods.lines if one.back is not None]
    assert (emptied.name, emptied.back and emptied.back.reasons) == ("a-1", ())
    assert f'href="{BACK}"' in text(browser("on-call"), "/failover/")


FATES = {
    "a-1": (0, 400, 0, 0, {"c-1": (300, 680), "b-1": (100, 600)}),
    "a-2": (300, 0, 0, 0, {}),
    "c-2": (0, 0, 3, 0, {}),
}


def test_what_the_death_of_each_prod_would_do_is_listed_with_its_cluster(browser: Browser) -> None:
    seen()
    lines = {one.name: one for cluster in "ac" for one in line(cluster).prods.lines}
    for name, (safe, moved, wait, lost, takers) in FATES.items():
        fate = lines[name].fate
        assert (fate.safe, fate.moved, fate.wait, fate.lost_tenants) == (safe, moved, wait, lost)
        assert {one.prod: (one.tenants, one.room) for one in lines[name].takers} == takers
    page = text(browser("viewer"), "/failover/")
    assert "If one of its 2 Prods dies alone" in page and "room after 680 of 1,000" in page
    assert f'href="{LEAVE}"' not in page, "a viewer has no button there"


def test_who_would_be_lost_with_a_prod_is_named_with_why(browser: Browser) -> None:
    Prod.objects.exclude(name="a-1").update(capacity=350)
    fate = next(one.fate for one in line("a").prods.lines if one.name == "a-1")
    assert [(one.route, one.why.code) for one in fate.lost] == [("shop-s-4", "no-room")]


def test_of_many_prods_only_those_are_listed_that_matter_most(browser: Browser) -> None:
    route = Route.objects.get(name="shop-s-1")
    for number in range(MOST_WHOLE):
        prod = build.prod(f"b-x{number:03}", "b")
        build.in_service(prod)
        route.members.create(prod=prod, weight=1, target=1)
    assert [one.name for one in line("a").prods.lines] == []
    assert line("a").prods.more == 2
    build.observe("a-1", ready=0)
    page = page_of(browser("on-call"), "/failover/")
    assert "If one of its 2 Prods dies alone" in page and "1 more Prod serves users" in page
    assert f'href="{LEAVE}"' in page and 'href="/prods/?cluster=a"' in page


@pytest.mark.parametrize("path", ["/prods/z-1/evacuate/", "/prods/z-1/back/"])
def test_a_prod_that_there_is_none_of_is_404(browser: Browser, path: str) -> None:
    client = browser("admin")
    assert client.get(path).status_code == 404
    assert client.post(path, {"digest": "0" * 64, "reason": WHY}).status_code == 404
