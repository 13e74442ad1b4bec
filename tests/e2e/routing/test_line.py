"""Stop-the-line: a release rests and says why, a person's evacuation, failover and rollback pass, and it goes on afterwards,
by a plan that somebody has read anew, since the evacuation has pre-empted it."""

from orchestrator.embedded.stack import wait_until
from tests.e2e.api import Api
from tests.e2e.example import SHOP_R, SHOP_T
from tests.e2e.routing.moves import RELEASED_WITHIN_S, SOON_S, WHY, finish, move, start, weights
from tests.e2e.users import Users
from tests.e2e.world import World

NEVER_MIND = [{"prod": name, "reason": "not in this test"} for name in ("a-2", "b-1", "b-2")]


def line(api: Api, way: str) -> None:
    assert api.post(f"line/{way}/", WHY).status_code == 200
    assert bool(api.get("line/")["stopped"]) == (way == "stop")


def on_new(api: Api) -> set[str]:
    return {one["name"] for one in api.all("prods/") if one["version"] == "v1.1.0"}


def resume_anew(api: Api, run: int) -> None:
    """c-1, which had few users, has those of b-2 now."""
    api.until_state(run, "paused", timeout_s=SOON_S)
    action = f"runs/{run}/actions/resume/"
    assert api.post(action, WHY).json()["code"] == "judged-anew"
    shown = api.post(f"{action}preview/", {}).json()
    moved = {one["prod"]: (one["before"]["class"], one["after"]["class"]) for one in shown["changes"]}
    assert moved["c-1"] == ("few", "single")
    answer = api.post(action, {**WHY, "digest": shown["digest"]})
    assert answer.status_code == 200, answer.text
    assert api.post(action, {**WHY, "digest": shown["digest"]}).status_code == 409


def wave_of(api: Api, run: int, prod: str) -> int:
    return int(next(one["wave"] for one in api.run(run)["steps"] if one["prod"] == prod))


def test_a_stopped_line_holds_a_release_but_no_person(api: Api, users: Users) -> None:
    run = start(api, "v1.1.0", exclude=NEVER_MIND, soak_s=2)
    line(api, "stop")
    resting = api.until(run, lambda found: (found["reason"] or {}).get("code") == "line-stopped", SOON_S)
    assert resting["state"] == "running" and WHY["reason"] in resting["reason"]["text"]
    before = on_new(api)
    assert before <= {"c-2"}
    finish(api, move(api, "b", "evacuation"))
    assert not {"b-1", "b-2"} & {prod for route in (*SHOP_R, *SHOP_T) for prod in weights(api, route)}
    assert on_new(api) == before
    line(api, "resume")
    resume_anew(api, run)
    api.until_state(run, "succeeded", timeout_s=RELEASED_WITHIN_S)
    assert on_new(api) == {"a-1", "c-1", "c-2"}
    assert wave_of(api, run, "c-1") == wave_of(api, run, "a-1"), (
        "it waits as long as who else serves many alone"
    )
    line(api, "stop")
    back = api.act(run, "rollback")["id"]
    finish(api, back)
    assert on_new(api) == set()
    wait_until(lambda: users.hurt() == set(), SOON_S, "nobody is hurt")
    line(api, "resume")


def test_a_stopped_line_holds_no_failover_of_a_dead_cluster(api: Api, world: World, users: Users) -> None:
    line(api, "stop")
    with world.faulty("lost", cluster="a"):
        wait_until(lambda: api.get("clusters/a/")["health"] == "unreachable", SOON_S, "a is seen to be dead")
        wait_until(lambda: users.hurt() != set(), SOON_S, "its users are hurt")
        run = finish(api, move(api, "a", "evacuation"))
        assert run["kind"] == "failover"
        routes = [one["name"] for one in api.all("routes/")]
        left = {name for name in routes if {"a-1", "a-2"} & weights(api, name).keys()}
        assert left == set()
        wait_until(lambda: users.hurt() == set(), SOON_S, "nobody is hurt any more")
        assert api.get("line/")["stopped"], "and the line is stopped still"
    line(api, "resume")
