"""All that Drover does without a person, due in one moment: one switch stops it, and what people ask for passes."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from clusters.models import Cluster, Prod
from releases import actions, tasks
from releases.failover_preview import preview_leaving
from releases.models import Run
from tests import build
from tests.adapters.routers.haproxy_stand_in import StandIn
from tests.adapters.routers.haproxy_worlds import Door, HaproxyWorld
from tests.engine.test_auto_failover import dies, switch_on
from tests.engine.test_heal_by_itself import IMAGE, drifted
from tests.traffic.signals import all_up, says
from traffic.actions import publish_routes, register_router
from traffic.engine.instances import connect_instance
from traffic.engine.publishing import CHECK
from traffic.models import Publication, RouterInstance
from traffic.routers.haproxy_layout import Layout

WHY = "we look first"
LAYOUT = Layout(folder="/maps", routes=10, members=6)
ALL = {"failover", "take-back", "heal", "mend"}
# What is looked at every second: what changes production without a person, and what only keeps the books.
# What becomes of users who come back to a Prod that a Run has left is in tests/traffic/test_release_drains.py.
ACTS = {"fail_over_dead", "cancel_unmade", "heal_due", "release_idle_routes"}
BOOKS = {"tick", "export_due"}


@pytest.fixture
def proxy(db: None, tmp_path: Path) -> Iterator[HaproxyWorld]:
    """A HAProxy on which the example fleet is published, as the publisher itself does it; but what b serves is published
    on another, which hears nothing."""
    build.fleet(whole_groups=True)
    Prod.objects.update(endpoint="http://127.0.0.1:30000", self_heal=True)
    stand_in = StandIn(LAYOUT)
    door = Door(tmp_path / "door", stand_in.run)
    _register("proxy", door.address, "shop-s", "shop-u", "staff")
    _register("deaf", f"unix:{tmp_path}/nobody", "shop-r", "shop-t")
    publish()
    yield HaproxyWorld(stand_in.run, LAYOUT, door)
    door.close()


def _register(name: str, address: str, *routes: str) -> None:
    settings = {
        "address": address,
        "folder": LAYOUT.folder,
        "routes": LAYOUT.routes,
        "members": LAYOUT.members,
    }
    instance = {"name": name, "failure_domain": f"{name}-dc", "settings": settings}
    register_router(build.person("admin"), name, "haproxy", [instance])
    publish_routes(build.person("admin"), name, routes)


@pytest.fixture
def left_b(proxy: HaproxyWorld) -> Run:
    """Everything is due: users were to leave b, which is back before a router heard of it; a is dead; c-2 and what is
    published of it are not as asked."""
    switch_on("none")
    Cluster.objects.filter(name="b").update(health="unreachable")
    all_up("b")
    run = leave("b")
    Cluster.objects.filter(name="b").update(health="healthy")
    dies("a")
    says("b", "up", since_ago_s=-1)
    drifted(IMAGE, name="c-2")
    proxy.publish_from_outside("staff", 1, {"c-2": 50})
    return run


def leave(cluster: str) -> Run:
    build.fresh()
    return actions.start_leaving(
        build.person("on-call"), cluster, preview_leaving(cluster).plan.digest, "it is dead"
    )


def publish() -> None:
    """What every message and every read-back does."""
    RouterInstance.objects.update(read_at=timezone.now() - CHECK)
    Publication.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(minutes=1))
    tasks.publish(RouterInstance.objects.get(name="proxy").pk)


def serving(route: str) -> dict[str, int]:
    """As the HAProxy says."""
    read = connect_instance(RouterInstance.objects.select_related("router").get(name="proxy")).read([route])
    return {prod: weight for prod, weight in read[route].weights if weight}


def happens(left_b: Run) -> set[str]:
    """What has been done after another second."""
    tasks.tick()
    left_b.refresh_from_db()
    kinds = set(Run.objects.filter(author=None).values_list("kind", flat=True))
    taken_back = {"take-back"} if (left_b.state, left_b.reason.get("code")) == ABORTED else set()
    publish()
    return kinds | taken_back | ({"mend"} if serving("staff") == {"c-2": 100} else set())


ABORTED = ("aborted", "source-is-back")
STOPS: dict[str, tuple[Callable[[], object], Callable[[], object], set[str]]] = {
    "the kill switch is pressed": (
        lambda: actions.stop_automation(build.person("on-call"), WHY),
        lambda: actions.resume_automation(build.person("release-manager"), WHY),
        set(),
    ),
    # Routers are kept as people have asked: a HAProxy that was started anew would serve nobody else.
    "the line is stopped": (
        lambda: actions.stop_the_line(build.person("on-call"), WHY),
        lambda: actions.resume_the_line(build.person("release-manager"), WHY),
        {"mend"},
    ),
}


@pytest.mark.parametrize(("stop", "resume", "still"), STOPS.values(), ids=STOPS)
def test_nothing_happens_by_itself_while(
    left_b: Run, stop: Callable[[], object], resume: Callable[[], object], still: set[str]
) -> None:
    stop()
    for _ in range(3):
        assert happens(left_b) == still
    resume()
    build.fresh()
    assert happens(left_b) == ALL, "and all of it is done once it may be"


def test_people_are_stopped_by_neither(left_b: Run) -> None:
    for stop, _, _ in STOPS.values():
        stop()
    assert actions.take_back_moves(build.person("on-call"), "b", "it answers").pk == left_b.pk
    left_b.refresh_from_db()
    assert left_b.state == "aborted"
    run = leave("a")
    publish()
    assert (run.state, set(serving("shop-s"))) == ("running", {"c-1"})


def test_whatever_acts_without_a_person_is_known_here() -> None:
    assert {part.__name__ for part in tasks.DUE} == ACTS | BOOKS
