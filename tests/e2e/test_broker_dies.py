"""Broker, workers and beat die in the middle of releases: the truth is in PostgreSQL, so runs go on."""

import json
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
import redis

from orchestrator.embedded.stack import Stack, wait_until
from tests.e2e.api import Api, Run, told
from tests.e2e.conftest import Raise
from tests.e2e.fleets import NEW, FleetSpec, story
from tests.e2e.oracle import judge
from tests.e2e.world import World, image_changes

WORKERS = ("worker-1", "worker-2")
GOES_ON_WITHIN_S = 15
FINISHED_WITHIN_S = 60
STALE_WITHIN_S = 5
DOWN_S = 3.0


def kill_broker(stack: Stack) -> None:
    stack.restart("valkey")


def flush_broker(stack: Stack) -> None:
    with redis.Redis.from_url(stack.broker) as broker:
        broker.flushall()


def keep_broker_down(stack: Stack) -> None:
    """For longer than any client's patience."""
    stack.hold("valkey")
    up_at = time.monotonic() + DOWN_S
    wait_until(lambda: time.monotonic() > up_at, DOWN_S + 1, "it was down")
    stack.release("valkey")


def assert_done_as_planned(api: Api, world: World, fleet: FleetSpec, run: int) -> None:
    done = api.until_state(run, "succeeded", "failed", timeout_s=FINISHED_WITHIN_S)
    assert done["state"] == "succeeded", told(done)
    assert judge(fleet, world.audit(fleet)).complaints == []


def once_in_the_middle(api: Api, run: int) -> Run:
    """The Run once its first Prod is done and others are to come."""
    return api.until(
        run, lambda now: any(step["kind"] == "wait_ready" and _done(step) for step in now["steps"])
    )


def _done(step: dict[str, object]) -> bool:
    return step["state"] == "succeeded"


@pytest.mark.parametrize(
    "harm", [kill_broker, flush_broker, keep_broker_down], ids=lambda harm: harm.__name__
)
def test_a_release_goes_on_by_itself_after(
    stack: Stack, api: Api, world: World, raise_fleets: Raise, harm: Callable[[Stack], None]
) -> None:
    fleet = story(harm.__name__.replace("_", "-"))
    raise_fleets(fleet)
    run = api.start(fleet)
    once_in_the_middle(api, run)
    harm(stack)
    assert_done_as_planned(api, world, fleet, run)


def test_a_release_started_while_the_broker_is_dead_runs_once_it_is_back(
    stack: Stack, api: Api, world: World, raise_fleets: Raise
) -> None:
    fleet = story("unheard")
    raise_fleets(fleet)
    stack.hold("valkey")
    try:
        run = api.start(fleet)
    finally:
        stack.release("valkey")
    assert_done_as_planned(api, world, fleet, run)


