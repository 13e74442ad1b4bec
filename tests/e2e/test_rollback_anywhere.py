"""Rollback is pressed in every state of a run in which something was changed, and workers die just after."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from orchestrator.embedded.stack import Stack, wait_until
from tests.e2e.api import Api, Run, changed_prods, codes, told
from tests.e2e.conftest import Raise
from tests.e2e.fleets import NEW, OLD, FleetSpec, story
from tests.e2e.world import World, image_changes

SOAK = {"soak_s": 600}
ROLLED_BACK_WITHIN_S = 60
THIRD = "v3"
Lead = Callable[[Api, World, FleetSpec, int], None]


def into_set_version(api: Api, world: World, fleet: FleetSpec, run: int) -> None:
    """The test Prod is half changed: its `api` is written, the write to its `web` is on its way."""
    wait_until(lambda: image_changes(world.audit(fleet)), 20, "api is changed")
    assert api.until_step(run, "set_version")["prod"] == f"{fleet.name}-t"


def into_wait_ready(api: Api, world: World, fleet: FleetSpec, run: int) -> None:
    api.until_step(run, "wait_ready")


def into_soak(api: Api, world: World, fleet: FleetSpec, run: int) -> None:
    api.until_step(run, "soak")


def into_approval(api: Api, world: World, fleet: FleetSpec, run: int) -> None:
    api.until_state(run, "awaiting-approval")


def into_pause(api: Api, world: World, fleet: FleetSpec, run: int) -> None:
    into_soak(api, world, fleet, run)
    api.act(run, "pause")


def into_stopping(api: Api, world: World, fleet: FleetSpec, run: int) -> None:
    into_wait_ready(api, world, fleet, run)
    api.act(run, "abort")


def into_failure(api: Api, world: World, fleet: FleetSpec, run: int) -> None:
    api.until_state(run, "failed")


def into_success(api: Api, world: World, fleet: FleetSpec, run: int) -> None:
    api.until_state(run, "succeeded", timeout_s=60)


def into_abort(api: Api, world: World, fleet: FleetSpec, run: int) -> None:
    into_soak(api, world, fleet, run)
    api.act(run, "abort")
    api.until_state(run, "aborted")


@dataclass(frozen=True)
class Case:
    """How to lead a run into the state `state`. `image`: how the new images behave."""

    state: str
    lead: Lead
    strategy: dict[str, object]
    image: str = "good"
    held: bool = False


CASES = {
    "set-version": Case("running", into_set_version, {}, held=True),
    "wait-ready": Case("running", into_wait_ready, {}, "neverready"),
    "soak": Case("running", into_soak, SOAK),
    "awaiting-approval": Case("awaiting-approval", into_approval, {"ask": "each-wave"}),
    "paused": Case("paused", into_pause, SOAK),
    "stopping": Case("stopping", into_stopping, {}, "neverready"),
    "failed": Case("failed", into_failure, {}, "missing"),
    "succeeded": Case("succeeded", into_success, {}),
    "aborted": Case("aborted", into_abort, SOAK),
}


@dataclass(frozen=True)
class RolledBack:
    """A case's run when the button was pressed, and the rollback when it had come to rest."""

    fleet: FleetSpec
    before: Run
    back: Run


@pytest.fixture(scope="module", params=["emergency", "worker-1"])
def rolled_back(
    request: pytest.FixtureRequest, stack: Stack, api: Api, world: World, raise_fleets: Raise
) -> dict[str, RolledBack]:
    """All cases, with this worker killed as soon as every button has been pressed."""
    fleets = {
        name: story(f"{request.param}-{name}", strategy=case.strategy, versions=(OLD, NEW, THIRD))
        for name, case in CASES.items()
    }
    raise_fleets(*fleets.values())
    for name, fleet in fleets.items():
        if CASES[name].image != "good":
            world.fault("image", pattern=f"*/{fleet.name}/*:{NEW}", behaviour=CASES[name].image)
    runs = {name: api.start(fleet) for name, fleet in fleets.items() if not CASES[name].held}
    for name, run in runs.items():
        CASES[name].lead(api, world, fleets[name], run)
    # Last, since a write that is held is given up after some seconds.
    holds = []
    for name in CASES.keys() - runs.keys():
        fleet = fleets[name]
        holds.append(world.hold(fleet.prod(f"{fleet.name}-t"), "patch", "web"))
        runs[name] = api.start(fleet)
        CASES[name].lead(api, world, fleet, runs[name])
    before = {name: api.run(run) for name, run in runs.items()}
    with ThreadPoolExecutor(len(runs)) as threads:
        back = dict(zip(runs, threads.map(lambda run: api.act(run, "rollback"), runs.values()), strict=True))
    stack.kill(request.param)
    ended = {
        name: api.until_state(run["id"], "succeeded", "failed", timeout_s=ROLLED_BACK_WITHIN_S)
        for name, run in back.items()
    }
    for hold in holds:
        world.release(hold)
        world.clear(hold)
    return {name: RolledBack(fleets[name], before[name], ended[name]) for name in CASES}


