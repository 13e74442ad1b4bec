"""All of Drover is gone, then a cluster dies: users are moved from the state file, and Drover learns of it afterwards."""

import os
import subprocess
import time
from typing import Any

import httpx

from orchestrator.embedded.programs import ROOT
from orchestrator.embedded.stack import Stack, wait_until
from tests.e2e.api import Api
from tests.e2e.example import NORMAL, SHOP_R, SHOP_S
from tests.e2e.routing.moves import SOON_S, finish, move
from tests.e2e.users import Users
from tests.e2e.world import World

# Those that keep and those that work; the clusters, their gateways and the users go on.
DROVER = ("beat", "worker-1", "worker-2", "emergency", "observer", "web", "valkey", "postgres")
WRITTEN_WITHIN_S = 120
BACK_WITHIN_S = 90
CALM_S = 8
MANY = 300  # requests
READS = {"get", "list", "watch"}


def written_after(stack: Stack, moment: float) -> None:
    file = stack.layout.state / "drover-state"
    wait_until(
        lambda: file.exists() and file.stat().st_mtime > moment, WRITTEN_WITHIN_S, "the state file is written"
    )


def drover(stack: Stack, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command line of a deployment, with the two keys and nothing else of Drover's environment."""
    keys = {
        "PATH": os.environ["PATH"],
        "DROVER_DEMO": "on",  # clusters on the loopback address
        "DROVER_SECRET_KEY": stack.layout.secret_key(),
        "DROVER_CREDENTIAL_KEYS": stack.layout.credential_key(),
    }
    command = [str(ROOT / "deploy/drover"), *arguments]
    return subprocess.run(
        command, env=keys, cwd="/", check=False, capture_output=True, text=True, timeout=120
    )


def answers(api: Api) -> bool:
    try:
        return bool(api.get("routers/")["results"])
    except (httpx.HTTPError, OSError):
        return False


def shown(api: Api, router: str) -> list[dict[str, Any]]:
    """Routes that the router shows at a newer epoch, all of them read just now."""
    routes: list[dict[str, Any]] = api.get(f"routers/{router}/adoption/")["routes"]
    return routes if routes and all(one["cannot"] is None for one in routes) else []


def calm(users: Users) -> bool:
    """Whether no request has failed for longer than one may take."""
    return not any(errors for _, errors in users.lately("group", CALM_S).values())


def traffic_stays(world: World, users: Users) -> None:
    """With Drover gone users are served as before, and nobody writes at a gateway or anywhere else."""
    (requests, errors), mark = users.total(), world.mark()
    wait_until(lambda: users.total()[0] > requests + MANY, SOON_S, "users go on")
    wait_until(lambda: users.served("group") == NORMAL.keys(), SOON_S, "those of every group are")
    assert users.total()[1] == errors
    writes = [one for one in world.entries(mark) if one["type"] == "request" and one["verb"] not in READS]
    assert writes == []


def bring_back(api: Api) -> None:
    """The users of cluster a come home once it has answered for long enough."""

    def waits() -> list[str]:
        return [why["code"] for why in api.post("clusters/a/failback/preview/", {}).json()["reasons"]]

    wait_until(lambda: waits() == [], BACK_WITHIN_S, "the cluster is back and stable")
    finish(api, move(api, "a", "failback"))


def test_users_are_served_again_with_drover_dead_and_drover_takes_it_over(
    stack: Stack, world: World, users: Users
) -> None:
    api = Api(stack.url, stack.demo["token"])
    router = api.get("routers/")["results"][0]["name"]
    written_after(stack, time.time())
    for name in DROVER:
        stack.hold(name)
    assert not answers(api)
    traffic_stays(world, users)
    with world.faulty("lost", cluster="a"):
        wait_until(lambda: users.hurt() == set(SHOP_S), SOON_S, "users without redundancy are hurt")
        done = drover(stack, "break-glass", "evacuate", "a", "--file", str(stack.layout.state), "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "All of it was read back as asked." in done.stdout
        wait_until(lambda: calm(users), SOON_S, "nobody is hurt any more, nor by a request of before")
        assert not users.served("prod", 1) & {"a-1", "a-2"}
        errors = users.total()[1]
        for name in reversed(DROVER):
            stack.release(name)
        wait_until(lambda: answers(api), BACK_WITHIN_S, "Drover is back")
        wait_until(lambda: shown(api, router), BACK_WITHIN_S, "it shows what was done without it")
        assert {one["route"] for one in shown(api, router)} == {*SHOP_R, *SHOP_S}
        digest = api.get(f"routers/{router}/adoption/")["digest"]
        told = api.post(f"routers/{router}/adoption/", {"digest": digest, "reason": "the test wants it"})
        assert told.status_code == 200 and told.json()["routes"] == [], told.text

        def published() -> bool:
            rows = [api.get(f"routes/{route}/") for route in SHOP_S]
            return all(
                one["state"] == "published" and one["epoch"] == row["epoch"]
                for row in rows
                for one in row["publications"]
            )

        wait_until(published, BACK_WITHIN_S, "the routers have it at Drover's epoch")
        assert users.total()[1] == errors, "nobody noticed that Drover came back"
        assert not users.served("prod", 1) & {"a-1", "a-2"}

    bring_back(api)
    wait_until(lambda: {"a-1", "a-2"} <= users.served("prod"), SOON_S, "its Prods serve again")
    assert users.total()[1] == errors, "nobody noticed that they came back"
    api.close()
