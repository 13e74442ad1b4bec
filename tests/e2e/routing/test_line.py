"""Stop-the-line: a release rests and says why, a person's evacuation and rollback pass, and it goes on afterwards."""

from orchestrator.embedded.stack import wait_until
from tests.e2e.api import Api
from tests.e2e.routing.moves import RELEASED_WITHIN_S, SOON_S, WHY, finish, move, start, weights
from tests.e2e.users import Users

NEVER_MIND = [{"prod": name, "reason": "not in this test"} for name in ("a-2", "b-1", "b-2")]


def line(api: Api, way: str) -> None:
    assert api.post(f"line/{way}/", WHY).status_code == 200
    assert bool(api.get("line/")["stopped"]) == (way == "stop")


def on_new(api: Api) -> set[str]:
    return {one["name"] for one in api.all("prods/") if one["version"] == "v1.1.0"}


def test_a_stopped_line_holds_a_release_but_no_person(api: Api, users: Users) -> None:
    run = start(api, "v1.1.0", exclude=NEVER_MIND, soak_s=2)
    line(api, "stop")
    resting = api.until(run, lambda found: (found["reason"] or {}).get("code") == "line-stopped", SOON_S)
    assert resting["state"] == "running" and WHY["reason"] in resting["reason"]["text"]
    before = on_new(api)
    assert before <= {"c-2"}
    finish(api, move(api, "b", "evacuation"))
    assert not {"b-1", "b-2"} & (weights(api, "shop-t").keys() | weights(api, "shop-r").keys())
    assert on_new(api) == before
    line(api, "resume")
    api.until_state(run, "succeeded", timeout_s=RELEASED_WITHIN_S)
    assert on_new(api) == {"a-1", "c-1", "c-2"}
    line(api, "stop")
    back = api.act(run, "rollback")["id"]
    finish(api, back)
    assert on_new(api) == set()
    wait_until(lambda: users.hurt() == set(), SOON_S, "nobody is hurt")
    line(api, "resume")
