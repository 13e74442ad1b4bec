"""Two people at once: the plan of the second is made after the first has claimed."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from clusters.models import Blueprint
from journal.core.reasons import Refused
from releases import actions
from releases.models import Claim, Run
from releases.preview import preview_release
from tests import build
from tests.engine.driver import finish

pytestmark = pytest.mark.django_db(transaction=True)


def aside(act: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """`act` in a thread with a connection of its own, and what it returned or raised."""
    said: list[object] = []

    def run() -> None:
        try:
            said.append(act())
        except Refused as error:
            said.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, said


def test_a_start_that_was_held_up_while_another_ran_and_ended_is_stale() -> None:
    build.fleet()
    manager = build.person("release-manager")
    digest = preview_release("shop", "v1.1.0", {"soak_s": 0}, []).plan.digest

    def start() -> Run:
        return actions.start_release(manager, "shop", "v1.1.0", {"soak_s": 0}, [], digest)

    with transaction.atomic():  # somebody else is about to start
        Blueprint.objects.select_for_update().get(name="shop")
        thread, said = aside(start)
        thread.join(0.5)
        assert thread.is_alive()  # it waits before it plans
        finish(start())
    thread.join(10)
    (refused,) = said
    assert isinstance(refused, Refused)
    assert refused.reasons[0].code == "plan-stale"
    assert Run.objects.count() == 1
    assert not Claim.objects.exists()


def test_a_start_whose_facts_were_read_while_another_run_ended_is_refused() -> None:
    """Of one look at the fleet some rows may be read before another Run has changed Prods, and some after it ended."""
    build.fleet()
    manager = build.person("release-manager")
    strategy = {"soak_s": 0}
    digest = preview_release("shop", "v1.1.0", strategy, []).plan.digest
    first = actions.start_release(manager, "shop", "v1.1.0", strategy, [], digest)
    ended: list[object] = []

    def end_the_first_once_prods_are_read(execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if not ended and 'FROM "clusters_prod"' in sql:
            thread, said = aside(lambda: finish(first))
            ended.append(said)
            thread.join()
        return found

    with connection.execute_wrapper(end_the_first_once_prods_are_read), pytest.raises(Refused) as refused:
        actions.start_release(manager, "shop", "v1.1.0", strategy, [], digest)
    assert ended
    assert {reason.code for reason in refused.value.reasons} == {"claimed"}
    first.refresh_from_db()
    assert first.state == "succeeded"
    assert Run.objects.count() == 1
