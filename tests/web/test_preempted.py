"""A release that a failover has pre-empted: named before, said on its page, resumed by what was read."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clusters.models import Prod, Version
from releases.actions import set_hold, start_leaving
from releases.failover_preview import preview_leaving
from releases.models import Run, Step
from releases.queries.confirm import read_run_confirm
from releases.resuming import preview_anew
from tests import build
from tests.engine.driver import advance, finish
from tests.traffic.edge import Edge
from tests.traffic.releasing import release_of
from tests.web.conftest import Browser
from tests.web.leaving import dies, digest_in, seen, text
from traffic.core.survival import PROD


@pytest.fixture
def edge(fleet: None) -> Edge:
    edge = Edge()
    edge.publish()
    seen()
    return edge


@pytest.fixture
def run(edge: Edge) -> Run:
    """Cluster a is dead and was left before the release had begun anything."""
    run = release_of(warm_up=0)
    dies("a")
    away = start_leaving(build.person("on-call"), "a", preview_leaving("a").plan.digest, "the power is out")
    seen()
    assert advance(run).state == "paused" and run.preempted_by_id == away.pk
    return run


def resume_path(run: Run) -> str:
    return f"/runs/{run.pk}/resume/"


def post(client: Client, run: Run, digest: str):  # type: ignore[no-untyped-def]
    return client.post(resume_path(run), {"digest": digest, "reason": ""})


def test_the_confirm_page_of_a_failover_names_whom_it_pre_empts(edge: Edge, browser: Browser) -> None:
    assert "Pre-empt" not in text(browser("on-call"), "/failover/a/")
    run = release_of()
    page = text(browser("on-call"), "/failover/a/")
    assert f'Pre-empt <a href="/runs/{run.pk}/">run #{run.pk}, shop v1.1.0</a>. What it has begun' in page
    assert f"run #{run.pk}, shop v1.1.0" in text(browser("on-call"), "/prods/a-1/evacuate/")


def test_the_pages_of_the_run_say_by_whom_and_what_to_do(run: Run, browser: Browser) -> None:
    page = text(browser("on-call"), f"/runs/{run.pk}/")
    away = run.preempted_by_id
    assert f'pre-empted by <a href="/runs/{away}/">#{away}</a>' in page
    assert f"Pre-empted: run {away} has moved users or taken Prods back." in page
    assert f'href="{resume_path(run)}"' in page and f'action="{resume_path(run)}"' not in page
    assert "Pre-empted" in text(browser("viewer"), "/"), "the wall lists what waits for somebody"
    assert "Pre-empted" in text(browser("viewer"), "/timeline/")


def test_what_is_asked_before_an_act_reads_as_english(run: Run, browser: Browser) -> None:
    client = browser("release-manager")
    page = text(client, resume_path(run))
    assert "<h2>What it does</h2> <ul" in page and "Goes on with what is left, as planned below." in page
    for verb in ("abort", "skip"):
        page = text(client, f"/runs/{run.pk}/{verb}/")
        assert "<h2>What it does</h2> <ul" in page and "It would" not in page, verb
    page = text(client, f"/runs/{run.pk}/rollback/")
    assert '<h2>It would</h2> <p class="soft">do nothing: there is nothing to take back now.</p>' in page


def test_while_it_ends_what_it_has_begun_its_page_says_so_too(edge: Edge, browser: Browser) -> None:
    run = release_of()
    advance(run)
    start_leaving(build.person("on-call"), "a", preview_leaving("a").plan.digest, "it must go")
    assert advance(run).state == "running"
    page = text(browser("on-call"), f"/runs/{run.pk}/")
    assert page.count("Pre-empted: run") == 2, "beside what it does now, and in what happened"


def test_the_difference_is_shown_and_what_was_shown_goes_on(run: Run, browser: Browser) -> None:
    client = browser("on-call")
    page = text(client, resume_path(run))
    row = re.search(r'<tr data-prod="c-1">.*?</tr>', page)
    assert row and "2 · few users" in row[0] and "· single" in row[0]
    assert "Has to stay in service: its partner a-1" in row[0]
    held = re.search(r'<tr data-prod="a-1">.*?</tr>', page)
    assert held and "does not answer" in held[0]
    answer = post(client, run, digest_in(page))
    assert answer.status_code == 302
    run.refresh_from_db()
    assert run.state == "running" and run.preempted_by_id is None and run.digest == digest_in(page)
    assert "planned otherwise than before" in text(client, f"/runs/{run.pk}/")


def test_who_runs_this_version_already_is_shown_with_both(run: Run, browser: Browser) -> None:
    page = text(browser("on-call"), resume_path(run))
    assert "from v1.0" not in page
    now = Version.objects.get(blueprint__name="shop", name="v1.1.0")
    Prod.objects.filter(name="b-2").update(version=now, settled_version=now)
    row = re.search(r'<tr data-prod="b-2">.*?</tr>', text(browser("on-call"), resume_path(run)))
    assert row and "from v1.0.0" in row[0] and "from v1.1.0" in row[0]


def test_who_was_brought_elsewhere_by_another_run_is_named_and_left(run: Run, browser: Browser) -> None:
    """Somebody has begun to release a mending to it: a resume would take that away again."""
    page = text(browser("on-call"), resume_path(run))
    assert "Left as they are" not in page
    other = release_of("b-2", version="v1.2.0")
    advance(other)
    page = text(browser("on-call"), resume_path(run))
    assert '<tr data-prod="b-2">' not in page and "Left as they are" in page
    assert f"b-2 stays as it is: run {other.pk} has brought it to v1.2.0 meanwhile, or begun to" in page
    answer = post(browser("on-call"), run, digest_in(page))
    assert answer.status_code == 302
    assert "b-2 stays as it is" in text(browser("viewer"), f"/runs/{run.pk}/")


def test_of_a_switch_it_is_shown_who_takes_whose_place_now(browser: Browser) -> None:
    build.fleet(whole_groups=True)
    for name in ("a-8", "b-7", "b-8", "c-7", "c-8", "c-9"):
        build.in_service(build.prod(name, name[0], role="standby"))
    Edge().publish()
    seen()
    run = release_of(name="switch")
    digest = preview_leaving("a-1", PROD).plan.digest
    start_leaving(build.person("on-call"), "a-1", digest, "it is sick", of=PROD)
    set_hold(build.person("release-manager"), "c-8", "it makes a noise")
    seen()
    assert advance(run).state == "paused"
    page = text(browser("on-call"), resume_path(run))
    rows = dict(re.findall(r'<tr data-prod="([^"]+)">(.*?)</tr>', page))
    assert "not planned" in rows["c-9"] and "Its steps are others than before." in rows["c-1"]
    assert "c-9" in rows["c-1"], "who takes its place"
    assert "a-1 keeps its place and its Version" in page
    assert "c-8 stays as it is: no place is left for it to take." in page
    assert post(browser("on-call"), run, digest_in(page)).status_code == 302
    run.refresh_from_db()
    assert run.state == "running"


@pytest.mark.parametrize("digest", ["", "0" * 64], ids=["none", "another"])
def test_without_what_was_read_the_page_comes_again_with_it(run: Run, browser: Browser, digest: str) -> None:
    answer = post(browser("on-call"), run, digest)
    page = " ".join(answer.content.decode().split())
    assert answer.status_code == 409 and digest_in(page) == preview_anew(run).plan.digest
    assert ("planned otherwise now" in page) is not digest and "What is left, judged now" in page
    run.refresh_from_db()
    assert run.state == "paused"


def test_a_second_click_is_told_so(run: Run, browser: Browser) -> None:
    client = browser("on-call")
    shown = digest_in(text(client, resume_path(run)))
    codes = [post(client, run, shown).status_code for _ in range(2)]
    assert codes == [302, 409]


def test_where_nothing_is_otherwise_it_says_so(edge: Edge, browser: Browser) -> None:
    run = release_of("c-2")
    Run.objects.filter(pk=run.pk).update(preempted_by=release_of("b-2"))
    page = text(browser("on-call"), resume_path(run))
    assert "Every Prod that is left is planned as before." in page
    assert post(browser("on-call"), run, "").status_code == 302


def test_a_viewer_may_not(run: Run, browser: Browser) -> None:
    assert post(browser("viewer"), run, "").status_code == 403


def test_more_prods_cost_no_more_queries(run: Run, edge: Edge) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            read_run_confirm(run.pk, "resume", "on-call", None)
        return len(caught)

    before = queries()
    Step.objects.filter(run=run, prod__name="b-2").update(state="skipped")
    assert queries() == before


def test_the_confirm_page_of_a_rollback_names_whom_it_pre_empts_and_its_page_who_did(
    edge: Edge, browser: Browser
) -> None:
    bad = release_of("c-1", "a-2")
    finish(bad, after=edge.settle)
    seen()
    client = browser("on-call")
    for path in (f"/runs/{bad.pk}/rollback/", f"/runs/{bad.pk}/"):
        assert "Pre-empt" not in text(client, path)
    other = release_of("a-2", version="v1.2.0")
    for path in (f"/runs/{bad.pk}/rollback/", f"/runs/{bad.pk}/"):
        page = text(client, path)
        assert f'Pre-empt <a href="/runs/{other.pk}/">run #{other.pk}, shop v1.2.0</a>. What it has' in page
        assert "take <strong>2 Prods</strong>" in page
    assert client.post(f"/runs/{bad.pk}/rollback/", {"reason": "it is bad"}).status_code == 302
    back = Run.objects.get(rollback_of=bad)
    seen()
    advance(other)
    page = text(client, f"/runs/{other.pk}/")
    assert f'pre-empted by <a href="/runs/{back.pk}/">#{back.pk}</a>' in page
    page = text(client, resume_path(other))
    assert f"Belongs to run {back.pk}" in page and "disabled" in page


def test_a_prod_that_another_kind_of_run_has_is_named_with_what_to_do(edge: Edge, browser: Browser) -> None:
    bad = release_of("c-1", "a-2")
    finish(bad, after=edge.settle)
    seen()
    other = release_of("a-2", version="v1.2.0")
    Run.objects.filter(pk=other.pk).update(kind="heal", version=None)
    page = text(browser("on-call"), f"/runs/{bad.pk}/rollback/")
    assert f"a-2 stays as it is: run {other.pk} has it now. Wait for its end or abort it" in page
    assert "Pre-empt" not in page
