"""Users who leave do not wait while a release is being planned; it begins by a plan of what is so afterwards, or not at all."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from journal.core.reasons import Refused
from releases import actions
from releases.models import Claim, Run
from releases.preview import preview_release
from tests import build
from tests.engine.test_two_at_once import aside
from tests.traffic.releasing import only, published_fleet
from tests.traffic.test_failover import answering, leave

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 30
MOMENTS = pytest.mark.parametrize(
    "moment", ['FROM "clusters_prod"', 'INSERT INTO "releases_run"'], ids=["being-planned", "planned"]
)


def start(*prods: str, **strategy: Any) -> Callable[[], Run]:
    """What starts a release of these Prods, or of all, whose plan has been read now."""
    asked, exclude = {"soak_s": 0, **strategy}, only(*prods) if prods else []
    digest = preview_release("shop", "v1.1.0", asked, exclude).plan.digest
    person = build.person("release-manager")
    return lambda: actions.start_release(person, "shop", "v1.1.0", asked, exclude, digest)


def meanwhile(begin: Callable[[], Run], moment: str) -> tuple[Run, Run]:
    """(the release that `begin` has started, the Run by which users have left a after the first statement of `begin` with
    `moment` in it)."""
    away: list[object] = []

    def users_leave(execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if not away and moment in sql:
            thread, said = aside(lambda: leave("a"))
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "they wait for a plan"
            away.extend(said)
        return found

    with connection.execute_wrapper(users_leave):
        run = begin()
    (left,) = away
    assert isinstance(left, Run)
    return run, left


@pytest.fixture(autouse=True)
def fleet(transactional_db: None) -> None:
    published_fleet()
    answering()


@MOMENTS
def test_a_release_that_would_have_another_plan_by_then_is_refused(moment: str) -> None:
    begin = start()
    with pytest.raises(Refused) as refused:
        meanwhile(begin, moment)
    assert [reason.code for reason in refused.value.reasons] == ["plan-stale"]
    assert Run.objects.get().kind == "evacuation" and not Claim.objects.filter(run__kind="release").exists()


@MOMENTS
def test_a_release_of_others_goes_on_by_its_plan(moment: str) -> None:
    run, left = meanwhile(start("c-2"), moment)
    run.refresh_from_db()
    assert (run.state, run.preempted_by_id, left.state) == ("running", None, "running")
    assert set(run.claims.values_list("prod__name", flat=True)) == {"c-2"}
    assert Run.objects.filter(kind="release").count() == 1
