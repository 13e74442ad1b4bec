"""What these tests ask of Drover, each with what it promises about the answer."""

from collections.abc import Sequence
from typing import Any

from tests.e2e.api import Api, Run, told

SOON_S = 60
RELEASED_WITHIN_S = 240
WHY = {"reason": "the test wants it"}


def start(api: Api, version: str, *, exclude: Sequence[Any] = (), **strategy: Any) -> int:
    """The number of a release of `shop`, started as its preview says."""
    plan = {"strategy": {"soak_s": 0, **strategy}, "exclude": list(exclude)}
    asked = {"blueprint": "shop", "version": version, **plan}
    shown = api.post("releases/preview/", asked).json()
    answer = api.post("releases/", asked | {"digest": shown["digest"]})
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def move(api: Api, cluster: str, what: str) -> int:
    """The number of the Run that moves users, exactly as its preview says."""
    shown = api.post(f"clusters/{cluster}/{what}/preview/", {}).json()
    answer = api.post(f"clusters/{cluster}/{what}/", {"digest": shown["digest"], **WHY})
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def finish(api: Api, run: int) -> Run:
    """The Run once it has succeeded."""
    done = api.until_state(run, "succeeded", "failed", timeout_s=RELEASED_WITHIN_S)
    assert done["state"] == "succeeded", told(done)
    return done


def weights(api: Api, route: str) -> dict[str, int]:
    """Prod -> its weight, of those who have any."""
    members = api.get(f"routes/{route}/")["members"]
    return {one["prod"]: one["weight"] for one in members if one["weight"]}
