"""What the outlook of a release has promised is what its rollback does, after whichever wave it comes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from clusters.actions import create_version
from clusters.models import Cluster, Prod, Version
from releases.actions import approve, lift_hold, roll_back, set_hold
from releases.core.outlook import AfterWave, nobody_after
from releases.models import Claim, Run, Step
from releases.outlook import preview_outlook, read_outlook
from releases.preview import preview_release, preview_rollback
from releases.touched import read_seen
from tests import build
from tests.engine.driver import advance, answer, running_acts
from tests.traffic.edge import Edge
from tests.traffic.releasing import published_fleet, release_of
from traffic.models import Route, RouteMember

pytestmark = pytest.mark.django_db

release = partial(release_of, ask="each-wave")
STANDBY = ("a-9", "a-8", "b-9", "b-8", "c-9")


def ahead(run: Run) -> dict[int, AfterWave]:
    return {one.wave: one for one in read_outlook(run, read_seen(run))}


def numbers(found: dict[int, AfterWave]) -> dict[int, tuple[int, int]]:
    return {wave: (one.at_once, one.tenants) for wave, one in found.items()}


def go_on_until(run: Run, edge: Edge, wave: int, meanwhile: Callable[[], object] = lambda: None) -> None:
    """Every Prod up to this wave is through, but for those that the plan held, and no gate behind it is open."""
    held = [prod["name"] for one in run.plan["waves"] for prod in one["prods"] if prod["held"]]
    mine = Step.objects.filter(run=run, wave__lte=wave).exclude(prod__name__in=held)
    for _ in range(80):
        build.fresh()
        advance(run)
        meanwhile()
        if not mine.exclude(state="succeeded").exists():
            return
        for act in running_acts(run):
            answer(act)
            build.observe(act.prod.name, generation=2)
        mine.filter(kind="soak", state="running").update(started_at=timezone.now().replace(year=2020))
        for gate in mine.filter(kind="ask", state="running", approvals=None):
            approve(build.person("admin"), run.pk, gate.pk, "it is fine")
        meanwhile()
        edge.settle()
    raise AssertionError(run.reason)


def served_by(version: str) -> set[str]:
    rows = RouteMember.objects.filter(weight__gt=0, prod__version__name=version)
    return set(rows.values_list("route__name", flat=True))


KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "ramp": {"back": "ramp", "ramp_watch_s": 0},
    "relocate": {"alone": "relocate"},
    "switch": {"name": "switch", "parallel": 5},
}


@pytest.mark.parametrize("wave", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_a_rollback_does_what_was_promised_before_the_first_wave(kind: str, wave: int) -> None:
    edge = published_fleet(*STANDBY) if kind == "switch" else published_fleet()
    strategy = {"ask": "each-wave", "soak_s": 0} | KINDS[kind]
    before = {one.wave: one for one in preview_outlook(preview_release("shop", "v1.1.0", strategy, []).plan)}
    run = release(**KINDS[kind])
    promised = ahead(run)
    assert promised == before, "the preview has said the same"
    if wave not in promised:
        assert wave > max(promised)
        return
    go_on_until(run, edge, wave)
    build.fresh()
    preview = preview_rollback(run)
    told = promised[wave]
    assert preview.at_once == told.at_once
    assert {one.route for one in preview.staying} == {one.route for one in told.staying}
    back = roll_back(build.person("on-call"), run.pk, "errors")
    assert served_by("v1.1.0") == {one.route for one in told.staying}
    assert {one["route"] for one in back.plan["staying"]} == {one.route for one in told.staying}


def who(one: AfterWave) -> list[tuple[str, str]]:
    return [(left.route, left.why.code) for left in (*one.moved, *one.staying)]


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_the_same_at_any_moment_of_a_run_that_goes_well(kind: str) -> None:
    edge = published_fleet(*STANDBY) if kind == "switch" else published_fleet()
    run = release(**KINDS[kind])
    promised, seen = ahead(run), set()

    def look() -> None:
        now = ahead(run)
        seen.add(min(now, default=0))
        assert {wave: who(one) for wave, one in now.items()} == {wave: who(promised[wave]) for wave in now}

    go_on_until(run, edge, 3, look)
    assert {1, 2, 3} <= seen


def test_it_says_what_the_design_says(edge: Edge) -> None:
    run = release(ask="none")
    assert numbers(ahead(run)) == {1: (0, 3), 2: (20, 23), 3: (320, 323), 4: (0, 1123)}
    assert nobody_after(tuple(ahead(run).values())) == 4


@pytest.fixture
def edge(db: None) -> Edge:
    return published_fleet()


CHANGES = {
    "room": lambda: Prod.objects.filter(name__in=["a-1", "b-2"]).update(capacity=400),
    "pods": lambda: [build.observe(name, ready=1) for name in ("a-1", "b-2")],
    "health": lambda: [build.observe(name, ready=0) for name in ("a-1", "b-2")],
    "a Veto": lambda: Version.objects.filter(name="v1.0.0").update(
        vetoed_at=timezone.now(), vetoed_by=build.person("admin"), veto_reason="leaks"
    ),
    "a single writer": lambda: Route.objects.exclude(name="staff").update(data_class="single-writer"),
    "who is being emptied": lambda: Prod.objects.filter(name__in=["a-1", "b-2"]).update(lifecycle="draining"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_while_it_runs_changes_what_is_said(edge: Edge, change: str) -> None:
    run = release()
    go_on_until(run, edge, 2)
    build.fresh()
    assert numbers(ahead(run)) == {3: (320, 323), 4: (0, 1123)}
    CHANGES[change]()
    then = ahead(run)
    assert then[3].at_once == 0 and then[3].tenants == 323
    assert nobody_after(tuple(then.values())) == 3
    go_on = preview_rollback(run)
    assert go_on.at_once == 0 or change in {"room", "pods", "health", "who is being emptied"}
    assert all(one.why.code for one in then[3].staying)


def test_a_prod_that_is_held_keeps_its_version_for_as_long_as_it_is_held(edge: Edge) -> None:
    hold = set_hold(build.person("on-call"), "a-1", "a sale")
    run = release()
    assert numbers(ahead(run))[4] == (600, 723)
    lift_hold(build.person("release-manager"), hold.pk, "it is over")
    assert numbers(ahead(run))[4] == (0, 1123)


def test_a_prod_that_is_held_once_the_plan_is_made_is_waited_for(edge: Edge) -> None:
    run = release()
    set_hold(build.person("on-call"), "a-1", "a sale")
    assert numbers(ahead(run))[4] == (0, 1123), "no later wave passes it"


@pytest.mark.parametrize(
    ("until", "why"),
    [("wait_ready", "past-going-back"), ("", "rollback-declared-never")],
    ids=["until a step that will be over", "never"],
)
def test_a_version_that_is_not_taken_back_moves_nobody(edge: Edge, until: str, why: str) -> None:
    images = Version.objects.get(name="v1.1.0").images
    more = {"rollback": "until", "rollback_until": until} if until else {"rollback": "never"}
    create_version(build.person("admin"), "shop", "v9", images, **more)
    found = ahead(release(version="v9"))
    assert numbers(found) == {1: (0, 3), 2: (0, 23), 3: (0, 323), 4: (0, 1123)}
    assert {one.why.code for one in found[3].staying} == {why}


def test_a_step_that_was_skipped_ends_nothing(edge: Edge) -> None:
    images = Version.objects.get(name="v1.1.0").images
    until = {"rollback": "until", "rollback_until": "wait_ready"}
    create_version(build.person("admin"), "shop", "v9", images, **until)
    run = release(version="v9")
    go_on_until(run, edge, 1)
    Prod.objects.filter(name="c-1").update(version=Version.objects.get(name="v9"))
    mine = Step.objects.filter(run=run, prod__name="c-1")
    mine.filter(kind="set_version").update(state="succeeded", attempt=1)
    mine.exclude(kind="set_version").update(state="skipped")
    assert [one.route for one in ahead(run)[3].moved] == ["shop-u"]


def test_a_writer_on_a_dead_cluster_waits_for_a_failover(edge: Edge) -> None:
    run = release()
    Route.objects.filter(name="shop-u").update(data_class="single-writer")
    Cluster.objects.filter(name="c").update(health="unreachable")
    why = {one.route: one.why.code for one in ahead(run)[2].staying}
    assert why["shop-u"] == "writer-waits-for-failover"


@pytest.mark.parametrize(("lifecycle", "tenants"), [("draining", 0), ("in-service", 300)])
def test_nobody_comes_back_to_a_prod_that_is_being_emptied(edge: Edge, lifecycle: str, tenants: int) -> None:
    run = release_of("a-2")
    RouteMember.objects.filter(prod__name="a-2").update(weight=0)
    RouteMember.objects.filter(prod__name="b-1").update(weight=100)
    Prod.objects.filter(name="a-2").update(lifecycle=lifecycle)
    assert numbers(ahead(run)) == {1: (tenants, tenants)}


def test_a_prod_that_a_later_run_has_changed_stays(edge: Edge) -> None:
    run = release()
    go_on_until(run, edge, 2)
    Claim.objects.filter(prod__name="c-1").delete()
    other = release_of("c-1", version="v1.2.0")
    advance(other)
    assert Prod.objects.get(name="c-1").version.name == "v1.2.0"
    assert numbers(ahead(run))[3] == (300, 303), "c-1 is on no Version of this run any more"
    assert numbers(ahead(other)) == {1: (20, 20)}
