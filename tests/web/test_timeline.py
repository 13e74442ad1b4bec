"""The Timeline and the search."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from journal.core.reasons import because
from journal.log import event, record
from journal.models import Event
from releases.actions import stop_the_line
from releases.event_words import KINDS
from releases.queries.timeline import GROUPS, PAGE, TimelineFilter, read_timeline
from tests import build
from tests.web.conftest import Browser


@pytest.fixture
def happened(fleet: None) -> list[int]:
    """250 more Events on c-2, one a minute, and the line stopped by the person on call."""
    began = timezone.now() - timedelta(minutes=250)
    why = because("stopped-by-person", by="somebody", why="<script>alert(1)</script>")
    record(
        event(began + timedelta(minutes=n), "step.soak", prod="c-2", run_id=7, moved=("waiting", "running"))
        for n in range(250)
    )
    record([event(timezone.now(), "cluster", cluster="b", moved=("", "registered"), reason=why)])
    stop_the_line(build.person("on-call"), "too many alerts")
    return list(Event.objects.order_by("-id").values_list("pk", flat=True))


def ids(**asked: object) -> list[int]:
    page = read_timeline(TimelineFilter(**asked))
    return [one.id for day in page.days for one in day.happened]


def test_walking_to_older_pages_meets_every_event_once(happened: list[int]) -> None:
    met, before = [], None
    while shown := ids(before=before):
        met += shown
        before = min(shown)  # days are shown together, and the fixture's begin yesterday when it is early
    assert sorted(met, reverse=True) == happened


def test_walking_back_to_newer_pages_meets_the_same_pages(happened: list[int]) -> None:
    second = ids(before=happened[PAGE - 1])
    assert ids(after=second[0]) == happened[:PAGE]


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"group": "line"}, lambda one: one.kind == "line"),
        ({"group": "steps"}, lambda one: one.kind.startswith("step.")),
        ({"prod": "c-2"}, lambda one: one.prod == "c-2"),
        ({"cluster": "b"}, lambda one: one.cluster == "b"),
        ({"cluster": "c"}, lambda one: one.prod.startswith("c-") or one.cluster == "c"),
        ({"person": "on-call"}, lambda one: one.actor_id == build.person("on-call").pk),
        ({"run": 7}, lambda one: one.run_id == 7),
        ({"prod": "c-2", "group": "line"}, lambda one: False),
    ],
    ids=["kind", "prefix", "prod", "cluster", "prods of a cluster", "person", "run", "both"],
)
def test_a_filter_leaves_in_what_fits_and_only_that(happened: list[int], asked: dict, fits) -> None:  # type: ignore[no-untyped-def,type-arg]
    expected = [one.pk for one in Event.objects.order_by("-id") if fits(one)]
    assert ids(**asked) == expected[:PAGE]


@pytest.mark.django_db
def test_every_kind_that_is_told_of_is_in_one_group() -> None:
    groups = {"run", "step.x", *KINDS}
    for kind in groups:
        fits = [name for name, (_words, q) in GROUPS.items() if q.check({"kind": kind})]
        assert len(fits) == 1, (kind, fits)


def test_a_link_to_a_moment_shows_it_with_what_followed(happened: list[int], browser: Browser) -> None:
    linked = happened[60]
    shown = ids(at=linked)
    assert shown[20] == linked
    page = browser("viewer").get("/timeline/", {"at": linked}).content.decode()
    assert page.count('aria-current="true"') == 1


def test_up_to_a_moment_nothing_later_is_shown(happened: list[int]) -> None:
    moment = timezone.now() - timedelta(minutes=100)
    shown = Event.objects.filter(pk__in=ids(on=moment))
    assert shown
    assert all(one.at <= moment for one in shown)


def test_words_of_people_are_shown_as_text(happened: list[int], browser: Browser) -> None:
    page = browser("viewer").get("/timeline/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "nonsense"), ("run", "x"), ("run", "-1"), ("run", "9" * 30), ("on", "tomorrow"), ("at", "1; drop"),
     ("prod", "x" * 64), ("before", "0")],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_told_at_its_field(browser: Browser, field: str, value: str) -> None:
    answer = browser("viewer").get("/timeline/", {field: value})
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {field}


def test_an_empty_log_says_what_to_do(browser: Browser) -> None:
    assert "Nothing has happened yet" in browser("viewer").get("/timeline/").content.decode()


def test_a_filter_without_finds_offers_everything(fleet: None, browser: Browser) -> None:
    page = browser("viewer").get("/timeline/", {"prod": "nobody"}).content.decode()
    assert "Nothing fits this filter" in page
    assert "Show everything" in page


def test_a_longer_log_takes_no_more_queries(happened: list[int], browser: Browser) -> None:
    client = browser("viewer")
    client.get("/timeline/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/timeline/", {"before": happened[10]})
    assert len(queries) <= 9, [query["sql"][:80] for query in queries]


@pytest.mark.parametrize(
    ("asked", "link"),
    [
        ("a-1", "/prods/a-1/"),
        ("A-1", "/prods/a-1/"),
        ("prod-a-2", "/prods/a-2/"),
        ("staff", "/prods/c-2/"),
        ("STAFF", "/prods/c-2/"),
    ],
)
def test_a_search_leads_to_the_page(fleet: None, browser: Browser, asked: str, link: str) -> None:
    found = browser("viewer").get("/search/live/", {"q": asked}).content.decode()
    assert f'href="{link}"' in found


def test_a_run_is_found_by_its_number(release, browser: Browser) -> None:  # type: ignore[no-untyped-def]
    run = release()
    found = browser("viewer").get("/search/", {"q": f"#{run.pk}"}).content.decode()
    assert f'href="/runs/{run.pk}/"' in found


@pytest.mark.parametrize("asked", ["%", "_", "x" * 5000, "<b>", "#99999999999999999999", "' or 1=1", "１"])
def test_odd_texts_find_nothing_or_something_but_never_fail(
    fleet: None, browser: Browser, asked: str
) -> None:
    assert browser("viewer").get("/search/", {"q": asked}).status_code == 200


def test_a_percent_sign_is_no_wildcard(fleet: None, browser: Browser) -> None:
    assert "Nothing has this in its name" in browser("viewer").get("/search/", {"q": "%"}).content.decode()
