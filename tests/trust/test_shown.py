"""Every page and every read of the API answers those who may, and an empty form is an error."""

import pytest
from django.db import transaction

from releases.models import Run
from tests import build
from tests.trust.conftest import bearer, session
from tests.trust.routes import all_routes, fill

pytestmark = pytest.mark.django_db

# Pages that lead on to another, and reads that have to be asked for something.
ASKS = {"settings/", "releases/plan/", "api/v1/blueprints/<slug:name>/revisions/<int:number>/diff/"}
# Changes that take nothing but the click, and one whose empty form says: no overrides.
COMPLETE = {
    "prods/<slug:name>/change/",
    "settings/people/<str:name>/password/",
    "settings/people/<str:name>/out/",
    "settings/people/<str:name>/in/",
}


def test_every_page_and_every_read_answers_those_who_may(world: Run) -> None:
    person = build.person("admin")
    pages, api = session(person), bearer(person)
    said = {
        route.path: (api if route.is_api else pages).get(fill(route)).status_code
        for route in all_routes()
        if "GET" in route.permits and route.path not in ASKS
    }
    posted_only = {path for path, status in said.items() if status == 405 and not path.startswith("api/")}
    assert {path: status for path, status in said.items() if status != 200 and path not in posted_only} == {}


def test_an_empty_form_that_is_sent_is_an_error_and_not_a_page(world: Run) -> None:
    client = session(build.person("admin"))
    said = {}
    for route in all_routes():
        if not route.is_api and not route.is_public and route.path not in COMPLETE:
            with transaction.atomic():
                said[route.path] = client.post(fill(route), {}).status_code
                transaction.set_rollback(True)
    assert [path for path, status in said.items() if status < 300] == []


def test_every_page_says_how_old_its_facts_are(world: Run) -> None:
    client = session(build.person("admin"))
    silent = []
    for route in all_routes():
        if route.is_api or route.is_public or route.path in ASKS or route.path.endswith("live/"):
            continue
        page = client.get(fill(route))
        text = page.content.decode() if page.status_code == 200 else ""
        shown = "data-facts" in text and "data-channel-chip" in text
        if "<html" in text and not shown:
            silent.append(route.path)
    assert silent == []
