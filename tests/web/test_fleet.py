"""The fleet wall."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from clusters.models import Cluster, Prod
from journal.core.reasons import because
from releases.actions import pause, stop_the_line
from releases.marks import NO_FACTS, Mark
from releases.models import Run
from releases.queries.fleet import FleetPage, ProdTile, read_fleet
from releases.templatetags.tiles import tile as drawn
from tests import build
from tests.engine import driver
from tests.web.conftest import Browser
from traffic.core.demand import Rate
from traffic.engine.demand import store
from traffic.models import RouteMember

Release = Callable[..., Run]


def wall() -> FleetPage:
    return read_fleet("release-manager", timezone.now())


def tile(name: str) -> ProdTile:
    return next(prod for column in wall().columns for prod in column.prods if prod.name == name)


def test_a_quiet_fleet_says_so(fleet: None, browser: Browser) -> None:
    page = browser("viewer").get("/").content.decode()
    assert "6 Prods" in page
    assert "1,123 load units" in page
    assert "all quiet" in page
    assert "Nothing waits for you" in page


def test_an_empty_fleet_says_what_to_do(browser: Browser) -> None:
    assert "manage.py apply" in browser("admin").get("/").content.decode()


def test_the_wall_takes_at_most_twelve_queries(release: Release, browser: Browser) -> None:
    release()
    client = browser("viewer")
    client.get("/")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/")
    assert len(queries) <= 12, [query["sql"][:80] for query in queries]


def test_more_prods_take_no_more_queries(fleet: None, browser: Browser) -> None:
    client = browser("viewer")
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    for number in range(20):
        build.in_service(build.prod(f"x-{number}", "a"))
    with CaptureQueriesContext(connection) as many:
        client.get("/")
    assert len(many) == len(few)


def test_a_tile_that_was_drawn_before_is_in_the_language_of_who_reads_it(fleet: None) -> None:
    words, shown = [], replace(tile("a-2"), mark=Mark("good", "check", "the same everywhere"))
    for language in ("en", "ja", "en"):
        with translation.override(language):
            words.append(drawn(shown))
    assert words[0] == words[2] != words[1]
    assert "300 tenants" in words[0] and "300 tenants" not in words[1]


def test_a_tile_that_was_drawn_before_says_what_has_changed(fleet: None) -> None:
    before = tile("a-2")
    assert "1 / 6" not in drawn(before) and "1 / 6" in drawn(replace(before, ready=1))


def test_a_tile_says_how_long_it_has_been_so_and_not_how_long_it_was(fleet: None) -> None:
    waits = replace(
        tile("a-2"), mark=NO_FACTS, reason=because("facts-old", cluster="a"), since=timezone.now()
    )
    first, deadline = drawn(waits), time.monotonic() + 10
    while drawn(waits) == first:
        assert time.monotonic() < deadline, "the tile tells the same age for 10 s"


def test_partners_and_load_stand_on_the_tile(fleet: None) -> None:
    a2 = tile("a-2")
    assert (a2.tenants, a2.partners, a2.load, a2.capacity) == (300, ("b-1",), 300, 1000)
    assert (a2.ready, a2.pods, a2.mark.word) == (6, 6, "in service")


def test_users_move_to_the_new_version_with_their_prod(release: Release) -> None:
    run = release(soak_s=0)
    driver.advance(run)
    assert [(one.name, one.share) for one in wall().versions] == [("shop v1.0.0", "100 %")]
    for step in driver.running_acts(run):
        driver.answer(step)
        build.observe(step.prod.name, generation=2)
    versions = [(one.name, one.prods) for one in wall().versions]
    assert versions == [("shop v1.1.0", 1), ("shop v1.0.0", 5)]
    assert wall().versions[0].share == "0.3 %"


def test_a_prod_under_way_shows_both_versions_and_its_step(release: Release) -> None:
    run = release()
    driver.advance(run)
    c2 = tile("c-2")
    assert (c2.before, c2.version, c2.mark.word) == ("v1.0.0", "v1.1.0", "updating")
    assert c2.run == run.pk


def test_a_failed_prod_is_said_on_its_tile_and_needs_a_person(release: Release) -> None:
    run = release()
    driver.advance(run)
    (step,) = driver.running_acts(run)
    driver.answer(step)
    build.observe("c-2", generation=2, ready=0, waiting="ImagePullBackOff")
    driver.advance(run)
    driver.advance(run)
    assert tile("c-2").mark.tone == "bad"
    (need,) = wall().needs
    assert need.title == f"Release #{run.pk}"
    assert "ImagePullBackOff" in need.words


def test_facts_that_are_old_are_not_shown_as_fine(fleet: None) -> None:
    Cluster.objects.filter(name="a").update(seen_at=timezone.now() - timedelta(minutes=1))
    page = wall()
    assert page.columns[0].mark.tone == "unknown"
    assert {prod.mark.tone for prod in page.columns[0].prods} == {"unknown"}
    assert [need.title for need in page.needs] == ["Cluster a"]


def test_a_prod_that_runs_other_images_has_drifted(fleet: None) -> None:
    build.observe("a-1", "v1.1.0")
    assert tile("a-1").drifted
    assert not tile("a-2").drifted


def test_pods_that_are_not_ready_are_said(fleet: None) -> None:
    build.observe("b-2", ready=1)
    assert (tile("b-2").mark.word, tile("b-2").ready) == ("not ready", 2)


def test_a_hold_and_a_veto_stay_until_lifted(release: Release, browser: Browser) -> None:
    run = release()
    driver.advance(run)
    browser("on-call").post(f"/runs/{run.pk}/rollback/", {"reason": "errors everywhere"})
    titles = [need.title for need in wall().needs]
    assert titles == ["Prods on hold", "shop v1.1.0"]
    assert tile("c-2").held == "errors everywhere"


def test_a_paused_run_needs_a_person(release: Release) -> None:
    run = release()
    pause(build.person("on-call"), run.pk)
    assert [need.mark.word for need in wall().needs] == ["paused"]


def test_the_stopped_line_is_over_every_page(fleet: None, browser: Browser) -> None:
    stop_the_line(build.person("on-call"), "alerts from everywhere")
    client = browser("viewer")
    for path in ("/", "/releases/", "/versions/", "/releases/new/", "/prods/a-1/"):
        page = client.get(path).content.decode()
        assert "alerts from everywhere" in page, path
        assert "A release manager can resume it" in page, path
    assert "Resume the line…" in browser("release-manager").get("/").content.decode()


def test_a_retired_prod_is_not_on_the_wall(fleet: None) -> None:
    Prod.objects.filter(name="c-2").update(lifecycle="retired")
    assert wall().prods == 5


@pytest.mark.parametrize(("role", "shown"), [("viewer", False), ("on-call", True)])
def test_roll_back_is_offered_to_those_who_may(
    role: str, shown: bool, release: Release, browser: Browser
) -> None:
    driver.advance(release())
    assert ("Roll back…" in browser(role).get("/").content.decode()) is shown


def test_the_wall_shows_what_users_ask_for_and_what_fails(fleet: None, browser: Browser) -> None:
    now = timezone.now()
    store({("a-1", "v1.0.0"): Rate(12.5, 0), ("a-2", ""): Rate(3, 3)}, now)
    page = browser("viewer").get("/").content.decode()
    assert "12.5 requests/s" in page and "3.0 errors/s" in page
    assert page.count('class="demand"') == 6 + 1  # each Prod, and the one Version


def test_numbers_that_are_old_are_called_old(fleet: None, browser: Browser) -> None:
    store({("a-1", "v1.0.0"): Rate(12.5, 0)}, timezone.now() - timedelta(seconds=20))
    page = browser("viewer").get("/").content.decode()
    assert 'class="demand old"' in page and ">20 s ago</time>" in page


def test_a_fleet_without_a_source_of_numbers_has_no_charts(fleet: None, browser: Browser) -> None:
    assert 'class="demand' not in browser("viewer").get("/").content.decode()


def test_who_serves_nobody_for_now_has_no_tenants_and_is_nobodys_partner(fleet: None) -> None:
    assert (tile("a-2").tenants, tile("a-2").partners) == (300, ("b-1",))
    RouteMember.objects.filter(prod__name="a-2").update(weight=0)
    assert (tile("a-2").tenants, tile("a-2").partners, tile("a-2").load) == (0, (), 0)
    assert (tile("b-1").tenants, tile("b-1").partners) == (300, ())
