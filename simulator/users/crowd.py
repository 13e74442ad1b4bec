"""Sending requests at a rate, whatever becomes of them."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.users.counters import Counters
from simulator.users.log import RequestLog
from simulator.users.plan import BadPlan, Plan, Tenant, read_plan, turns
from simulator.wire.client import Address, Answer, Pool, Unanswered, request_bytes

log = logging.getLogger(__name__)
AT_ONCE = 1000  # requests under way; users beyond that are not let in, and counted
LOOK_EVERY_S = 0.5
TICK_S = 0.01


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request; `error` is empty if it was served. `prod` is who answered, or was to answer."""

    gateway: Address
    tries: int
    status: int
    error: str
    prod: str = ""
    version: str = ""


class Crowd:
    """The users of one plan file. A file that is missing means that nobody comes; one that is bad changes nothing."""

    def __init__(self, path: Path, requests: RequestLog, counters: Counters) -> None:
        self._path, self._requests, self.counters = path, requests, counters
        self._pool = Pool()
        self._under_way: set[asyncio.Task[None]] = set()
        self._seen: tuple[int, int] | None = None
        self.plan: Plan | None = None
        self.trouble = ""
        self.turned_away = 0

    async def run(self) -> None:
        """Send requests until cancelled."""
        try:
            while True:
                self._look()
                if self.plan and self.plan.tenants:
                    await self._send(self.plan)
                else:
                    await asyncio.sleep(LOOK_EVERY_S)
        finally:
            for task in self._under_way:
                task.cancel()
            self._pool.close()

    def _look(self) -> None:
        """Read the plan if its file is another one than last time."""
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_ino)
        except OSError:
            seen = (0, 0)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self.plan, self.trouble = read_plan(self._path), ""
        except BadPlan as error:
            self.trouble = f"{self._path}: {error}"
            log.warning("simulator: %s", self.trouble)

    async def _send(self, plan: Plan) -> None:
        """Send by the plan for as long as it is the plan. Late is late: what was missed is not made up for."""
        loop, due = asyncio.get_running_loop(), turns(plan)
        next_look = loop.time() + LOOK_EVERY_S
        owed, last = 0.0, loop.time()
        while self.plan is plan:
            await asyncio.sleep(TICK_S)
            now = loop.time()
            owed, last = min(owed + (now - last) * plan.rate, plan.rate), now
            for tenant, gateways in itertools.islice(due, int(owed)):
                self._start(plan, tenant, gateways)
            owed -= int(owed)
            if now >= next_look:
                next_look = now + LOOK_EVERY_S
                self._look()
                self._requests.flush()

    def _start(self, plan: Plan, tenant: Tenant, gateways: tuple[Address, ...]) -> None:
        if len(self._under_way) >= AT_ONCE:
            self.turned_away += 1
            return
        task = asyncio.get_running_loop().create_task(self._one(plan, tenant, gateways))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _one(self, plan: Plan, tenant: Tenant, gateways: tuple[Address, ...]) -> None:
        began, clock = time.time(), time.monotonic()
        outcome = await self._asked(plan, tenant, iter(gateways if plan.retry else gateways[:1]))
        took_ms = (time.monotonic() - clock) * 1000
        gateway = f"{outcome.gateway[0]}:{outcome.gateway[1]}"
        self._requests.add(_entry(began, tenant, gateway, outcome, took_ms))
        key = (outcome.prod, outcome.version, tenant.group, gateway)
        self.counters.add(int(time.time()), key, bool(outcome.error), took_ms)

    async def _asked(self, plan: Plan, tenant: Tenant, gateways: Iterator[Address]) -> Outcome:
        """The first answer of the gateways, as a browser has it that knows several addresses: an error page is one."""
        message = request_bytes(
            "GET", plan.path, [("host", tenant.hostname), ("user-agent", "simulated-user")]
        )
        outcome = Outcome(("", 0), 0, 0, "")
        for tries, gateway in enumerate(gateways, start=1):
            try:
                answer = await self._pool.ask(gateway, message, plan.connect_s, plan.answer_s)
            except Unanswered as error:
                outcome = Outcome(gateway, tries, 0, error.why)
            else:
                return _judged(gateway, tries, answer)
        return outcome


def _judged(gateway: Address, tries: int, answer: Answer) -> Outcome:
    error = f"status-{answer.status}" if answer.status >= 400 else ""
    prod = answer.header("x-prod") or answer.header("x-gateway-prod")
    return Outcome(gateway, tries, answer.status, error, prod, answer.header("x-version"))


def _entry(began: float, tenant: Tenant, gateway: str, outcome: Outcome, took_ms: float) -> dict[str, Any]:
    return {
        "t": round(began, 3), "hostname": tenant.hostname, "group": tenant.group, "gateway": gateway,
        "tries": outcome.tries, "status": outcome.status, "prod": outcome.prod, "version": outcome.version,
        "latency_ms": round(took_ms, 1), "error": outcome.error,
    }  # fmt: skip