each_case = pytest.mark.parametrize("name", CASES)


@each_case
def test_the_button_was_pressed_in_that_state(rolled_back: dict[str, RolledBack], name: str) -> None:
    assert rolled_back[name].before["state"] == CASES[name].state
    assert changed_prods(rolled_back[name].before)


@each_case
def test_the_rollback_succeeds(rolled_back: dict[str, RolledBack], name: str) -> None:
    back = rolled_back[name].back
    assert (back["kind"], back["state"]) == ("rollback", "succeeded"), told(back)
    assert back["rollback_of"] == rolled_back[name].before["id"]


@each_case
def test_every_pod_runs_what_its_prod_came_from(
    rolled_back: dict[str, RolledBack], world: World, name: str
) -> None:
    fleet = rolled_back[name].fleet
    for prod in fleet.prods:
        wanted = {part: [fleet.image(part, OLD)] * count for part, count in prod.replicas}
        wait_until(
            lambda prod=prod, wanted=wanted: world.pod_images(prod) == wanted, 5, f"{prod.name} runs {wanted}"
        )


@each_case
def test_no_prod_was_touched_that_the_run_had_not_changed(
    rolled_back: dict[str, RolledBack], world: World, name: str
) -> None:
    fleet, before = rolled_back[name].fleet, rolled_back[name].before
    touched = {entry["namespace"] for entry in image_changes(world.audit(fleet))}
    assert touched <= {fleet.prod(prod).namespace for prod in changed_prods(before)}


@each_case
def test_the_prods_are_held_and_the_version_is_vetoed(
    rolled_back: dict[str, RolledBack], api: Api, name: str
) -> None:
    fleet, changed = rolled_back[name].fleet, changed_prods(rolled_back[name].before)
    vetoed = [version for version in api.all("versions/") if version["blueprint"] == fleet.name]
    assert {version["name"]: bool(version["vetoed_at"]) for version in vetoed} == {
        OLD: False,
        NEW: True,
        THIRD: False,
    }
    held = [one for one in api.preview(fleet, THIRD)["blockers"] if one["reason"]["code"] == "held"]
    assert {prod for blocker in held for prod in blocker["prods"]} == set(changed)


@each_case
def test_the_version_cannot_come_back_by_itself(
    rolled_back: dict[str, RolledBack], api: Api, name: str
) -> None:
    fleet = rolled_back[name].fleet
    refused = api.try_start(fleet, api.preview(fleet)["digest"])
    assert (refused.status_code, "version-vetoed" in codes(refused)) == (409, True)


@each_case
def test_the_run_is_over_and_cannot_be_rolled_back_twice(
    rolled_back: dict[str, RolledBack], api: Api, name: str
) -> None:
    run = api.run(rolled_back[name].before["id"])
    assert run["state"] == ("succeeded" if name == "succeeded" else "aborted")
    refused = api.try_act(run["id"], "rollback")
    assert (refused.status_code, codes(refused)) == (409, ["already-rolled-back"])


def test_it_is_refused_when_nothing_was_changed(rolled_back: dict[str, RolledBack], api: Api) -> None:
    """All Prods of this fleet are held, so that its next run begins and changes nothing."""
    fleet = rolled_back["succeeded"].fleet
    run = api.start(fleet, THIRD)
    waiting = api.until(run, lambda now: now["reason"] and now["reason"]["code"] == "held")
    refused = api.try_act(run, "rollback")
    assert (refused.status_code, codes(refused)) == (409, ["nothing-changed"])
    assert not waiting["actions"]["rollback"]["allowed"]
    api.act(run, "abort")
    api.until_state(run, "aborted")
