"""Active health checks: what does not answer twice is down, what answers twice is up again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass

from simulator.settings import Settings
from simulator.wire.client import Address, Pool, Unanswered, request_bytes

PATH = "/healthz"
Owner = tuple[str, str]


@dataclass(slots=True)
class Health:
    """What checks have found of an address; `streak` counts the answers that speak against `up`."""

    up: bool = True
    streak: int = 0


def judged(health: Health, good: bool, down_after: int, up_after: int) -> Health:
    """The health after one more check.

    >>> judged(Health(up=True, streak=1), False, 2, 2)
    Health(up=False, streak=0)
    >>> judged(Health(up=True, streak=1), True, 2, 2)
    Health(up=True, streak=0)
    """
    if good is health.up:
        return Health(health.up, 0)
    streak = health.streak + 1
    return Health(good, 0) if streak >= (up_after if good else down_after) else Health(health.up, streak)


class HealthChecks:
    """Asks each wanted address at an interval. One that was never asked counts as up."""

    def __init__(self, settings: Callable[[], Settings], seed: str) -> None:
        self._settings = settings
        self._random = random.Random(seed)
        self._pool = Pool()
        self._wanted: dict[Owner, frozenset[Address]] = {}
        self._health: dict[Address, Health] = {}
        self._tasks: dict[Address, asyncio.Task[None]] = {}

    def want(self, owner: Owner, addresses: Collection[Address]) -> None:
        """Check these addresses for the owner, in place of those it wanted before."""
        if addresses:
            self._wanted[owner] = frozenset(addresses)
        elif self._wanted.pop(owner, None) is None:
            return
        wanted = frozenset().union(*self._wanted.values())
        for address in wanted - self._tasks.keys():
            self._health[address] = Health()
            self._tasks[address] = asyncio.get_running_loop().create_task(self._keep_asking(address))
        for address in self._tasks.keys() - wanted:
            self._tasks.pop(address).cancel()
            del self._health[address]
            self._pool.forget(address)

    def is_up(self, address: Address) -> bool:
        """Whether the address may get traffic."""
        health = self._health.get(address)
        return health is None or health.up

    def shown(self) -> list[dict[str, object]]:
        """Every address that is checked, and whether it is up."""
        return [
            {"address": f"{host}:{port}", "up": health.up}
            for (host, port), health in sorted(self._health.items())
        ]

    def close(self) -> None:
        """Stop asking."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self._pool.close()

    async def _keep_asking(self, address: Address) -> None:
        while True:
            good, settings = await self._answers(address), self._settings()
            self._health[address] = judged(
                self._health[address], good, settings.health_down, settings.health_up
            )
            await asyncio.sleep(settings.health_interval * self._random.uniform(0.9, 1.1))

    async def _answers(self, address: Address) -> bool:
        """Whether the address answers, and not with an error of its own."""
        message = request_bytes("GET", PATH, [("host", "gateway-health-check")])
        limit = self._settings().health_timeout
        try:
            answer = await self._pool.ask(address, message, limit, limit)
        except Unanswered:
            return False
        return answer.status < 500
