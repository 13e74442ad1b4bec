"""The run page and what is done from it."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clusters.models import Version
from releases.models import Hold, Run, Step
from releases.queries.runs import read_run
from tests import build
from tests.engine import driver
from tests.web.conftest import Browser

Release = Callable[..., Run]


def page_of(run: Run, role: str = "release-manager"):  # type: ignore[no-untyped-def]
    return read_run(run.pk, build.person(role))


def test_waves_stand_in_the_order_of_the_plan(release: Release) -> None:
    page = page_of(release())
    assert [[prod.name for prod in wave.prods] for wave in page.waves] == [
        ["c-2"],
        ["c-1"],
        ["a-2", "b-1"],
        ["a-1", "b-2"],
    ]
    assert [round(part.percent) for part in page.bar] == [0, 2, 27, 71]


def test_a_step_under_way_and_what_waits_say_why(release: Release, browser: Browser) -> None:
    run = release()
    driver.advance(run)
    page = page_of(run)
    assert page.waves[0].prods[0].mark.word == "updating"
    assert page.waves[3].prods[0].mark.word == "planned"
    assert page.waves[3].prods[0].waits is not None
    assert "Waits until wave" in browser("viewer").get(f"/runs/{run.pk}/").content.decode()


def test_every_button_that_cannot_be_pressed_says_why(release: Release, browser: Browser) -> None:
    run = release()
    choices = {choice.verb: choice for choice in page_of(run).choices}
    assert choices["pause"].may
    assert [reason.code for reason in choices["resume"].reasons] == ["run-not-paused"]
    assert [reason.code for reason in choices["rollback"].reasons] == ["nothing-changed"]
    page = browser("viewer").get(f"/runs/{run.pk}/").content.decode()
    assert "may not do this" in page


def test_roll_back_stands_beside_what_it_would_do(release: Release, browser: Browser) -> None:
    run = release()
    driver.advance(run)
    undo = page_of(run).undo
    assert undo.preview.moves == (("c-2", "v1.0.0"),)
    page = browser("on-call").get(f"/runs/{run.pk}/").content.decode()
    assert "c-2 → v1.0.0" in page
    assert "3 tenants" in page
    assert "Roll back to v1.0.0…" in page


def test_roll_back_works_without_javascript(release: Release, browser: Browser) -> None:
    run = release()
    driver.advance(run)
    client = browser("on-call")
    asked = client.get(f"/runs/{run.pk}/rollback/").content.decode()
    assert "c-2 → v1.0.0" in asked
    assert Run.objects.count() == 1, "asking changes nothing"
    answer = client.post(f"/runs/{run.pk}/rollback/", {"reason": "errors"}, follow=True)
    back = Run.objects.get(rollback_of=run)
    assert answer.redirect_chain == [(f"/runs/{back.pk}/", 302)]
    assert "The rollback has started" in answer.content.decode()
    assert Version.objects.get(name="v1.1.0").veto_reason == "errors"
    assert Hold.objects.filter(lifted_at=None).count() == 1


@pytest.mark.parametrize("verb", ["abort", "skip", "rollback"])
def test_what_destroys_needs_a_reason(verb: str, release: Release, browser: Browser) -> None:
    run = release()
    driver.advance(run)
    answer = browser("admin").post(f"/runs/{run.pk}/{verb}/", {"reason": " "})
    assert answer.status_code == 400
    run.refresh_from_db()
    assert run.state == "running"


def test_a_refusal_is_told_with_every_reason(release: Release, browser: Browser) -> None:
    run = release()
    answer = browser("on-call").post(f"/runs/{run.pk}/resume/", follow=True)
    assert "only a paused one is resumed" in answer.content.decode()


def test_pause_and_resume(release: Release, browser: Browser) -> None:
    run = release()
    client = browser("on-call")
    assert "The run is paused" in client.post(f"/runs/{run.pk}/pause/", follow=True).content.decode()
    assert "The run goes on" in client.post(f"/runs/{run.pk}/resume/", follow=True).content.decode()
    run.refresh_from_db()
    assert run.state == "running"


def test_skip_asks_which_prod(release: Release, browser: Browser) -> None:
    run = release()
    client = browser("release-manager")
    asked = client.get(f"/runs/{run.pk}/skip/").content.decode()
    assert "wave 4: b-2" in asked
    step = Step.objects.filter(run=run, prod__name="b-2").first()
    assert step is not None
    client.post(f"/runs/{run.pk}/skip/", {"step": step.pk, "reason": "under repair"})
    assert set(Step.objects.filter(run=run, prod__name="b-2").values_list("state", flat=True)) == {"skipped"}


def test_an_unknown_step_is_refused(release: Release, browser: Browser) -> None:
    run = release()
    client = browser("release-manager")
    assert client.get(f"/runs/{run.pk}/skip/?step=999999").status_code == 404
    answer = client.post(f"/runs/{run.pk}/skip/", {"step": 999999, "reason": "no such step"})
    assert answer.status_code == 409
    assert "999999" in answer.content.decode()


def test_the_author_is_told_that_others_approve(release: Release, browser: Browser) -> None:
    run = release(ask="each-wave", soak_s=0)
    for _ in range(4):
        driver.advance(run)
        for step in driver.running_acts(run):
            driver.answer(step)
            build.observe(step.prod.name, generation=2)
    assert run.state == "awaiting-approval"
    mine = {choice.verb: choice for choice in page_of(run, "release-manager").choices}
    assert [reason.code for reason in mine["approve"].reasons] == ["four-eyes"]
    approve = next(choice for choice in page_of(run, "admin").choices if choice.verb == "approve")
    answer = browser("admin").post(f"/runs/{run.pk}/approve/", {"step": approve.step}, follow=True)
    assert "Your approval is recorded" in answer.content.decode()


def test_the_live_fragment_is_the_part_of_the_page(release: Release, browser: Browser) -> None:
    run = release()
    client = browser("viewer")
    fragment = client.get(f"/runs/{run.pk}/live/").content.decode()
    assert "<html" not in fragment
    assert f"Release #{run.pk}" in fragment


def test_a_finished_run_takes_no_more_queries_than_a_new_one(release: Release, browser: Browser) -> None:
    run = release(soak_s=0)
    client = browser("viewer")
    client.get(f"/runs/{run.pk}/")
    driver.advance(run)
    with CaptureQueriesContext(connection) as new:
        client.get(f"/runs/{run.pk}/")
    driver.finish(run)
    with CaptureQueriesContext(connection) as old:
        page = client.get(f"/runs/{run.pk}/").content.decode()
    assert len(old) <= len(new) <= 52
    assert "Done. Prods: 6." in page


def test_the_list_is_paged(release: Release, browser: Browser) -> None:
    run = release()
    page = browser("viewer").get("/releases/").content.decode()
    assert f"Release #{run.pk}" in page
    assert "No runs yet" in browser("viewer").get(f"/releases/?before={run.pk}").content.decode()
    assert browser("viewer").get("/releases/?before=x").status_code == 200
