"""Drift on the pages: what is shown to whom, and what the buttons do."""

from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clusters.core.drift import Difference, What, differences_to_json
from clusters.models import Drift, Prod
from journal.core.reasons import because
from journal.log import event, record
from releases.models import Hold, Run
from releases.queries.drift import read_drift
from tests import build
from tests.web.conftest import PEOPLE, Browser

AT = "2026-11-21T09:00:00Z"
IMAGE = Difference(
    "Deployment", "api", "containers[api].image", What.CHANGED, "api:v1", "api:hot", "kubectl-edit", AT
)
GONE = Difference("ConfigMap", "settings", "", What.MISSING)
SHELL = Difference("Deployment", "api", "containers[shell]", What.ADDED, "", "{}", "kubectl-edit", AT)


@pytest.fixture(autouse=True)
def _fleet(fleet: None) -> None:
    """The example fleet."""


def drifted(*found: Difference, state: str = "drifted", reason: Any = None) -> Prod:
    prod, now = Prod.objects.get(name="a-1"), timezone.now()
    times = {"since": now - timedelta(minutes=2), "checked_at": now, "due_at": now}
    fields = {"state": state, "differences": differences_to_json(found), "reason": reason or {}}
    Drift.objects.update_or_create(prod=prod, defaults={**fields, **times})
    return prod


def panel(role: str = "release-manager") -> str:
    """The fragment as this role sees it."""
    rows = Prod.objects.select_related("drift", "claim", "cluster")
    request = RequestFactory().get("/")
    request.user = build.person(role)
    return render_to_string("releases/_drift.html", {"drift": read_drift(rows.get(name="a-1"))}, request)


def test_each_difference_says_where_what_who_and_when() -> None:
    drifted(IMAGE, GONE)
    said = panel()
    for words in (
        "containers[api].image",
        "api:v1",
        "api:hot",
        "kubectl-edit",
        "ConfigMap settings",
        "gone",
        AT[:10],
    ):
        assert words in said
    assert "1 field is owned by another tool" in said


STATES = [
    ({"state": "in-sync"}, "has what was applied"),
    ({"state": "unknown", "reason": {"code": "facts-old", "params": {"cluster": "a"}}}, "cluster a"),
]


@pytest.mark.parametrize(("fields", "words"), STATES, ids=["in sync", "unknown"])
def test_what_is_not_drifted_says_how_it_is(fields: dict[str, Any], words: str) -> None:
    drifted(**fields)
    assert words in panel()


def test_a_prod_that_was_never_compared_says_so() -> None:
    assert "has not been compared" in panel()


def test_what_was_found_last_is_shown_as_old_while_nothing_is_known() -> None:
    drifted(IMAGE, state="unknown")
    said = panel()
    assert "found last" in said and "containers[api].image" in said
    assert "It is not known how its cluster differs" in said


@pytest.mark.parametrize(
    ("role", "heal", "take_over", "switch"),
    [
        ("viewer", False, False, False),
        ("on-call", True, False, False),
        ("release-manager", True, True, True),
    ],
)
def test_each_role_has_its_buttons(role: str, heal: bool, take_over: bool, switch: bool) -> None:
    drifted(IMAGE)
    said = panel(role)
    assert ('href="/prods/a-1/heal/"' in said) == heal
    assert ('href="/prods/a-1/heal/?take_over=1"' in said) == take_over
    assert ('href="/prods/a-1/self-heal/?on=1"' in said) == switch


def test_a_button_that_cannot_be_pressed_says_why() -> None:
    drifted(SHELL)
    said = panel()
    assert "added by others (kubectl-edit)" in said
    assert 'href="/prods/a-1/heal/?take_over=1"' in said


def test_healing_that_stopped_itself_says_who_writes_against_it() -> None:
    drifted(IMAGE)
    why = because("self-heal-stopped", times=3, manager="flux")
    record([event(timezone.now(), "self-heal", prod="a-1", moved=("on", "off"), reason=why)])
    assert "flux writes against it" in panel()


def test_healing_by_itself_says_what_it_waits_for() -> None:
    prod = drifted(IMAGE)
    Prod.objects.filter(pk=prod.pk).update(self_heal=True)
    Hold.objects.create(prod=prod, reason="looking", author=build.person("admin"), at=timezone.now())
    said = panel()
    assert "It is not healed yet" in said
    assert "looking" in said


