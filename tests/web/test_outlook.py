"""Until which wave users can be taken off the new Version at once: on the page of a run, and before it begins."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clusters.models import Prod
from releases.models import Run, Step
from tests import build
from tests.engine import driver
from tests.web.conftest import Browser
from traffic.models import Route, RouteMember, Tenant

Release = Callable[..., Run]
PLAN = "/releases/plan/?version=shop/v1.1.0&strategy=by-impact"


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def lines(page: str) -> list[str]:
    """What stands at each wave to come."""
    return re.findall(r"Rolled back after this wave: ([^.]*?) ?\.", words(page))


AS_IT_IS = [
    "nobody of 3 tenants goes to good Prods at once",
    "20 of 23 tenants go to good Prods at once",
    "320 of 323 tenants go to good Prods at once",
    "nobody of 1,123 tenants goes to good Prods at once",
]
UNTIL_3 = "until wave 3 is done (320 of 323 tenants then). After wave 4 nobody can"
FROM_3_ON = "until wave 2 is done (20 of 23 tenants then). After wave 3 nobody can"


def test_each_wave_to_come_says_whom_a_rollback_after_it_sends_away(
    release: Release, browser: Browser
) -> None:
    page = browser("viewer").get(f"/runs/{release().pk}/").content.decode()
    assert lines(page) == AS_IT_IS
    assert page.count("data-look-again") == 1, "no event of the run tells that some Prod has less room"
    assert UNTIL_3 in words(page)
    assert "1 Route stays, and why staff 3 tenants · load 3 ·" in words(page)


def test_room_that_vanishes_while_it_runs_changes_the_page(release: Release, browser: Browser) -> None:
    run, client = release(), browser("viewer")
    driver.advance(run)
    Prod.objects.filter(name__in=["a-1", "b-2"]).update(capacity=400)
    page = client.get(f"/runs/{run.pk}/live/").content.decode()
    assert lines(page) == [*AS_IT_IS[:2], "nobody of 323 tenants goes to good Prods at once", AS_IT_IS[3]]
    assert FROM_3_ON in words(page)
    (staying,) = re.findall(r"5 Routes stay, and why (.*?)staff", words(page))
    assert staying.startswith("shop-r-1 100 tenants · load 100 · ") and "room" in staying


def test_a_wave_that_is_done_says_nothing_of_it(release: Release, browser: Browser) -> None:
    run = release(soak_s=0)
    Step.objects.filter(run=run, wave=1).update(state="succeeded", attempt=1)
    page = browser("viewer").get(f"/runs/{run.pk}/").content.decode()
    assert len(lines(page)) == 3 and 'data-key="wave-1"' in page


@pytest.mark.parametrize(("state", "over"), [("succeeded", True), ("aborted", True), ("stopping", False)])
def test_a_run_that_begins_nothing_more_has_no_horizon(
    state: str, over: bool, release: Release, browser: Browser
) -> None:
    run = release()
    Run.objects.filter(pk=run.pk).update(state=state, finished_at=run.created_at if over else None)
    page = browser("viewer").get(f"/runs/{run.pk}/").content.decode()
    assert lines(page) == [] and 'data-key="horizon"' not in page
    assert "data-look-again" not in page and 'hx-trigger="live"' in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lifecycle": "in-service"}, UNTIL_3),
        ({"lifecycle": "draining"}, "nobody can be sent to a good Prod at once after wave 1"),
    ],
    ids=["as it is", "all Prods are being emptied"],
)
def test_the_plan_says_it_before_it_begins(
    change: dict[str, str], said: str, fleet: None, browser: Browser
) -> None:
    Prod.objects.update(**change)
    page = browser("release-manager").get(PLAN).content.decode()
    assert said in words(page)
    assert len(lines(page)) == 4
    assert "Once wave 4 has started, no Prod is left" in words(page)


def test_to_the_end_where_a_prod_is_left_out(fleet: None, browser: Browser) -> None:
    page = browser("release-manager").get(f"{PLAN}&exclude=a-1&why=a+sale").content.decode()
    assert lines(page)[-1] == "600 of 723 tenants go to good Prods at once"
    assert "at once to the end (600 of 723 tenants then)" in words(page)


def grow(cluster: str, count: int) -> None:
    """More Prods there, each with a Route and a tenant of its own."""
    for number in range(10, 10 + count):
        prod = build.prod(f"{cluster}-{number}", cluster)
        build.in_service(prod)
        route = Route.objects.create(name=f"r-{prod.name}", redundancy="none", data_class="stateless")
        RouteMember.objects.create(route=route, prod=prod, weight=100, target=100)
        Tenant.objects.create(name=f"t-{prod.name}", redundancy="none", load=1, route=route)


@pytest.mark.parametrize("path", ["/runs/{run}/", PLAN, "/api/v1/runs/{run}/rollback/"])
def test_more_prods_and_waves_take_no_more_queries(
    path: str, fleet: None, browser: Browser, release: Release
) -> None:
    client, found = browser("release-manager"), []
    for cluster, version, strategy in (
        ("c", "v1.1.0", {}),
        ("a", "v1.2.0", {"name": "percent", "percents": [1, 2, 5, 10, 40, 60, 80, 100]}),
    ):
        grow(cluster, 6)
        run = release(version, **strategy)
        driver.advance(run)
        client.get(path.format(run=run.pk))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path.format(run=run.pk)).status_code == 200
        found.append((len(run.plan["waves"]), len(queries)))
        run.claims.all().delete()
        Run.objects.filter(pk=run.pk).update(state="aborted", finished_at=run.created_at)
    (few, before), (many, then) = found
    assert many > few and then <= before
