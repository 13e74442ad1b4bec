"""A rollback sends users to Prods that autoscalers scale: pods come beside it, and go again after it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from clusters.facts import prod_health
from clusters.kube.protocol import Unavailable
from clusters.models import Drift, Prod, Version
from clusters.reconcile import compare_prod
from clusters.targets import overrides_of, render_prod
from journal.core.reasons import because
from journal.models import Event
from releases import actions
from releases.engine import acts
from releases.engine.self_heal import heal_due, reasons_to_wait
from releases.models import Run, Step
from releases.preview import preview_release
from simulator.testing import Fleet
from tests import build
from tests.engine.driver import advance
from tests.engine.real import PATIENCE_S, clusters, drive, kube_of, watch
from tests.traffic.edge import Edge
from traffic.models import RouteMember

pytestmark = pytest.mark.django_db

HPA = "HorizontalPodAutoscaler"
OTHERS = ["a-2", "b-1", "b-2", "c-1", "c-2"]
TAKER = "c-1"  # who has most room
WHY = "the test wants it"


@pytest.fixture
def edge(fleet: Fleet) -> Edge:
    """Routers that show what is asked of them when they are told to."""
    edge = Edge()
    edge.publish()
    return edge


@pytest.fixture(scope="module")
def simulated() -> Iterator[Any]:
    with clusters("a", "b", "c") as started:
        yield started


@pytest.fixture(autouse=True)
def fleet(db: None, simulated: Any) -> Iterator[Fleet]:
    """a-1 and c-1 are really there, on v2.0.0, whose Blueprint has an autoscaler for `api`."""
    build.fleet(servers=simulated[1], whole_groups=True)
    build.autoscaled("a-1", TAKER)
    for name in ("a-1", TAKER):
        deploy(name)
        simulated[0].load(name[0], f"prod-{name}", "api", 240)  # what three pods carry
        until(lambda prod=name: is_ready(prod), "its pods are ready")
    yield simulated[0]
    for name in ("a-1", TAKER):
        kube_of(name).delete("Namespace", "", f"prod-{name}")
        until(lambda prod=name: not namespaces(prod), "its namespace is gone")


def namespaces(prod: str) -> list[Any]:
    return [one for one in kube_of(prod).list("Namespace") if one["metadata"]["name"] == f"prod-{prod}"]


def deploy(name: str) -> None:
    prod = Prod.objects.select_related("cluster", "version__revision").get(name=name)
    kube = kube_of(name)
    kube.apply(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": prod.namespace, "labels": {"drover.dev/prod": name}},
        }
    )
    for one in render_prod(prod, prod.version, overrides_of(prod, 1)):
        first = {} if one.first_replicas is None else {"replicas": one.first_replicas}
        spec = {"spec": one.manifest["spec"] | first} if "spec" in one.manifest else {}
        kube.apply(one.manifest | spec)
    until(lambda: autoscaler(name).get("status", {}).get("desiredReplicas") == 3, "its autoscaler has looked")


def is_ready(name: str) -> bool:
    watch(name)
    return (
        prod_health(
            Prod.objects.select_related("cluster", "observation", "version__revision").get(name=name),
            timezone.now(),
        )
        == "ready"
    )


def until(holds: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def autoscaler(name: str = TAKER) -> Any:
    return kube_of(name).get(HPA, f"prod-{name}", "api")


def floor(name: str = TAKER) -> int:
    found: int = autoscaler(name)["spec"]["minReplicas"]
    return found


def pods(name: str = TAKER) -> int:
    found: int = kube_of(name).get("Deployment", f"prod-{name}", "api")["spec"]["replicas"]
    return found


def released() -> Run:
    """v2.1.0 is on a-1 alone."""
    exclude = [{"prod": name, "reason": WHY} for name in OTHERS]
    asked = {"soak_s": 0}
    build.fresh()
    digest = preview_release("shop", "v2.1.0", asked, exclude).plan.digest
    person = build.person("release-manager")
    run = drive(actions.start_release(person, "shop", "v2.1.0", asked, exclude, digest))
    assert run.state == "succeeded", run.reason
    return run


def rolled_back() -> Run:
    run = released()
    build.fresh()
    return actions.roll_back(build.person("on-call"), run.pk, WHY)


def step(run: Run, kind: str) -> Step:
    return Step.objects.select_related("prod").get(run=run, kind=kind)


def drifts(name: str = TAKER) -> list[str]:
    build.fresh()
    assert compare_prod(Prod.objects.get(name=name).pk)
    drift = Drift.objects.get(prod__name=name)
    assert drift.state != "unknown", drift.reason
    return [one["path"] for one in drift.differences]


def answers() -> bool:
    try:
        return bool(autoscaler())
    except Unavailable:
        return False


def serving() -> set[str]:
    rows = RouteMember.objects.filter(route__name="shop-s", weight__gt=0)
    return set(rows.values_list("prod__name", flat=True))


def test_pods_come_beside_the_switch_and_go_when_the_users_have_left(edge: Edge) -> None:
    back = rolled_back()
    assert serving() == {TAKER}, "the users have moved already"
    assert floor() == 3, "and no cluster was asked"
    assert dict(step(back, "scale_up").params) == {"load": 20, "coming": 400, "capacity": 1000}
    drive(back, until="wait_ready")
    until(lambda: pods() == 5, "0.42 of ten pods")
    assert floor() == 5 and step(back, "scale_up").state == "succeeded"
    drive(back, until="restore")
    assert serving() == {"a-1"} and step(back, "scale_back").state == "waiting", "until routers show it"
    edge.publish()
    drive(back)
    assert back.state == "succeeded" and back.reason == {"code": "all-done", "params": {"prods": 1}}
    until(lambda: pods() == 3, "as many as its own users need")
    assert floor() == 3 and drifts() == []
    said = Event.objects.filter(run_id=back.pk, prod=TAKER, to_state="succeeded").order_by("pk")
    assert [(one.kind, one.reason["params"]) for one in said] == [
        ("step.scale_up", {"floors": "api 3 → 5"}),
        ("step.scale_back", {"floors": "api 5 → 3"}),
    ]
    assert not Prod.objects.exclude(raised_by=None).exists()


def test_what_was_raised_is_no_drift_and_not_healed_until_the_run_is_over() -> None:
    Prod.objects.update(self_heal=True)
    back = drive(rolled_back(), until="wait_ready")
    assert floor() == 5 and drifts() == []
    kube_of(TAKER).delete("Service", f"prod-{TAKER}", "api")
    assert drifts() == [""], "something else is"
    Drift.objects.update(since="2026-01-01T00:00:00Z")
    assert heal_due() == 0, "a heal would lower it too"
    taker = Prod.objects.select_related("cluster", "drift").get(name=TAKER)
    assert reasons_to_wait(taker, timezone.now()) == (because("heal-after-rollback", run=back.pk),)
    actions.abort(build.person("on-call"), back.pk, WHY)
    drive(back)
    assert back.state == "aborted" and floor() == 5
    assert drifts() == ["", "spec.minReplicas"]
    Drift.objects.update(since="2026-01-01T00:00:00Z")
    assert heal_due() == 1
    drive(Run.objects.get(kind="heal"))
    assert floor() == 3 and drifts() == []


def test_a_cluster_that_does_not_answer_is_named_and_holds_nothing_up(fleet: Fleet, edge: Edge) -> None:
    back = rolled_back()
    fault = fleet.lose("c")
    try:
        drive(back, until="restore")
        edge.publish()
        drive(back)
    finally:
        fleet.clear_faults(fault)
        until(answers, "it is asked again")
    assert back.state == "succeeded" and serving() == {"a-1"}
    for kind in ("scale_up", "scale_back"):
        left = step(back, kind)
        assert left.state == "skipped" and left.reason["code"].startswith("cluster-"), left.reason
    assert floor() == 3


def test_a_worker_that_dies_after_its_write_doubles_nothing() -> None:
    back = rolled_back()
    build.fresh()
    advance(back)
    first = step(back, "scale_up")
    Step.objects.filter(pk=first.pk).update(attempt=first.attempt + 1)
    acts.perform(first.pk, first.attempt + 1)  # it writes, and its answer
    until(lambda: autoscaler()["status"]["desiredReplicas"] == 5, "pods come")
    Step.objects.filter(pk=first.pk).update(  # is lost
        state="running", finished_at=None, picked_at=timezone.now(), due_at=timezone.now(), result={}, tries=1
    )
    drive(back, until="wait_ready")
    again = step(back, "scale_up")
    assert (again.state, again.attempt, again.reason["code"]) == ("succeeded", 3, "floors-enough")
    assert floor() == 5


def test_nobody_without_an_autoscaler_has_a_step_for_it() -> None:
    run = released()
    Prod.objects.filter(name=TAKER).update(version=Version.objects.get(name="v1.0.0"))
    build.observe(TAKER)
    back = actions.roll_back(build.person("on-call"), run.pk, WHY)
    assert serving() == {TAKER}
    steps = Step.objects.filter(run=back).order_by("pk").values_list("wave", "prod__name", "kind")
    assert list(steps) == [(1, "a-1", "set_version"), (1, "a-1", "wait_ready")]
