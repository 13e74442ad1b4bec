"""Healing without a person: only where it was switched on, only what two looks found, not for ever."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from access.permissions import Denied
from clusters.core.drift import Difference, What, differences_to_json
from clusters.models import Cluster, Drift, Prod, Version
from journal.core.reasons import Refused
from journal.models import Event
from releases import actions, tasks
from releases.engine.self_heal import heal_due
from releases.models import Hold, Run, Step
from tests import build
from tests.engine.driver import finish
from traffic.models import Freeze

AT = "2026-11-21T09:00:00Z"
IMAGE = Difference("Deployment", "api", "containers[api].image", What.CHANGED, "v1", "hot", "flux", AT)
SHELL = Difference("Deployment", "api", "containers[shell]", What.ADDED, "", "{}", "flux", AT)
OLDER = Difference("ConfigMap", "older", "", What.SURPLUS, manager="drover")


def drifted(*found: Difference, ago_s: float = 60, looked_s: float = 0, name: str = "a-1") -> Prod:
    """The Prod, found drifted `ago_s` ago and looked at again `looked_s` ago."""
    prod, now = Prod.objects.select_related("cluster").get(name=name), timezone.now()
    Drift.objects.update_or_create(
        prod=prod,
        defaults={
            "state": "drifted" if found else "in-sync",
            "differences": differences_to_json(found),
            "since": now - timedelta(seconds=ago_s),
            "checked_at": now - timedelta(seconds=looked_s),
            "due_at": now,
        },
    )
    return prod


@pytest.fixture
def fleet(db: None) -> None:
    build.fleet()
    Prod.objects.update(self_heal=True)


def healing() -> list[str]:
    return sorted(Step.objects.filter(run__kind="heal", position=0).values_list("prod__name", flat=True))


def told() -> list[tuple[str, str, str]]:
    events = Event.objects.filter(kind="self-heal").order_by("pk")
    return [(one.from_state, one.to_state, one.reason["code"]) for one in events]


@pytest.mark.usefixtures("fleet")
def test_drift_that_two_looks_found_is_healed_by_nobody_in_particular() -> None:
    drifted(IMAGE)
    build.fresh()
    tasks.tick()
    run = Run.objects.get(kind="heal")
    assert (run.author, healing()) == (None, ["a-1"])
    params = Step.objects.get(run=run, kind="set_version").params
    assert params["force"] is True
    assert "clean" not in params  # what others have added is not for a machine to judge
    assert told() == [("drifted", "healing", "heal-started")]
    finish(run)
    assert run.state == "succeeded"


NOT_NOW: dict[str, Callable[[Prod], object]] = {
    "seen once": lambda _: drifted(IMAGE, ago_s=1),
    "not looked at lately": lambda _: drifted(IMAGE, ago_s=9000, looked_s=600),
    "only what others added": lambda _: drifted(SHELL),
    "only what nobody asked for": lambda _: drifted(OLDER),
    "in sync": lambda _: drifted(),
    "not known": lambda _: Drift.objects.update(state="unknown"),
    "switched off": lambda prod: Prod.objects.filter(pk=prod.pk).update(self_heal=False),
    "a run has it": lambda prod: actions.start_build(None, [prod], prod.version),
    "a hold": lambda prod: Hold.objects.create(
        prod=prod, reason="looking", author=build.person("admin"), at=timezone.now()
    ),
    "the line is stopped": lambda _: Freeze.objects.create(
        reason="fire", author=build.person("admin"), at=timezone.now()
    ),
    "all automation is off": lambda _: actions.stop_automation(build.person("on-call"), "we look first"),
    "the cluster is degraded": lambda prod: Cluster.objects.filter(pk=prod.cluster_id).update(
        health="degraded"
    ),
    "the cluster is silent": lambda prod: Cluster.objects.filter(pk=prod.cluster_id).update(
        seen_at=timezone.now() - timedelta(minutes=5)
    ),
    "a partner is ill": lambda _: build.observe("b-2", ready=0),
    "the Version is vetoed": lambda prod: Version.objects.filter(pk=prod.version_id).update(
        vetoed_at=timezone.now(), veto_reason="leaks"
    ),
}


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("why", NOT_NOW)
def test_nothing_is_healed_by_itself_while(why: str) -> None:
    prod = drifted(IMAGE, name="a-2" if why == "a partner is ill" else "a-1")
    build.fresh()
    if why == "a partner is ill":
        build.observe("b-1", ready=0)
    NOT_NOW[why](prod)
    assert heal_due() == 0
    assert healing() == []


@pytest.mark.usefixtures("fleet")
def test_who_writes_against_us_all_the_time_is_found_by_a_person() -> None:
    for _ in range(3):
        drifted(IMAGE)
        build.fresh()
        assert heal_due() == 1
        finish(Run.objects.filter(kind="heal").latest("pk"))
    drifted(IMAGE)
    build.fresh()
    assert heal_due() == 0
    assert Prod.objects.get(name="a-1").self_heal is False
    assert told()[-1] == ("on", "off", "self-heal-stopped")
    assert Event.objects.filter(kind="self-heal").latest("pk").reason["params"] == {
        "manager": "flux",
        "times": 3,
    }
    assert heal_due() == 0
    actions.set_self_heal(build.person("release-manager"), "a-1", True, "flux is off")
    assert heal_due() == 1


@pytest.mark.usefixtures("fleet")
def test_what_was_found_before_a_run_is_not_healed_after_it() -> None:
    drifted(IMAGE)
    build.fresh()
    heal_due()
    finish(Run.objects.get(kind="heal"))
    build.fresh()
    assert heal_due() == 0
    row = Drift.objects.get(prod__name="a-1")
    assert (row.state, row.reason["code"]) == ("unknown", "drift-run-changes")
    assert row.due_at <= timezone.now()


@pytest.mark.usefixtures("fleet")
def test_heals_of_a_person_and_of_long_ago_do_not_count() -> None:
    for author, ago in ((build.person("on-call"), 0), (None, 2), (None, 2), (None, 2)):
        drifted(IMAGE)
        build.fresh()
        heal_due()
        run = Run.objects.filter(kind="heal").latest("pk")
        finish(run)
        Run.objects.filter(pk=run.pk).update(author=author, started_at=timezone.now() - timedelta(hours=ago))
    drifted(IMAGE)
    assert heal_due() == 1


@pytest.mark.usefixtures("fleet")
def test_the_switch_takes_a_release_manager_and_a_reason() -> None:
    for role in ("viewer", "on-call"):
        with pytest.raises(Denied):
            actions.set_self_heal(build.person(role), "a-1", False, "because")
    manager = build.person("release-manager")
    with pytest.raises(Refused):
        actions.set_self_heal(manager, "a-1", False, " ")
    assert actions.set_self_heal(manager, "a-1", False, "we look ourselves").self_heal is False
    with pytest.raises(Refused):
        actions.set_self_heal(manager, "a-1", False, "again")
    assert told() == [("on", "off", "self-heal-off")]


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_start_one_heal() -> None:
    build.fleet()
    Prod.objects.update(self_heal=True)
    drifted(IMAGE)
    build.fresh()
    started: list[int] = []
    start = Barrier(3)

    def one_tick() -> None:
        start.wait(5)
        try:
            started.append(heal_due())
        finally:
            connection.close()

    threads = [Thread(target=one_tick) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(started) == [0, 0, 1]
    assert Run.objects.filter(kind="heal").count() == 1
