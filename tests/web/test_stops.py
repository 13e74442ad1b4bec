"""The line, Holds and Vetoes, and the page of a Prod."""

from collections.abc import Callable

import pytest

from clusters.models import Version
from journal.models import Event
from releases.models import Hold, Run
from tests import build
from tests.engine import driver
from tests.web.conftest import Browser
from traffic.models import Freeze

Release = Callable[..., Run]


def test_the_line_is_stopped_by_on_call_and_resumed_by_a_manager(fleet: None, browser: Browser) -> None:
    browser("on-call").post("/line/stop/", {"reason": "alerts"})
    freeze = Freeze.objects.get()
    assert (freeze.reason, freeze.author.username) == ("alerts", "on-call")
    assert browser("on-call").post("/line/resume/", {"reason": "fine"}).status_code == 403
    browser("release-manager").post("/line/resume/", {"reason": "it was the probe"})
    freeze.refresh_from_db()
    assert freeze.lifted_at is not None


def test_a_line_that_is_stopped_is_not_stopped_twice(fleet: None, browser: Browser) -> None:
    client = browser("on-call")
    client.post("/line/stop/", {"reason": "alerts"})
    said = client.post("/line/stop/", {"reason": "alerts again"}, follow=True).content.decode()
    assert "already" in said
    assert Freeze.objects.count() == 1


def test_hold_and_veto_are_lifted_with_a_reason(release: Release, browser: Browser) -> None:
    run = release()
    driver.advance(run)
    browser("on-call").post(f"/runs/{run.pk}/rollback/", {"reason": "errors"})
    hold, version = Hold.objects.get(), Version.objects.get(name="v1.1.0")
    client = browser("release-manager")
    assert "errors" in client.get("/prods/c-2/").content.decode()
    client.post(f"/holds/{hold.pk}/lift/", {"reason": "understood"})
    client.post(f"/versions/{version.pk}/lift/", {"reason": "not its fault"})
    hold.refresh_from_db()
    version.refresh_from_db()
    assert hold.lifted_at is not None
    assert version.vetoed_at is None
    assert Event.objects.filter(kind__in=["hold", "veto"], actor__username="release-manager").count() == 2


@pytest.mark.parametrize("path", ["/holds/1000000/lift/", "/versions/1000000/lift/"])
def test_what_is_not_there_cannot_be_lifted(path: str, fleet: None, browser: Browser) -> None:
    assert browser("admin").get(path).status_code == 404


def test_the_page_of_a_prod_tells_its_pods_in_their_own_words(fleet: None, browser: Browser) -> None:
    build.observe("a-1", ready=2, waiting="CrashLoopBackOff")
    page = browser("viewer").get("/prods/a-1/").content.decode()
    assert "CrashLoopBackOff" in page
    assert "4 / 6" in page
    assert "tokyo-dc1" in page


def test_versions_show_where_they_run(fleet: None, browser: Browser) -> None:
    page = browser("viewer").get("/versions/").content.decode()
    assert "shop v1.1.0" in page
    assert "6 Prods" in page
