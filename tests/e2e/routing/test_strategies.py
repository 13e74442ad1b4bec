"""What the strategies promise to users who send requests all the time: relocation, ramps, blue/green and its way back."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from orchestrator.embedded.programs import ROOT
from orchestrator.embedded.stack import Stack, wait_until
from tests.e2e.api import Api
from tests.e2e.example import NORMAL, SHOP_R
from tests.e2e.routing.conftest import AT_ONCE
from tests.e2e.routing.moves import SOON_S, finish, start, weights
from tests.e2e.users import Users, errors, prods_of

SERVING = {"a-1", "a-2", "b-1", "b-2", "c-1"}
# Each in the failure domain of one who serves, so that what tenants have bought holds afterwards too.
STANDBY = {"a-8": "a", "a-9": "a", "b-8": "b", "b-9": "b", "c-9": "c"}
ROUTES = tuple(route for route in NORMAL if route != "staff")
GOOD = "v1.3.0"
RATE = 150  # so that every tenant comes by while its Prod is changed


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The example fleet with a standby Prod for each that serves."""
    fleet = yaml.safe_load((ROOT / "deploy/demo/fleet.yaml").read_text())
    fleet["prods"] += [
        {"name": name, "cluster": cluster, "role": "standby", "capacity": 1000}
        for name, cluster in STANDBY.items()
    ]
    path: Path = tmp_path_factory.mktemp("fleet") / "fleet.yaml"
    path.write_text(yaml.safe_dump(fleet))
    with Stack.started(pod_start="0.2-0.6", env=AT_ONCE, fleet=path) as started:
        yield started


def new_version(api: Api, name: str) -> None:
    images = {component: f"registry.example/shop/{component}:{name}" for component in ("api", "frontend")}
    answer = api.post("versions/", {"blueprint": "shop", "name": name, "images": images})
    assert answer.status_code == 201, answer.text


def serving(api: Api) -> set[str]:
    return {prod for route in ROUTES for prod in weights(api, route)}


def test_users_whom_nobody_else_serves_live_elsewhere_while_theirs_is_changed(api: Api, users: Users) -> None:
    users.hurry(RATE)
    began, before = time.time(), {route: weights(api, route) for route in ROUTES}
    run = finish(api, start(api, "v1.1.0", alone="relocate", back="ramp", ramp_watch_s=1, warm_up=20))
    kinds = {step["kind"] for step in run["steps"] if step["prod"] == "a-1"}
    assert {"relocate", "warm_up", "ramp"} <= kinds
    wait_until(lambda: users.served("version") == {"v1.1.0"}, SOON_S, "everybody is on the new Version")
    sent = users.log(began)
    assert errors(sent) == []
    for route in set(ROUTES) - set(SHOP_R):
        assert prods_of(sent)[route] > NORMAL[route], route
    assert {route: weights(api, route) for route in ROUTES} == before


def test_blue_and_green_change_places_and_one_move_brings_them_back(api: Api, users: Users) -> None:
    new_version(api, GOOD)
    began = time.time()
    run = finish(api, start(api, GOOD, name="switch", warm_up=20))
    assert {"warm_up", "switch"} <= {step["kind"] for step in run["steps"]}
    assert serving(api) == set(STANDBY)
    wait_until(lambda: users.served("version") == {GOOD}, SOON_S, "everybody is on the new Version")
    wait_until(lambda: not users.served("prod", 1) & SERVING, SOON_S, "nobody is on the old Prods")

    clicked = time.time()
    back = api.act(run["id"], "rollback")["id"]
    assert serving(api) == SERVING  # by the click alone, before anything is deployed
    wait_until(lambda: not users.served("prod", 1) & set(STANDBY), SOON_S, "they are back where they were")
    wait_until(lambda: users.served("version", 1) == {"v1.1.0"}, SOON_S, "on the old Version")
    done = finish(api, back)
    warmed = {step["prod"]: step["state"] for step in done["steps"] if step["kind"] == "warm_beside"}
    assert warmed == dict.fromkeys(SERVING, "succeeded"), "beside the move"
    assert errors(users.log(began)) == []
    assert {one["group"] for one in users.log(clicked)} >= set(ROUTES)
