"""Failing over without a person: only what is dead for sure, only what was switched on, once."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from access.permissions import Denied
from clusters.models import Cluster, Prod
from journal.core.reasons import Refused, because
from journal.models import Event
from releases import actions, tasks
from releases.engine.auto_failover import fail_over_dead
from releases.models import AutoFailover, Run
from releases.switches import take_turn
from tests import build
from tests.engine.test_two_at_once import aside
from tests.traffic.signals import all_up, says
from traffic.actions import change_tenant
from traffic.engine.shifting import shift
from traffic.models import Reservation, Route, RouteEpoch, RouteMember, Tenant

WHY = "we want it so"


def switch_on(*classes: str) -> None:
    for one in classes:
        actions.set_auto_failover(build.person("admin"), one, True, WHY)


def dies(*clusters: str) -> None:
    """These are dead, as the observer sees it, and nobody has moved anything for a while."""
    RouteEpoch.objects.update(at=F("at") - timedelta(hours=1))
    build.fresh()
    Cluster.objects.filter(name__in=clusters).update(health="unreachable")
    all_up(*clusters)


@pytest.fixture
def fleet(db: None) -> None:
    build.fleet(whole_groups=True)
    switch_on("none")
    dies("a")


def route_of(prod: str) -> Route:
    return Route.objects.get(members__prod__name=prod, members__target__gt=0)


def served_by(route: Route) -> set[str]:
    return set(RouteMember.objects.filter(route=route, weight__gt=0).values_list("prod__name", flat=True))


def told(code: str) -> dict[str, object]:
    return next(one.reason["params"] for one in Event.objects.all() if one.reason.get("code") == code)


@pytest.mark.usefixtures("fleet")
def test_a_dead_cluster_is_left_by_what_is_switched_on_and_by_nothing_else() -> None:
    single, redundant = route_of("a-1"), route_of("a-2")
    tasks.tick()
    run = Run.objects.get()
    assert (run.kind, run.author, run.strategy) == ("failover", None, {"cluster": "a", "automatic": True})
    assert served_by(single) == {"c-1"}
    assert served_by(redundant) == {"a-2", "b-1"}  # its class is not switched on
    assert Cluster.objects.get(name="a").intent == "draining"
    acted = told("failed-over-alone")
    assert (acted["cluster"], acted["signals"], acted["seconds"]) == ("a", "api, direct", 9)
    assert told("left-for-a-person")["routes"] == redundant.name


@pytest.mark.usefixtures("fleet")
def test_a_cluster_that_stays_dead_is_failed_over_once() -> None:
    assert [fail_over_dead(), fail_over_dead()] == [1, 0]
    assert Run.objects.count() == 1


@pytest.mark.usefixtures("fleet")
def test_a_single_writer_is_left_for_a_person_who_is_told_of_it() -> None:
    switch_on("two-domain")
    writer = route_of("a-1")
    Route.objects.filter(pk=writer.pk).update(data_class="single-writer")
    assert fail_over_dead() == 1
    assert served_by(writer) == {"a-1"}
    assert served_by(route_of("a-2")) == {"b-1"}
    left = told("left-for-a-person")
    assert (left["routes"], left["tenants"]) == (writer.name, 400)
    staying = [(one["route"], one["why"]["code"]) for one in Run.objects.get().plan["staying"]]
    assert (writer.name, "writer-never-automatic") in staying


@pytest.mark.usefixtures("fleet")
def test_what_a_person_has_set_since_the_death_stays() -> None:
    route = route_of("a-1")
    person = build.person("on-call")
    why = because("weights-by-person", by="on-call", why=WHY)
    shift({route.pk: {"a-1": 60, "b-2": 40}}, why, timezone.now(), actor=person)
    assert fail_over_dead() == 0
    assert served_by(route) == {"a-1", "b-2"}


@pytest.mark.usefixtures("fleet")
def test_who_only_changes_a_tenant_has_set_no_weights() -> None:
    route = route_of("a-1")
    tenant = Tenant.objects.filter(route=route).first()
    change_tenant(build.person("admin"), tenant.name, {"hostnames": ["other.example"]})
    assert RouteEpoch.objects.filter(route=route).first().actor is not None
    assert fail_over_dead() == 1
    assert served_by(route) == {"c-1"}


@pytest.mark.usefixtures("fleet")
def test_room_that_a_release_has_reserved_is_there_for_who_has_to_leave() -> None:
    Reservation.objects.bulk_create(
        Reservation(prod=prod, run_id=7, load=1000) for prod in Prod.objects.all()
    )
    assert fail_over_dead() == 1
    assert served_by(route_of("a-1")) == {"c-1"}


@pytest.mark.usefixtures("fleet")
def test_nobody_is_sent_where_a_signal_misses() -> None:
    says("c", "suspect")
    assert fail_over_dead() == 1
    assert served_by(route_of("a-1")) <= {"b-1", "b-2"}


def _retire_c() -> None:
    Cluster.objects.filter(name="c").update(intent="retired")


NOT_NOW: dict[str, Callable[[], object]] = {
    "its class is off": lambda: actions.set_auto_failover(build.person("admin"), "none", False, WHY),
    "the kill switch is pressed": lambda: actions.stop_automation(build.person("on-call"), WHY),
    "the line is stopped": lambda: actions.stop_the_line(build.person("on-call"), WHY),
    "two of three look dead": lambda: says("b", "down"),
    "of another nothing is known": lambda: says("b", "unknown"),
    "another is no longer heard of": lambda: says("b", "up", read_ago_s=60),
    "the fleet is too small to tell": _retire_c,
    "one signal alone misses": lambda: says("a", "suspect"),
    "it is up": lambda: says("a", "up"),
    "nothing is known of it": lambda: says("a", "unknown"),
    "what was heard is old": lambda: says("a", "down", read_ago_s=11),
}


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("why", NOT_NOW)
def test_nothing_is_failed_over_by_itself_while(why: str) -> None:
    NOT_NOW[why]()
    assert fail_over_dead() == 0
    assert not Run.objects.exists()
    assert served_by(route_of("a-1")) == {"a-1"}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_start_one_run() -> None:
    build.fleet(whole_groups=True)
    switch_on("none", "two-domain")
    dies("a")
    together, started = Barrier(2), []

    def act() -> None:
        try:
            together.wait()
            started.append(fail_over_dead())
        finally:
            connection.close()

    threads = [Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(started) == [0, 1]
    assert Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_kill_switch_waits_for_what_has_begun_and_stops_what_comes_later() -> None:
    build.fleet(whole_groups=True)
    switch_on("none")
    dies("a")
    with transaction.atomic():
        take_turn()  # something is being started without a person
        thread, said = aside(lambda: actions.stop_automation(build.person("on-call"), WHY))
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(60)
    assert len(said) == 1
    assert fail_over_dead() == 0


# --- the switches ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fleet")
def test_on_call_switches_off_and_a_release_manager_on() -> None:
    with pytest.raises(Denied):
        actions.stop_automation(build.person("viewer"), WHY)
    actions.stop_automation(build.person("on-call"), WHY)
    with pytest.raises(Refused):
        actions.stop_automation(build.person("on-call"), WHY)
    with pytest.raises(Denied):
        actions.resume_automation(build.person("on-call"), WHY)
    actions.resume_automation(build.person("release-manager"), WHY)
    with pytest.raises(Refused):
        actions.resume_automation(build.person("release-manager"), WHY)
    states = Event.objects.filter(kind="automation").order_by("pk").values_list("from_state", "to_state")
    assert list(states) == [("on", "off"), ("off", "on")]
    assert fail_over_dead() == 1


@pytest.mark.usefixtures("fleet")
def test_a_redundancy_is_switched_by_a_release_manager_and_test_never_is() -> None:
    with pytest.raises(Denied):
        actions.set_auto_failover(build.person("on-call"), "two-domain", True, WHY)
    with pytest.raises(Refused) as never:
        actions.set_auto_failover(build.person("release-manager"), "test", True, WHY)
    assert never.value.reasons[0].code == "never-automatic"
    with pytest.raises(Refused) as again:
        actions.set_auto_failover(build.person("release-manager"), "none", True, WHY)
    assert again.value.reasons[0].code == "auto-failover-already"
    assert list(AutoFailover.objects.values_list("redundancy", "on")) == [("none", True)]
