"""From the choice of a Version to the start of exactly the plan that was read."""

import re

import pytest

from clusters.models import Cluster, Prod, Version
from releases.actions import stop_the_line
from releases.models import Run
from tests import build
from tests.traffic.edge import Edge
from tests.web.conftest import Browser

CHOICE = {"version": "shop/v1.1.0"}


def digest_in(page: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]+)"', page)
    assert found
    return found.group(1)


def test_a_vetoed_version_is_shown_with_why_and_cannot_be_chosen(fleet: None, browser: Browser) -> None:
    row = Version.objects.filter(name="v1.2.0")
    row.update(vetoed_at="2026-01-01T00:00Z", veto_reason="loses orders")
    page = browser("release-manager").get("/releases/new/").content.decode()
    assert "loses orders" in page
    assert re.search(r'value="shop/v1.2.0" required disabled', page)


def test_the_plan_shows_waves_reasons_and_what_changes(fleet: None, browser: Browser) -> None:
    page = browser("viewer").get("/releases/plan/", CHOICE).content.decode()
    tiles = re.findall(r'data-prod="([a-z0-9-]+)"', page)
    assert tiles == ["c-2", "c-1", "a-2", "b-1", "a-1", "b-2"]
    assert "Test Prod" in page
    assert "v1.0.0 → v1.1.0" in page
    assert "registry.example/shop/api:v1.1.0" in page, "the rendered difference"
    assert "From then on going back means deploying again" in page


def test_the_form_offers_a_ramp_and_the_plan_shows_its_steps(fleet: None, browser: Browser) -> None:
    Edge()
    client = browser("release-manager")
    assert 'name="back"' in client.get("/releases/new/").content.decode()
    page = client.get("/releases/plan/", CHOICE | {"back": "ramp"}).content.decode()
    assert all(f"Ramp {percent} %" in page for percent in (10, 30, 50, 100)) and "Restore" not in page
    client.post("/releases/start/", CHOICE | {"back": "ramp", "digest": digest_in(page)})
    assert Run.objects.get().strategy["back"] == "ramp"


def test_the_form_offers_to_warm_up_and_the_plan_shows_its_step(fleet: None, browser: Browser) -> None:
    Edge()
    client = browser("release-manager")
    assert 'name="warm_up"' in client.get("/releases/new/").content.decode()
    assert "Warm up 20×" not in client.get("/releases/plan/", CHOICE).content.decode()
    page = client.get("/releases/plan/", CHOICE | {"warm_up": "20"}).content.decode()
    assert "Warm up 20×" in page
    client.post("/releases/start/", CHOICE | {"warm_up": "20", "digest": digest_in(page)})
    assert Run.objects.get().strategy["warm_up"] == 20


def test_a_prod_that_cannot_be_warmed_up_is_named_and_stops_the_start(fleet: None, browser: Browser) -> None:
    Edge()
    Prod.objects.filter(name="a-2").update(endpoint="")
    page = browser("release-manager").get("/releases/plan/", CHOICE | {"warm_up": "20"}).content.decode()
    assert "1 Prod cannot be warmed up, since its address is not known (a-2)" in page
    assert re.search(r'class="button main" disabled', page)


@pytest.mark.parametrize("given", ["-1", "1001", "many"])
def test_a_wrong_number_of_requests_is_said_at_its_field(given: str, fleet: None, browser: Browser) -> None:
    answer = browser("viewer").get("/releases/plan/", CHOICE | {"warm_up": given})
    assert answer.status_code == 400
    assert f'name="warm_up" value="{given}"' in answer.content.decode()


def test_the_plan_says_where_users_live_meanwhile(fleet: None, browser: Browser) -> None:
    Edge()
    page = browser("viewer").get("/releases/plan/", CHOICE | {"alone": "relocate"}).content.decode()
    assert "Relocate users" in page and "meanwhile, as things are now" in page
    assert "have nowhere to be meanwhile" in page


def test_a_switch_without_standby_prods_says_who_finds_nobody(fleet: None, browser: Browser) -> None:
    page = browser("release-manager").get("/releases/plan/", CHOICE | {"name": "switch"}).content.decode()
    assert "No standby Prod is left to take the place of a-1" in page
    assert re.search(r'class="button main" disabled', page)


