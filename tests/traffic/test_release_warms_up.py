"""A release asks a Prod for pages before its users come back: one that is ready but answers errors gets nobody."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.utils import timezone

from clusters.actions import create_version
from clusters.kube.protocol import NotFound
from clusters.models import Prod
from journal.core.reasons import Refused
from releases import actions
from releases.models import Run, Step
from releases.preview import preview_release
from releases.warming import asker, warm_up_blockers
from tests import build
from tests.engine.driver import advance
from tests.engine.real import clusters, drive, kube_of
from tests.steps.test_warm_up import App, serving
from tests.traffic.edge import Edge
from traffic.models import Route, RouteMember, Tenant
from traffic.queries.probing import doors_of

pytestmark = pytest.mark.django_db

BUT_A_2 = [{"prod": name, "reason": "a test"} for name in ("a-1", "b-1", "b-2", "c-1", "c-2")]
WARM = {"soak_s": 0, "drain_s": 0, "warm_up": 20}


@pytest.fixture(scope="module")
def simulated() -> Iterator[Any]:
    with clusters("a", "b", "c") as started:
        yield started


@pytest.fixture
def edge(db: None, simulated: Any) -> Edge:
    build.fleet(servers=simulated[1], whole_groups=True)
    edge = Edge()
    edge.publish()
    return edge


def release(version: str, strategy: dict[str, Any], exclude: list[dict[str, str]] = BUT_A_2) -> Run:
    plan = preview_release("shop", version, strategy, exclude).plan
    author = build.person("release-manager")
    return actions.start_release(author, "shop", version, strategy, exclude, plan.digest)


def failing_version() -> str:
    """Passes every probe, and answers its users with 500."""
    images = {part: f"registry.example/shop/{part}:v9-failing" for part in ("api", "frontend")}
    create_version(build.person("admin"), "shop", "v9-failing", images)
    return "v9-failing"


class Users:
    """Who a-2 has served while a Run went on, and where it is reached once it is there."""

    def __init__(self, edge: Edge) -> None:
        self._edge, self.seen = edge, set[int]()

    def look(self) -> None:
        self._edge.settle()
        self.seen.add(self._edge.weights("shop-r").get("a-2", 0))
        try:
            service = kube_of("a-2").get("Service", "prod-a-2", "frontend")
        except NotFound:
            return
        port = service["spec"]["ports"][0]["nodePort"]
        Prod.objects.filter(name="a-2").update(endpoint=f"http://127.0.0.1:{port}")


def step(run: Run, kind: str) -> Step:
    return Step.objects.get(run=run, prod__name="a-2", kind=kind)


def test_a_version_that_is_ready_but_answers_errors_fails_before_any_user_has_seen_it(edge: Edge) -> None:
    users = Users(edge)
    run = release(failing_version(), WARM | {"ready_timeout_s": 3})
    Step.objects.filter(run=run, kind="wait_ready").update(params={"timeout_s": 60})
    drive(run, until="wait_ready", after=users.look)
    users.seen.clear()
    drive(run, after=users.look)
    assert (run.state, step(run, "wait_ready").state, step(run, "warm_up").state) == (
        "failed",
        "succeeded",
        "failed",
    )
    reason = step(run, "warm_up").reason
    assert reason["code"] == "not-warm-in-time"
    said = re.fullmatch(r"500 \((\d+)\)", reason["params"]["said"])
    assert said and int(said.group(1)) > 1, "over all looks"
    assert users.seen == {0} and step(run, "restore").state == "waiting"
    assert edge.weights("shop-r") == {"b-1": 100}


def test_a_good_version_gets_its_users_back_once_it_has_answered(edge: Edge) -> None:
    users = Users(edge)
    run = release("v1.1.0", WARM)
    drive(run, until="warm_up", after=users.look)
    assert edge.weights("shop-r") == {"b-1": 100}
    drive(run, after=users.look)
    assert run.state == "succeeded"
    assert step(run, "warm_up").reason["code"] == "warmed-up"
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}


def test_a_retry_begins_with_what_writes_and_asks_anew(edge: Edge) -> None:
    users = Users(edge)
    run = release(failing_version(), WARM | {"ready_timeout_s": 3})
    Step.objects.filter(run=run, kind="wait_ready").update(params={"timeout_s": 60})
    drive(run, after=users.look)
    assert step(run, "warm_up").state == "failed"
    actions.retry(build.person("on-call"), run.pk, step(run, "warm_up").pk)
    assert {kind: step(run, kind).state for kind in ("drain", "set_version", "wait_ready", "warm_up")} == {
        "drain": "succeeded",
        "set_version": "waiting",
        "wait_ready": "waiting",
        "warm_up": "waiting",
    }
    drive(run, until="warm_up")
    assert step(run, "warm_up").result == {}


def test_a_rollback_brings_its_users_back_when_it_is_warm_again(edge: Edge) -> None:
    users = Users(edge)
    run = release(failing_version(), WARM | {"ready_timeout_s": 3})
    Step.objects.filter(run=run, kind="wait_ready").update(params={"timeout_s": 60})
    drive(run, until="warm_up", after=users.look)
    back = actions.roll_back(build.person("on-call"), run.pk, "it answers errors")
    drive(back, until="warm_up", after=users.look)
    assert edge.weights("shop-r") == {"b-1": 100}
    drive(back, after=users.look)
    assert back.state == "succeeded"
    assert step(back, "warm_up").reason["code"] == "warmed-up"
    assert edge.weights("shop-r") == {"a-2": 50, "b-1": 50}


def test_who_is_warmed_up_in_a_rollback_takes_nobodys_turn_in_an_emergency(
    edge: Edge, django_capture_on_commit_callbacks: Any
) -> None:
    users = Users(edge)
    run = release("v1.1.0", WARM)
    drive(run, until="warm_up", after=users.look)
    back = actions.roll_back(build.person("on-call"), run.pk, "a change of mind")
    sent: set[str] = set()

    def keep(sender: str, routing_key: str, **_more: Any) -> None:
        if sender == "releases.tasks.act":
            sent.add(routing_key)

    before_task_publish.connect(keep)
    try:
        for kind in ("set_version", "warm_up"):
            drive(back, until=kind, after=users.look)
            assert (
                acts_queue(back, kind, sent, django_capture_on_commit_callbacks)
                == {
                    "set_version": {"emergency"},
                    "warm_up": {"default"},
                }[kind]
            )
    finally:
        before_task_publish.disconnect(keep)


def acts_queue(run: Run, kind: str, sent: set[str], capture: Any) -> set[str]:
    """Where the message for this act goes when it is sent again, since no worker has taken it."""
    sent.clear()
    deadline = time.monotonic() + 20
    while not sent and time.monotonic() < deadline:  # after a broker was silent, nothing is sent for a second
        Step.objects.filter(run=run, kind=kind, state="running").update(due_at=timezone.now(), picked_at=None)
        with capture(execute=True):
            advance(run)
    return set(sent)


# --- who is asked as whom ----------------------------------------------------------------------------


def hostnames(prod: str, whose: str = "") -> list[str]:
    return [door.hostname for door in doors_of({prod: whose or prod})[prod]]


def test_a_prod_is_asked_as_a_tenant_of_each_of_its_routes(edge: Edge) -> None:
    routes = Route.objects.filter(members__prod__name="a-2")
    asked = set(Tenant.objects.filter(hostnames__overlap=hostnames("a-2")).values_list("route", flat=True))
    assert asked == set(routes.values_list("pk", flat=True))
    assert len(hostnames("a-2")) == routes.count()


def test_who_takes_over_is_asked_as_the_tenants_that_will_come(edge: Edge) -> None:
    build.in_service(build.prod("a-8", "a", role="standby"))
    Prod.objects.filter(name="a-8").update(endpoint="https://a-8.example")
    doors = doors_of({"a-8": "a-2"})["a-8"]
    assert {(door.host, door.port, door.tls) for door in doors} == {("a-8.example", 443, True)}
    assert [door.hostname for door in doors] == hostnames("a-2")
    assert hostnames("a-8") == [], "it serves nobody yet"


def test_the_step_asks_who_takes_over_as_them(edge: Edge) -> None:
    for name in ("a-8", "b-8", "c-7", "c-8", "c-9"):
        build.in_service(build.prod(name, name[0], role="standby"))
    app = App(lambda _: 200)
    with serving(app) as port:
        Prod.objects.filter(role="standby").update(endpoint=f"http://127.0.0.1:{port}")
        run = release("v1.1.0", {"name": "switch", "warm_up": 3}, [])
        ask = asker(Step.objects.get(run=run, prod__name="a-8", kind="warm_up"))
        assert ask and ask(3) == [(True, "200")] * 3
    assert {host.partition(":")[0] for host in app.hosts} <= set(hostnames("a-2"))


def test_a_drained_prod_is_asked_as_those_who_come_back(edge: Edge) -> None:
    before = hostnames("a-2")
    Prod.objects.get(name="a-2").memberships.update(weight=0)
    assert hostnames("a-2") == before != []


def test_those_who_have_just_come_are_asked_for_before_those_who_were_there(edge: Edge) -> None:
    (own,) = hostnames("b-2")
    comes = Route.objects.get(name="shop-s")
    RouteMember.objects.create(route=comes, prod=Prod.objects.get(name="b-2"), weight=100, target=0)
    first, second = hostnames("b-2")
    assert second == own and comes.tenants.filter(hostnames__contains=[first]).exists()


def test_nobody_with_a_single_writer_is_asked_for(edge: Edge) -> None:
    Route.objects.filter(members__prod__name="a-2").update(data_class="single-writer")
    assert hostnames("a-2") == []


# --- what cannot be asked is said before the start ---------------------------------------------------


def stops(**strategy: Any) -> list[tuple[str, Any]]:
    preview = preview_release("shop", "v1.1.0", {"soak_s": 0} | strategy, BUT_A_2)
    return [(one.reason.code, dict(one.reason.params)) for one in preview.blockers if not one.prods]


def test_without_an_address_it_does_not_start_and_says_whose(edge: Edge) -> None:
    Prod.objects.filter(name="a-2").update(endpoint="")
    assert stops(warm_up=20) == [("no-address-to-warm-up", {"count": 1, "prods": "a-2"})]
    assert stops() == []
    with pytest.raises(Refused) as refused:
        release("v1.1.0", WARM)
    assert refused.value.reasons[0].code == "no-address-to-warm-up"


def test_without_a_hostname_it_does_not_start_and_says_whose(edge: Edge) -> None:
    Tenant.objects.update(hostnames=[])
    assert stops(warm_up=20) == [("no-hostname-to-warm-up", {"count": 1, "prods": "a-2"})]


def test_a_plan_that_warms_nobody_up_asks_the_database_nothing(
    edge: Edge, django_assert_num_queries: Any
) -> None:
    plan = preview_release("shop", "v1.1.0", {}, BUT_A_2).plan
    with django_assert_num_queries(0):
        assert warm_up_blockers(plan) == ()
