"""The simulated users: what they have counted, and their request log."""

import json
from collections.abc import Iterable
from typing import Any

import httpx

from orchestrator.embedded.stack import Stack

Request = dict[str, Any]


class Users:
    """Those who are served. They are asked, never told."""

    def __init__(self, stack: Stack) -> None:
        self._log = stack.layout.requests
        self._plan = stack.layout.users_plan
        self._http = httpx.Client(base_url=stack.demo["users"], trust_env=False, timeout=10)

    def close(self) -> None:
        self._http.close()

    def total(self) -> tuple[int, int]:
        """(requests, errors) since they began."""
        told = self._http.get("/counters").raise_for_status().json()
        return int(told["requests"]), int(told["errors"])

    def lately(self, by: str, seconds: int = 3) -> dict[str, tuple[int, int]]:
        """Value of the field `by` -> (requests, errors) of the last whole seconds."""
        series = (
            self._http.get("/counters", params={"by": by, "seconds": seconds})
            .raise_for_status()
            .json()["series"]
        )
        return {one[by]: (sum(one["requests"]), sum(one["errors"])) for one in series}

    def served(self, by: str, seconds: int = 3) -> set[str]:
        return {value for value, (requests, errors) in self.lately(by, seconds).items() if requests > errors}

    def hurt(self) -> set[str]:
        """The tenant groups (one per Route) of which somebody got an error lately."""
        return {value for value, (_, errors) in self.lately("group", 2).items() if errors}

    def hurry(self, rate: float) -> None:
        """From now on they send `rate` requests per second in all."""
        self._change(rate=rate)

    def come_through(self, *gateways: str) -> None:
        """From now on they know these alone, as HOST:PORT."""
        self._change(gateways=gateways)

    def _change(self, **changes: Any) -> None:
        plan = json.loads(self._plan.read_text()) | changes
        beside = self._plan.with_suffix(".new")
        beside.write_text(json.dumps(plan))
        beside.replace(self._plan)

    def hostnames(self, *groups: str) -> set[str]:
        """Those of all tenants of these groups."""
        known = json.loads(self._plan.read_text())["groups"]
        return {name for group in groups for name in known[group]}

    def log(self, since: float) -> list[Request]:
        """The requests sent since this time (seconds since the epoch), as far as they are written."""
        with self._log.open() as lines:
            # The last line may be half written.
            entries = [json.loads(line) for line in lines if line.endswith("\n")]
        return [entry for entry in entries if entry["t"] >= since]


def errors(entries: Iterable[Request]) -> list[Request]:
    """Those that failed."""
    return [entry for entry in entries if entry["error"]]


def prods_of(entries: Iterable[Request]) -> dict[str, set[str]]:
    """Tenant group -> the Prods that answered it."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        found.setdefault(entry["group"], set()).add(entry["prod"])
    return found
