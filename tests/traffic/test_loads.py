"""Loads that are measured: asked at a stand-in for Prometheus, stored with their time, and never shown as fresh when old."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from releases.fleet import fleet_facts
from releases.queries.shares import read_served
from tests import build
from tests.traffic.test_demand import Source, source
from tests.web.conftest import Browser, browser
from traffic.actions import move_tenant
from traffic.core.measured import OLD_S
from traffic.engine.loads import read_loads, store
from traffic.models import LoadReading, Tenant
from traffic.queries.facts import read_facts
from traffic.queries.loads import read_load_source

pytestmark = pytest.mark.django_db
__all__ = ["browser", "source"]  # fixtures
MINE = {("tenant", "staff-0001"): 7.2}


@pytest.fixture(autouse=True)
def fleet() -> None:
    build.fleet(whole_groups=True)


def said(*values: tuple[dict[str, str], str]) -> tuple[int, bytes]:
    result = [{"metric": metric, "value": [1, value]} for metric, value in values]
    return 200, json.dumps({"data": {"result": result}}).encode()


def ask(source: str, settings: Any, *answers: tuple[int, bytes]) -> bool:
    settings.PROMETHEUS_URL, settings.LOAD_QUERY = source, "load{}"
    Source.answers = list(answers)
    LoadReading.objects.update(due_at=timezone.now())
    return read_loads()


def load_of(route: str) -> int:
    (found,) = (one.load for one in read_facts().routes if one.name == route)
    (other,) = (one.load for one in fleet_facts().routes if one.name == route)
    assert other == found, "planners of releases and of traffic know the same"
    return found


def grow_old() -> None:
    LoadReading.objects.update(read_at=timezone.now() - timedelta(seconds=OLD_S + 1))


def test_without_a_query_nothing_is_asked_and_nothing_said(source: str, settings: Any) -> None:
    settings.PROMETHEUS_URL, settings.LOAD_QUERY = source, ""
    assert not read_loads() and Source.asked == []
    assert read_load_source(timezone.now()) is None


def test_what_is_measured_counts_in_every_planner(source: str, settings: Any) -> None:
    assert load_of("staff") == 3
    assert ask(source, settings, said(({"tenant": "staff-0001"}, "7.2"), ({"tenant": "zzz"}, "9")))
    assert Source.asked == ["/api/v1/query?query=load%7B%7D"]
    assert load_of("staff") == 10
    assert read_served()["c-2"].committed == 10
    assert Tenant.objects.get(name="staff-0001").load == 1, "what a person has given stays"


@pytest.mark.parametrize(
    ("label", "name", "load"),
    [("tenant", "staff-0002", 42), ("hostname", "staff-0002.example.com", 42), ("route", "staff", 40)],
)
def test_a_value_belongs_to_a_tenant_a_hostname_or_a_route(
    source: str, settings: Any, label: str, name: str, load: int
) -> None:
    assert ask(source, settings, said(({label: name}, "40")))
    assert load_of("staff") == load
    assert load_of("shop-s") == 400


def test_who_is_measured_no_longer_counts_with_the_number_given(source: str, settings: Any) -> None:
    ask(source, settings, said(({"tenant": "staff-0001"}, "7")))
    assert ask(source, settings, said(({"tenant": "staff-0002"}, "5")))
    assert load_of("staff") == 7
    assert Tenant.objects.exclude(measured_load=None).count() == 1


def test_old_loads_do_not_count_and_that_is_said(settings: Any, browser: Browser) -> None:
    settings.PROMETHEUS_URL, settings.LOAD_QUERY = "http://127.0.0.1:1", "load{}"
    client = browser("viewer")
    store(MINE, timezone.now())
    assert load_of("staff") == 10
    assert "Loads are measured: 1 tenant of" in shown(client, "/room/")
    assert "measured; given: 1" in shown(client, "/tenants/staff-0001/")
    grow_old()
    assert load_of("staff") == 3
    for path in ("/room/", "/tenants/", "/tenants/staff-0001/"):
        assert "Loads are not measured now" in shown(client, path), path
    assert "measured; given" not in shown(client, "/tenants/staff-0001/")


def test_the_api_tells_what_counts_and_what_was_given(settings: Any, browser: Browser) -> None:
    settings.PROMETHEUS_URL, settings.LOAD_QUERY = "http://127.0.0.1:1", "load{}"
    client = browser("viewer")
    assert client.get("/api/v1/room/").json()["loads"]["why"]["code"] == "load-query-silent"
    tag = client.get("/api/v1/tenants/staff-0001/").headers["ETag"]
    store(MINE, timezone.now())
    answer = client.get("/api/v1/tenants/staff-0001/")
    assert (answer.json()["load"], answer.json()["load_now"]) == (1, 8)
    assert answer.headers["ETag"].split(".")[0] == tag.split(".")[0], "nobody has set it"
    loads = client.get("/api/v1/room/").json()["loads"]
    assert (loads["fresh"], loads["measured"], loads["why"]) == (True, 1, None)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, b""), "load-query-nonsense"),
        ((200, b"[]"), "load-query-nonsense"),
        ((200, b"no json"), "load-query-nonsense"),
        (said(({"pod": "x"}, "1")), "load-query-nonsense"),
        (said(({"tenant": "staff-0001"}, "many")), "load-query-nonsense"),
    ],
)
def test_a_bad_answer_leaves_what_was_known_to_grow_old(
    source: str, settings: Any, answer: tuple[int, bytes], code: str
) -> None:
    store(MINE, timezone.now())
    assert not ask(source, settings, answer)
    assert load_of("staff") == 10, "it is still fresh"
    grow_old()
    found = read_load_source(timezone.now())
    assert found is not None and found.why is not None
    assert (found.fresh, found.measured, found.why.code) == (False, 0, code)


def test_it_is_asked_once_a_minute_whoever_asks(source: str, settings: Any) -> None:
    assert ask(source, settings, said())
    assert not read_loads()
    assert len(Source.asked) == 1


def test_nobody_answers(settings: Any) -> None:
    settings.DEMO, settings.PROMETHEUS_URL, settings.LOAD_QUERY = True, "http://127.0.0.1:1", "load{}"
    assert not read_loads()
    found = read_load_source(timezone.now())
    assert found is not None and found.why is not None and found.why.code == "load-query-silent"


def test_a_tenant_moves_with_the_load_that_it_brings() -> None:
    store({("tenant", "shop-s-0001"): 150.0}, timezone.now())
    moved = move_tenant(build.person("release-manager"), "shop-s-0001", {})
    assert moved.route is not None and moved.route.tenants.count() == 1, (
        "more than a Route of several may have"
    )


def test_what_no_tenant_can_be_called_is_passed_over(source: str, settings: Any) -> None:
    values = [({"tenant": name}, "5") for name in ("a\0b", "a\ud800", "staff-0001")]
    assert ask(source, settings, said(*values, ({"route": "zzz"}, "1"), ({"hostname": "zzz"}, "1")))
    assert load_of("staff") == 7


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return " ".join(answer.content.decode().split())
