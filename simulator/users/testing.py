"""Users for tests: a child process, and the doors to it.

with start_users({"gateways": ["127.0.0.1:20080"], "groups": {"shop": ["t1.example"]}, "rate": 50}) as users:
    users.counters()["series"], users.log()
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any

from simulator.child import Child, asked

PLAN, LOG = "plan.json", "requests.jsonl"


class Users:
    """Running users. `stop` may be called twice; leaving the `with` block stops them and removes their files."""

    def __init__(self, child: Child) -> None:
        self._child, self.process, self.folder = child, child.process, child.folder
        self.url = str(child.facts["url"])

    def __enter__(self) -> Users:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._child.forget()

    def plan(self, plan: dict[str, Any]) -> None:
        """What they are to do from now on; they notice within a second."""
        write_plan(self._child.folder / PLAN, plan)

    def counters(self, seconds: int = 60, by: str = "prod,version") -> dict[str, Any]:
        """Totals, and requests and errors of each second by the fields: prod, version, group, gateway."""
        status, answer = asked("GET", f"{self.url}/counters?seconds={seconds}&by={by}", None, {}, 10.0)
        if status >= 400:
            raise RuntimeError(f"{status} {answer}")
        return dict(answer)

    def log(self) -> list[dict[str, Any]]:
        """The request log as far as it has been written, oldest first."""
        files = [self._child.folder / name for name in (f"{LOG}.1", LOG)]
        lines = [line for path in files if path.exists() for line in path.read_text().splitlines()]
        return [json.loads(line) for line in lines if line.endswith("}")]

    def said(self) -> str:
        """What they have written to stderr."""
        return self._child.log()

    def stop(self) -> int:
        """End them; their exit code. The log can still be read."""
        return self._child.stop()


def start_users(plan: dict[str, Any] | None = None, *options: str) -> Users:
    """Users with a plan (see `simulator.users.plan`), or none yet; further options of the command line."""
    files = {} if plan is None else {PLAN: json.dumps(plan)}
    return Users(Child(["users", "--plan", PLAN, "--log", LOG, *options], files))


def write_plan(path: Path, plan: dict[str, Any]) -> None:
    """Replace a plan in one step."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(json.dumps(plan))
    beside.replace(path)