def test_the_panel_costs_one_query_at_most(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    drifted(*[IMAGE] * 50)
    prod = Prod.objects.select_related("drift", "claim").get(name="a-1")
    with django_assert_num_queries(1):
        read_drift(prod)


def test_what_is_on_the_cluster_cannot_break_out_of_the_page() -> None:
    drifted(
        Difference(
            "ConfigMap", "<b>x", "data[<i>]", What.CHANGED, "<script>1", '"><img>', "<u>", "not a time"
        )
    )
    said = panel()
    assert not any(mark in said for mark in ("<script>1", "<img>", "<b>x", "<u>", "<i>"))


HEAL, CHECK, SWITCH = "/prods/a-1/heal/", "/prods/a-1/check-drift/", "/prods/a-1/self-heal/?on=1"
DOORS = [
    (HEAL, "on-call"),
    (HEAL + "?take_over=1", "release-manager"),
    (CHECK, "on-call"),
    (SWITCH, "release-manager"),
]


@pytest.mark.parametrize(("path", "least"), DOORS)
def test_each_door_asks_for_its_role(browser: Browser, path: str, least: str) -> None:
    drifted(IMAGE)
    for role in PEOPLE:
        answer = browser(role).post(path)
        may = role in build.ROLES and build.ROLES.index(role) >= build.ROLES.index(least)
        assert (
            answer.status_code in {200, 302, 400} and "login" not in answer.headers.get("Location", "")
        ) == may


def test_a_heal_starts_from_the_page_that_was_read(browser: Browser) -> None:
    drifted(IMAGE, GONE)
    client = browser("release-manager")
    shown = client.get(HEAL + "?take_over=1").content.decode()
    assert "2 differences are overwritten" in shown
    digest = shown.split('name="digest" value="')[1][:64]
    answer = client.post(HEAL + "?take_over=1", {"digest": digest, "take_over": "on", "reason": "by hand"})
    run = Run.objects.get(kind="heal")
    assert answer.headers["Location"] == f"/runs/{run.pk}/"
    assert client.get(f"/runs/{run.pk}/").status_code == 200
    assert "a-1" in client.get("/releases/").content.decode()


def test_another_drift_is_another_page(browser: Browser) -> None:
    drifted(IMAGE)
    client = browser("on-call")
    digest = client.get(HEAL).content.decode().split('name="digest" value="')[1][:64]
    drifted(IMAGE, GONE)
    answer = client.post(HEAL, {"digest": digest}, follow=True)
    assert not Run.objects.filter(kind="heal").exists()
    assert "2 differences are overwritten" in answer.content.decode()


def test_what_stays_and_what_is_contested_is_said_before(browser: Browser) -> None:
    drifted(IMAGE, SHELL)
    said = browser("on-call").get(HEAL).content.decode()
    assert "1 difference stays" in said
    assert "1 field is owned by kubectl-edit" in said
    assert "Take over instead" not in said


def test_a_heal_that_cannot_start_says_why_and_has_no_button(browser: Browser) -> None:
    drifted(state="in-sync")
    said = browser("on-call").get(HEAL).content.decode()
    assert "Nothing that a heal could mend" in said
    assert "disabled" in said


@pytest.mark.parametrize(
    "body", [{}, {"digest": "x"}, {"digest": "0" * 63 + "\n"}, {"digest": "0" * 64, "reason": "x" * 2000}]
)
def test_a_form_that_is_wrong_changes_nothing(browser: Browser, body: dict[str, str]) -> None:
    drifted(IMAGE)
    assert browser("on-call").post(HEAL, body).status_code == 400
    assert not Run.objects.filter(kind="heal").exists()


def test_a_look_that_was_asked_for_is_due_at_once(browser: Browser) -> None:
    drifted(IMAGE)
    assert browser("on-call").post(CHECK).status_code == 302
    row = Drift.objects.get(prod__name="a-1")
    assert (row.state, row.reason["code"]) == ("unknown", "drift-asked")
    assert row.due_at <= timezone.now()


def test_the_switch_needs_a_reason_and_knows_its_position(browser: Browser) -> None:
    client = browser("release-manager")
    assert client.post(SWITCH, {"reason": ""}).status_code == 400
    client.post(SWITCH, {"reason": "quiet nights"})
    assert Prod.objects.get(name="a-1").self_heal is True
    said = client.post(SWITCH, {"reason": "again"}, follow=True).content.decode()
    assert "It is so already." in said
    client.post("/prods/a-1/self-heal/", {"reason": "loud days"})
    assert Prod.objects.get(name="a-1").self_heal is False


@pytest.mark.parametrize("path", ["/prods/z-9/heal/", "/prods/z-9/self-heal/"])
def test_a_prod_that_there_is_none_of_is_404(browser: Browser, path: str) -> None:
    assert browser("admin").get(path).status_code == 404


def test_the_wall_marks_a_drifted_prod(browser: Browser) -> None:
    wall = browser("viewer")
    assert "drifted" not in wall.get("/").content.decode()
    drifted(GONE)
    assert wall.get("/").content.decode().count("drifted") == 1
