"""A/B on the page of a Route: choose a Prod, see what it would mean, split, and go back."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from clusters.models import Prod
from tests import build
from tests.traffic.standing import standing_fleet
from tests.web.conftest import Browser
from traffic.models import RouteMember


@pytest.fixture(scope="module", autouse=True)
def fleet(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Made once."""
    with standing_fleet(django_db_blocker):
        yield


@pytest.fixture(autouse=True)
def seen_just_now(db: None) -> None:
    build.fresh()


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def weights() -> dict[str, int]:
    rows = RouteMember.objects.filter(route__name="shop-u")
    return dict(rows.values_list("prod__name", "weight"))


SENT = {"weights.c-1": "90", "weights.b-1": "10", "with": "b-1", "epoch": "1"}


def test_only_those_who_could_are_offered(browser: Browser) -> None:
    said = shown(browser("on-call"), "/routes/shop-u/")
    assert "<option>b-1</option>" in said and "<option>c-2</option>" not in said
    assert 'name="weights.b-1"' not in said
    assert "<option>" not in shown(browser("viewer"), "/routes/shop-u/")


def test_the_one_chosen_gets_a_field_and_a_preview(browser: Browser) -> None:
    said = shown(browser("on-call"), "/routes/shop-u/?with=b-1")
    assert 'name="weights.b-1"' in said and "Not a member yet." in said
    said = shown(browser("on-call"), "/routes/shop-u/preview/?with=b-1&weights.c-1=90&weights.b-1=10")
    for words in ("0 % → <strong>10 %</strong>", "0 → <strong>2</strong>", "320 / 1,000"):
        assert words in said, words
    answer = browser("on-call").post("/routes/shop-u/weights/", {**SENT, "do": "preview"})
    assert b"<strong>10 %</strong>" in answer.content and weights() == {"c-1": 100}


def test_one_who_may_not_is_told_why_before_the_button(browser: Browser) -> None:
    said = shown(browser("on-call"), "/routes/shop-u/?with=c-2")
    assert "c-2 has another role or Blueprint than shop-u needs." in said
    said = shown(browser("on-call"), "/routes/shop-u/preview/?with=c-2&weights.c-2=10")
    assert "c-2 has another role or Blueprint than shop-u needs." in said
    sent = {"weights.c-2": "10", "weights.c-1": "90", "with": "c-2", "epoch": "1", "do": "set"}
    answer = browser("on-call").post("/routes/shop-u/weights/", sent)
    assert answer.status_code == 400 and b"c-2 has another role" in answer.content
    assert weights() == {"c-1": 100}


def test_a_prod_that_is_none_is_no_choice(browser: Browser) -> None:
    client = browser("on-call")
    for name in ("zzz", "c-1", "B-1 "):
        assert 'name="with" value' not in shown(client, f"/routes/shop-u/?with={name}"), name
    said = shown(client, "/routes/shop-u/preview/?with=zzz&weights.zzz=50")
    assert "zzz" not in said and "Nothing would change." in said
    sent = {**SENT, "with": "b\x00-1", "weights.b\x00-1": "5", "do": "preview"}
    assert client.post("/routes/shop-u/weights/", sent).status_code < 500


def test_a_split_is_set_and_ends_with_one_click(browser: Browser) -> None:
    client = browser("on-call")
    assert "Back to the weights" not in shown(client, "/routes/shop-u/")
    assert client.post("/routes/shop-u/weights/", {**SENT, "do": "set"}).status_code == 302
    assert weights() == {"c-1": 90, "b-1": 10}
    assert "Back to the weights" in shown(client, "/routes/shop-u/")
    back = {"weights.c-1": "100", "weights.b-1": "0", "epoch": "2", "do": "set"}
    assert client.post("/routes/shop-u/weights/", back).status_code == 302
    assert weights() == {"c-1": 100, "b-1": 0}
    assert "weights.b-1" not in shown(client, "/routes/shop-u/"), "one who has left is no member"


def test_where_nobody_has_room_the_page_says_so(browser: Browser) -> None:
    Prod.objects.exclude(name="c-1").update(capacity=1)
    assert "No other Prod could get a part" in shown(browser("on-call"), "/routes/shop-u/")
