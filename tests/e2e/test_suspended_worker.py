"""A worker is suspended in the middle of a call, superseded, and wakes up: what it sends late does not stay.

Judged at the target: the audit log and the objects of the cluster.
"""

import signal
import time
from collections.abc import Iterator

import pytest

from orchestrator.embedded.stack import Stack, wait_until
from tests.e2e.api import Api, told
from tests.e2e.conftest import Raise
from tests.e2e.fleets import NEW, OLD, FleetSpec, ProdSpec, story
from tests.e2e.world import Entry, World, image_changes

WORKERS = ("worker-1", "worker-2")
WRITES = ("create", "update", "patch", "delete")
QUIET_S = 2.0
# The suspended worker may hold the lock on the run; the database ends its transaction after 5 s.
ANSWERED_WITHIN_S = 10
EPOCH = "drover.dev/epoch"
SUPERSEDED_WITHIN_S = 40


@pytest.fixture
def suspend(stack: Stack) -> Iterator[list[str]]:
    """Names added here are suspended workers; whatever happens, they go on afterwards."""
    names: list[str] = []
    yield names
    for name in names:
        stack.kill(name, signal.SIGCONT)


def suspend_sender(stack: Stack, world: World, hold: str, suspended: list[str]) -> str:
    """The worker whose request the hold keeps, stopped. The other one was stopped while it was sent."""
    wait_until(lambda: world.is_held(hold), 20, "a request is held")
    sender, other = WORKERS
    stack.kill(sender, signal.SIGSTOP)
    suspended.append(sender)
    stack.kill(other, signal.SIGCONT)
    suspended.remove(other)
    return sender


def start_on_one_worker(stack: Stack, api: Api, fleet: FleetSpec, suspended: list[str]) -> int:
    """The number of a release; of the two workers only the first is there to act for it."""
    other = WORKERS[1]
    stack.kill(other, signal.SIGSTOP)
    suspended.append(other)
    return api.start(fleet)


def wake(stack: Stack, sender: str, suspended: list[str]) -> None:
    stack.kill(sender, signal.SIGCONT)
    suspended.remove(sender)


def has_settled(world: World, fleet: FleetSpec, prod: ProdSpec, version: str) -> bool:
    """Whether the Prod's pods and its Deployments have the images of `version`, and no others."""
    pods = {part: [fleet.image(part, version)] * count for part, count in prod.replicas}
    return world.pod_images(prod) == pods


def epochs(world: World, prod: ProdSpec) -> set[str]:
    """Which runs wrote the Deployments last."""
    objects = [world.deployment(prod, part) for part, _ in prod.replicas]
    return {found["metadata"]["annotations"][EPOCH].split(".")[0] for found in objects}


@pytest.mark.parametrize("verb", ["patch", "get"])
def test_superseded_by_another_attempt(
    stack: Stack, api: Api, world: World, raise_fleets: Raise, suspend: list[str], verb: str
) -> None:
    """The lease runs out, the other worker takes the step; each image is changed exactly once."""
    fleet = story(f"lease-{verb}")
    prod = fleet.prod(f"{fleet.name}-t")
    raise_fleets(fleet)
    until_compared(api, prod)
    hold = world.hold(prod, verb, "web")
    run = start_on_one_worker(stack, api, fleet, suspend)
    sender = suspend_sender(stack, world, hold, suspend)
    api.until_step(run, "set_version", "succeeded", prod.name, SUPERSEDED_WITHIN_S)
    before = world.mark()
    world.release(hold)
    wake(stack, sender, suspend)
    late = wait_for_late_request(world, fleet, prod, before, verb)
    assert_nothing_of_it_stays(world, prod, fleet, before)
    done = api.until_state(run, "succeeded", "failed", timeout_s=60)
    assert done["state"] == "succeeded", told(done)
    if verb == "patch":
        assert late["code"] == 409
    changes = [entry for entry in image_changes(world.audit(fleet)) if entry["namespace"] == prod.namespace]
    assert len(changes) == len(fleet.components)
    assert has_settled(world, fleet, prod, NEW)
    (step,) = [one for one in done["steps"] if (one["prod"], one["kind"]) == (prod.name, "set_version")]
    assert step["attempt"] > 1


@pytest.mark.parametrize("verb", ["patch", "get"])
def test_superseded_by_a_rollback(
    stack: Stack, api: Api, world: World, raise_fleets: Raise, suspend: list[str], verb: str
) -> None:
    """The late write is of the bad Version: it is refused, and the Prod stays where it was brought back to."""
    fleet = story(f"undone-{verb}")
    prod = fleet.prod(f"{fleet.name}-t")
    raise_fleets(fleet)
    until_compared(api, prod)
    hold = world.hold(prod, verb, "web")
    run = start_on_one_worker(stack, api, fleet, suspend)
    sender = suspend_sender(stack, world, hold, suspend)
    began = time.monotonic()
    back = api.act(run, "rollback")["id"]
    assert time.monotonic() - began < ANSWERED_WITHIN_S
    ended = api.until_state(back, "succeeded", "failed", timeout_s=SUPERSEDED_WITHIN_S)
    assert ended["state"] == "succeeded", told(ended)
    before = world.mark()
    world.release(hold)
    wake(stack, sender, suspend)
    late = wait_for_late_request(world, fleet, prod, before, verb)
    if verb == "patch":
        assert late["code"] == 409
    assert_nothing_of_it_stays(world, prod, fleet, before)
    assert has_settled(world, fleet, prod, OLD)
    assert epochs(world, prod) == {str(back)}


def until_compared(api: Api, prod: ProdSpec) -> None:
    """Until the look at drift that follows a build is over: what is held next is the act's own request."""

    def compared() -> bool:
        return bool(api.get(f"prods/{prod.name}/drift/")["state"] == "in-sync")

    wait_until(compared, 60, f"{prod.name} is compared with its cluster")


def wait_for_late_request(world: World, fleet: FleetSpec, prod: ProdSpec, since: int, verb: str) -> Entry:
    """The first request about the held Deployment after its release."""

    def late() -> list[Entry]:
        return [
            entry
            for entry in world.audit(fleet, since)
            if (entry["type"], entry.get("name"), entry["namespace"]) == ("request", "web", prod.namespace)
            and entry["verb"] == verb
        ]

    wait_until(late, 10, "the held request has gone on")
    return late()[0]


def assert_nothing_of_it_stays(world: World, prod: ProdSpec, fleet: FleetSpec, since: int) -> None:
    """From the release of the held request on, no write to the Prod has an effect, however long one looks."""

    def effects() -> list[Entry]:
        writes = [entry for entry in world.audit(fleet, since) if entry.get("verb") in WRITES]
        return [one for one in writes if one["namespace"] == prod.namespace and one["code"] < 300]

    until = time.monotonic() + QUIET_S
    while time.monotonic() < until:
        assert effects() == []
        time.sleep(QUIET_S / 10)
