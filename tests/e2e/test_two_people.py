"""Many people press the same button in the same moment: one of them does it, the others are told why not."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.e2e.api import Api, codes, told
from tests.e2e.conftest import Raise
from tests.e2e.fleets import FleetSpec, story
from tests.e2e.oracle import judge
from tests.e2e.world import World

CLICKS = 20


def all_at_once(click: Callable[[], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(CLICKS) as people:
        return list(people.map(lambda _: click(), range(CLICKS)))


def releases_of(api: Api, fleet: FleetSpec) -> list[dict[str, object]]:
    return [run for run in api.all("runs/") if run["blueprint"] == fleet.name and run["kind"] != "build"]


def test_of_twenty_starts_of_one_plan_one_runs(api: Api, world: World, raise_fleets: Raise) -> None:
    fleet = story("crowd-start")
    raise_fleets(fleet)
    digest = api.preview(fleet)["digest"]
    answers = all_at_once(lambda: api.try_start(fleet, digest))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CLICKS - 1}
    refused = {code for answer in answers if answer.status_code == 409 for code in codes(answer)}
    assert refused <= {"claimed", "plan-stale"}
    (run,) = releases_of(api, fleet)
    done = api.until_state(int(str(run["id"])), "succeeded", "failed", timeout_s=60)
    assert done["state"] == "succeeded", told(done)
    assert judge(fleet, world.audit(fleet)).complaints == []


def test_of_twenty_rollbacks_of_one_run_one_runs(api: Api, world: World, raise_fleets: Raise) -> None:
    fleet = story("crowd-back", strategy={"soak_s": 600})
    raise_fleets(fleet)
    run = api.start(fleet)
    api.until_step(run, "soak")
    answers = all_at_once(lambda: api.try_act(run, "rollback"))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: CLICKS - 1}
    refused = {code for answer in answers if answer.status_code == 409 for code in codes(answer)}
    assert refused == {"already-rolled-back"}
    backs = [one for one in releases_of(api, fleet) if one["rollback_of"] == run]
    assert len(backs) == 1
    done = api.until_state(int(str(backs[0]["id"])), "succeeded", "failed", timeout_s=60)
    assert done["state"] == "succeeded", told(done)
