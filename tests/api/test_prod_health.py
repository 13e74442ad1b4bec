"""`GET /prods/?health=`: by what was last seen, and by how old that is."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clusters.models import Cluster, Observation
from tests import build
from tests.api.conftest import Call

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    """All of it is ready but a-2, of which nothing was seen, and those on b, which was seen long ago."""
    build.fleet()
    build.fresh()
    Observation.objects.filter(prod__name="a-2").delete()
    Cluster.objects.filter(name="b").update(seen_at=timezone.now() - timedelta(minutes=5))


def names(call: Call, query: str) -> list[str]:
    answer = call("GET", f"prods/?{query}")
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def test_only_the_prods_of_that_health_are_told(call: Call) -> None:
    told = {row["name"]: row["health"] for row in call("GET", "prods/").json()["results"]}
    assert set(told.values()) >= {"ready", "unknown"}
    for word in ("ready", "not-ready", "down", "unknown"):
        assert names(call, f"health={word}") == [name for name, health in told.items() if health == word]
    assert names(call, "health=unknown") == ["a-2", "b-1", "b-2"]
    assert names(call, "health=unknown&cluster=b") == ["b-1", "b-2"]


def test_its_pages_follow_each_other(call: Call) -> None:
    first = call("GET", "prods/?health=unknown&page_size=2").json()
    assert [row["name"] for row in first["results"]] == ["a-2", "b-1"]
    query = first["next"].partition("?")[2]
    assert names(call, query) == ["b-2"]


def test_another_word_is_refused(call: Call) -> None:
    assert call("GET", "prods/?health=fine").status_code == 400


def test_a_page_takes_the_same_number_of_queries_for_any_number_of_prods(
    call: Call, django_assert_max_num_queries: Any
) -> None:
    call("GET", "prods/?health=ready")
    with django_assert_max_num_queries(8):
        names(call, "health=ready&page_size=1")
    with django_assert_max_num_queries(8):
        names(call, "health=ready&page_size=200")
