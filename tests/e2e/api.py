"""Drover's REST API as CI uses it: from the outside, with a token."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from tests.e2e.fleets import NEW, FleetSpec

Run = dict[str, Any]
SOON_S = 30.0
ENDED = ("succeeded", "aborted")


class Api:
    """A client with one token. Thread-safe."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=f"{url}/api/v1/",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=70,
            limits=httpx.Limits(max_connections=64),
        )

    def close(self) -> None:
        self._http.close()

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """The answer, whatever its status."""
        return self._http.post(path, json=body)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a good answer."""
        return self._http.get(path, params=query).raise_for_status().json()

    def all(self, path: str, **query: Any) -> list[Any]:
        """Every result of a list, page by page."""
        found: list[Any] = []
        page = self.get(path, page_size=200, **query)
        while True:
            found += page["results"]
            if not page["next"]:
                return found
            page = self._http.get(page["next"]).raise_for_status().json()

    def preview(self, fleet: FleetSpec, version: str = NEW) -> dict[str, Any]:
        answer = self.post("releases/preview/", _asked(fleet, version))
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def try_start(self, fleet: FleetSpec, digest: str, version: str = NEW) -> httpx.Response:
        return self.post("releases/", {**_asked(fleet, version), "digest": digest})

    def start(self, fleet: FleetSpec, version: str = NEW) -> int:
        """The number of a release of what the preview shows."""
        answer = self.try_start(fleet, self.preview(fleet, version)["digest"], version)
        assert answer.status_code == 201, answer.text
        number: int = answer.json()["id"]
        return number

    def try_act(self, run: int, action: str, step: int | None = None) -> httpx.Response:
        body = {"reason": f"the test wants to {action}"} | ({"step": step} if step else {})
        return self.post(f"runs/{run}/actions/{action}/", body)

    def act(self, run: int, action: str, step: int | None = None) -> Run:
        answer = self.try_act(run, action, step)
        assert answer.status_code == 200, answer.text
        done: Run = answer.json()
        return done

    def run(self, run: int) -> Run:
        found: Run = self.get(f"runs/{run}/")
        return found

    def until(self, run: int, true: Callable[[Run], Any], timeout_s: float = SOON_S) -> Run:
        """The Run once `true(run)`, by long poll. TimeoutError tells where it stands."""
        deadline, found = time.monotonic() + timeout_s, self.run(run)
        while not true(found):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Not within {timeout_s} s: {told(found)}")
            if found["state"] in ENDED:
                raise AssertionError(f"It has ended: {told(found)}")
            # A Reason may change without an Event, so no long wait.
            found = self.get(f"runs/{run}/", wait=1, after=found["last_event"])
        return found

    def until_state(self, run: int, *states: str, timeout_s: float = SOON_S) -> Run:
        """The Run once it is in one of these states."""
        return self.until(run, lambda found: found["state"] in states, timeout_s)

    def until_step(
        self, run: int, kind: str, state: str = "running", prod: str = "", timeout_s: float = SOON_S
    ) -> dict[str, Any]:
        """The first step of this kind (and Prod) in this state, once there is one."""

        def found(now: Run) -> list[dict[str, Any]]:
            return [
                step
                for step in now["steps"]
                if (step["kind"], step["state"]) == (kind, state) and prod in ("", step["prod"])
            ]

        return found(self.until(run, found, timeout_s))[0]


def _asked(fleet: FleetSpec, version: str) -> dict[str, Any]:
    strategy = {"parallel": fleet.parallel, "few_below": fleet.few_below, "soak_s": 0} | fleet.strategy
    return {
        "blueprint": fleet.name,
        "version": version,
        "strategy": strategy,
        "exclude": [{"prod": prod, "reason": "not this time"} for prod in fleet.excluded],
    }


def told(run: Run) -> str:
    """Where a Run stands, in one line per step that is not done."""
    left = [step for step in run["steps"] if step["state"] not in ("succeeded", "waiting")]
    steps = [
        f"  {one['prod']} {one['kind']} {one['state']} #{one['attempt']} {one['reason']}" for one in left
    ]
    return "\n".join([f"run {run['id']} ({run['kind']}) {run['state']}: {run['reason']}", *steps])


def codes(answer: httpx.Response) -> list[str]:
    """The Reason codes of a refusal."""
    return [str(reason["code"]) for reason in answer.json()["reasons"]]


def changed_prods(run: Run) -> Sequence[str]:
    """The Prods of a Run whose version was ever set by it, as its steps say."""
    return [step["prod"] for step in run["steps"] if step["kind"] == "set_version" and step["attempt"]]
