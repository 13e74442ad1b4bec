"""Requests and errors per second over the API: by Prod and by Version, null where nothing was measured."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clusters.models import Prod
from tests import build
from tests.api.conftest import Call
from traffic.core.demand import KEPT_S, OLD_S, Rate
from traffic.engine.demand import store

pytestmark = pytest.mark.django_db
RATES = {
    ("a-1", "v1.0.0"): Rate(5.5, 0.5),
    ("a-1", ""): Rate(0.25, 0.25),
    ("a-2", "v1.0.0"): Rate(0.0, 0.0),
    ("a-2", "v1.1.0"): Rate(3.0, 0.0),
    ("z-9", "v1.0.0"): Rate(9.0, 9.0),
}


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    build.fleet()


def measured(age_s: int = 2) -> None:
    store(RATES, timezone.now() - timedelta(seconds=age_s))


def of_prods(call: Call, query: str = "") -> dict[str, Any]:
    told = call("GET", f"prods/{query}", role="viewer").json()["results"]
    return {one["name"]: one["requests"] for one in told}


def rates(told: dict[str, Any]) -> tuple[Any, Any]:
    return told["requests_per_s"], told["errors_per_s"]


def test_each_prod_says_what_is_asked_of_it_and_how_old_that_is(call: Call) -> None:
    measured()
    told = of_prods(call)
    assert rates(told["a-1"]) == (5.75, 0.75) and rates(told["a-2"]) == (3.0, 0.0)
    assert rates(told["b-1"]) == (None, None), "nobody has said that it is 0"
    assert told["a-1"]["fresh"] is True and told["a-1"]["read_at"] is not None
    assert call("GET", "prods/a-1/").json()["requests"] == told["a-1"]
    assert set(of_prods(call, "?cluster=a")) == {"a-1", "a-2"}


def test_each_version_says_what_is_asked_of_it_on_all_prods(call: Call) -> None:
    measured()
    told = call("GET", "requests/", role="viewer").json()
    assert [(one["blueprint"], one["version"], one["prods"], *rates(one)) for one in told["versions"]] == [
        ("shop", "v1.0.0", 6, 5.75, 0.75),
        ("shop", "v1.1.0", 0, 3.0, 0.0),
    ]
    assert told["fresh"] is True
    assert call("GET", "requests/?blueprint=shop").json() == told
    assert call("GET", "requests/?blueprint=zzz").json()["versions"] == []


def test_where_nothing_was_measured_nothing_is_told(call: Call) -> None:
    nothing = {"requests_per_s": None, "errors_per_s": None, "read_at": None, "fresh": False}
    assert set(map(str, of_prods(call).values())) == {str(nothing)}
    told = call("GET", "requests/").json()
    assert (told["read_at"], told["fresh"]) == (None, False)
    assert [(one["prods"], *rates(one)) for one in told["versions"]] == [(6, None, None)]


@pytest.mark.parametrize(
    ("age_s", "fresh", "found"),
    [(OLD_S - 5, True, (3.0, 0.0)), (OLD_S + 5, False, (3.0, 0.0)), (KEPT_S + 1, False, (None, None))],
    ids=["fresh", "old", "too old to be told"],
)
def test_what_is_old_says_so(call: Call, age_s: int, fresh: bool, found: tuple[Any, Any]) -> None:
    measured(age_s)
    told = of_prods(call)["a-2"]
    assert (told["fresh"], rates(told)) == (fresh, found)


def test_the_queries_do_not_grow(call: Call) -> None:
    measured()
    counts = []
    for number in range(2):
        for path in ("prods/", "requests/"):
            call("GET", path)
            with CaptureQueriesContext(connection) as asked:
                assert call("GET", path).status_code == 200
            counts.append(len(asked))
        for more in range(4):
            build.in_service(build.prod(f"c-{5 + number * 4 + more}", "c"))
    assert counts[:2] == counts[2:] and Prod.objects.count() == 14


def test_a_parameter_that_there_is_not_is_named(call: Call) -> None:
    answer = call("GET", "requests/?zzz=1")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "query-unknown")