def test_a_switch_shows_who_takes_whose_place(fleet: None, browser: Browser) -> None:
    for name in ("a-8", "b-8", "c-7", "c-8", "c-9"):
        build.in_service(build.prod(name, name[0], role="standby"))
    page = browser("viewer").get("/releases/plan/", CHOICE | {"name": "switch"}).content.decode()
    assert "Switch → c-7" in page and "Hands its users (load 400) over to c-7" in page
    assert "To the end there is somebody to go back to." in page


def test_start_runs_the_plan_that_was_read(fleet: None, browser: Browser) -> None:
    client = browser("release-manager")
    page = client.get("/releases/plan/", CHOICE).content.decode()
    answer = client.post("/releases/start/", CHOICE | {"digest": digest_in(page)}, follow=True)
    run = Run.objects.get()
    assert run.digest == digest_in(page)
    assert answer.redirect_chain == [(f"/runs/{run.pk}/", 302)]


def test_a_plan_that_has_changed_is_shown_again_instead_of_run(fleet: None, browser: Browser) -> None:
    client = browser("release-manager")
    page = client.get("/releases/plan/", CHOICE).content.decode()
    build.in_service(build.prod("a-9", "a"))
    answer = client.post("/releases/start/", CHOICE | {"digest": digest_in(page)}, follow=True)
    said = answer.content.decode()
    assert "The plan has changed since it was shown" in said
    assert 'data-prod="a-9"' in said
    assert not Run.objects.exists()


def test_a_prod_is_left_out_with_a_reason(fleet: None, browser: Browser) -> None:
    client = browser("release-manager")
    asked = CHOICE | {"exclude": "b-2", "why": "moves house"}
    page = client.get("/releases/plan/", asked).content.decode()
    assert "moves house" in page
    assert 'data-prod="b-2"' not in page
    client.post("/releases/start/", asked | {"digest": digest_in(page)})
    assert Run.objects.get().plan["excluded"] == [{"prod": "b-2", "why": "moves house"}]


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({}, 400, "Choose a Version"),
        ({"version": "shop/v9"}, 409, "v9"),
        ({"version": "nonsense"}, 400, "Choose a Version"),
        (CHOICE | {"parallel": "many"}, 400, "whole number, or a percentage"),
        (CHOICE | {"soak_s": "-1"}, 400, "greater than or equal to 0"),
        (CHOICE | {"ask": "the boss"}, 400, "Select a valid choice"),
        (CHOICE | {"exclude": "z-9", "why": "is not there"}, 409, "z-9"),
        (CHOICE | {"exclude": "a-1", "why": ""}, 409, "why"),
    ],
    ids=["nothing", "unknown", "no slash", "parallel", "soak", "ask", "unknown prod", "no why"],
)
def test_a_wrong_choice_says_what_and_where(
    query: dict[str, str], status: int, says: str, fleet: None, browser: Browser
) -> None:
    answer = browser("release-manager").get("/releases/plan/", query)
    assert answer.status_code == status
    assert says in answer.content.decode()


def test_start_is_disabled_with_the_reason(fleet: None, browser: Browser) -> None:
    stop_the_line(build.person("on-call"), "storm of alerts")
    page = browser("release-manager").get("/releases/plan/", CHOICE).content.decode()
    assert "It cannot start while what is said above stands" in page
    assert re.search(r"<button class=\"button main\" disabled", page)
    assert (
        "needs the role release-manager" in browser("on-call").get("/releases/plan/", CHOICE).content.decode()
    )


def test_a_cluster_that_is_down_holds_back_its_prods_and_the_others_go_on(
    fleet: None, browser: Browser
) -> None:
    Cluster.objects.filter(name="b").update(health="unreachable")
    client = browser("release-manager")
    page = client.get("/releases/plan/", CHOICE).content.decode()
    assert "3 Prods cannot start now" in page
    client.post("/releases/start/", CHOICE | {"digest": digest_in(page)})
    assert Run.objects.get().state == "running"