@pytest.fixture
def stream(stack: Stack) -> Iterator[Iterator[str]]:
    """The lines of the event stream of an open page, as its session sees them."""
    login = stack.demo["logins"]["viewer"]
    with httpx.Client(base_url=stack.url, trust_env=False, timeout=30) as browser:
        browser.get("/login/").raise_for_status()
        form = {**login, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.post("/login/", data=form, headers={"Referer": stack.url}).status_code == 302
        with browser.stream("GET", "/live/") as answer:
            assert answer.status_code == 200
            yield answer.iter_lines()


def test_an_open_page_hears_within_seconds_that_the_broker_is_silent_and_that_it_is_back(
    stack: Stack, stream: Iterator[str]
) -> None:
    await_event(stream, "beat", 10)
    stack.hold("valkey")
    try:
        assert await_event(stream, "silent", 10) < STALE_WITHIN_S
    finally:
        stack.release("valkey")
    await_event(stream, "beat", 10)


def await_event(stream: Iterator[str], kind: str, timeout_s: float) -> float:
    """Seconds until the next event of this kind."""
    began = time.monotonic()
    for line in stream:
        if line == f"event: {kind}":
            return time.monotonic() - began
        assert time.monotonic() - began < timeout_s, f"no {kind}"
    raise AssertionError("the stream has ended")


@pytest.mark.parametrize("when", ["before", "after"])
def test_workers_killed_in_the_middle_of_a_write_double_nothing(
    stack: Stack, api: Api, world: World, raise_fleets: Raise, when: str
) -> None:
    """`before`: the write takes effect after its sender has died. `after`: it has, and nobody was told."""
    fleet = story(f"killed-{when}")
    raise_fleets(fleet)
    prod = fleet.prod(f"{fleet.name}-t")
    hold = world.hold(prod, "patch", "api", when)
    run = api.start(fleet)
    wait_until(lambda: world.is_held(hold), 20, "the write is held")
    began = time.monotonic()
    for name in WORKERS:
        stack.kill(name)
    world.release(hold)
    api.until_step(run, "set_version", "succeeded", prod.name, FINISHED_WITHIN_S)
    assert time.monotonic() - began < GOES_ON_WITHIN_S
    assert_done_as_planned(api, world, fleet, run)
    changes = image_changes(world.audit(fleet))
    assert len(changes) == len(fleet.prods) * len(fleet.components)


def test_workers_killed_between_two_steps_are_not_missed(
    stack: Stack, api: Api, world: World, raise_fleets: Raise
) -> None:
    fleet = story("killed-between", strategy={"soak_s": 1})
    raise_fleets(fleet)
    run = api.start(fleet)
    soaking = api.until_step(run, "soak")
    began = time.monotonic()
    for name in WORKERS:
        stack.kill(name)
    api.until_step(run, "soak", "succeeded", soaking["prod"], FINISHED_WITHIN_S)
    assert time.monotonic() - began < GOES_ON_WITHIN_S
    assert_done_as_planned(api, world, fleet, run)


def test_without_beat_the_observer_finds_what_is_due(
    stack: Stack, api: Api, world: World, raise_fleets: Raise
) -> None:
    """Beat is gone and every message too, so that only a tick can bring the run back."""
    fleet = story("no-beat", strategy={"soak_s": 1})
    raise_fleets(fleet)
    stack.hold("beat")
    try:
        run = api.start(fleet)
        flush_broker(stack)
        api.until_step(run, "soak")
        flush_broker(stack)
        assert_done_as_planned(api, world, fleet, run)
    finally:
        stack.release("beat")


def test_a_message_that_nobody_asked_for_does_nothing(
    stack: Stack, api: Api, world: World, raise_fleets: Raise
) -> None:
    """Every message of a finished run again, and some that never were: nothing moves (spinnaker#7921)."""
    fleet = story("again")
    raise_fleets(fleet)
    run = api.start(fleet)
    done = api.until_state(run, "succeeded", timeout_s=FINISHED_WITHIN_S)
    before = world.mark()
    acts = [(step["id"], step["attempt"] + more) for step in done["steps"] for more in (0, 1)]
    send = (
        "import json; from releases.tasks import act, advance, tick\n"
        f"for step, attempt in json.loads({json.dumps(json.dumps(acts))}): act.delay(step, attempt)\n"
        f"advance.delay({run}); advance.delay({run}); advance.delay(10**9); tick.delay()"
    )
    stack.manage("shell", "--no-imports", "--command", send)
    with redis.Redis.from_url(stack.broker) as broker:
        wait_until(lambda: broker.llen("default") == 0, 20, "the messages are worked off")
    # What comes after them in the queue is worked off too: a whole run of another fleet.
    other = story("after-again")
    raise_fleets(other)
    requests = [entry for entry in world.audit(fleet, before) if entry["type"] == "request"]
    assert [entry for entry in requests if entry["verb"] not in {"get", "list", "watch"}] == []
    found = api.run(run)
    assert {key: found[key] for key in ("state", "last_event", "steps")} == {
        key: done[key] for key in ("state", "last_event", "steps")
    }
    assert {
        image for prod in fleet.prods for images in world.pod_images(prod).values() for image in images
    } == {fleet.image(part, NEW) for part in fleet.components}
