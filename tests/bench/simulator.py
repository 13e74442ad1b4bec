"""How fast the simulator is at the size that the demo of a large fleet has: 50 clusters of 20 Prods in one process.

The client that measures takes its part of the same two cores. `processor` is the simulator's own.
"""

import asyncio
import json
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import psutil

from simulator.testing import ClusterAccess, Fleet, start_fleet
from tests.simulator.space import deployment, service

CLUSTERS, PRODS, REPLICAS = (int(os.environ.get(n, d)) for n, d in (("C", 50), ("P", 20), ("R", 3)))
COMPONENTS = ("api", "web")
WATCHERS, LISTS, WRITES, TOLD, IDLE_S = 100, 40, 200, 20, 10
MIB = 2**20
WIDTH = 400  # requests under way at once while the fleet is built


class Door:
    """The API server of one cluster."""

    def __init__(self, session: aiohttp.ClientSession, access: ClusterAccess) -> None:
        self.session, self.server = session, access.server
        self.headers = {"Authorization": f"Bearer {access.token}"}

    async def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> bytes:
        """The answer's body; raises when it is an error."""
        data = None if body is None else json.dumps(body).encode()
        headers = self.headers | {"Content-Type": kind}
        async with self.session.request(method, self.server + path, data=data, headers=headers) as answer:
            answer.raise_for_status()
            return await answer.read()

    async def lines(self, path: str) -> AsyncIterator[Any]:
        """The events of a watch."""
        async with self.session.get(self.server + path, headers=self.headers) as answer:
            async for line in answer.content:
                yield json.loads(line)


async def main(fleet: Fleet) -> None:
    own = psutil.Process(fleet.process.pid)
    unbound = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=unbound, read_bufsize=2**21) as session:
        doors = [Door(session, access) for access in fleet.clusters.values()]
        print(
            f"{CLUSTERS} clusters, {CLUSTERS * PRODS} namespaces, {CLUSTERS * PRODS * len(COMPONENTS)} Deployments"
        )
        print("| what | number |\n|---|---|")
        began, ticks = time.perf_counter(), _ticks(own)
        posted = await built(doors)
        pods = await ready(doors)
        took, used = time.perf_counter() - began, _ticks(own) - ticks
        told(
            "first request to the last pod ready",
            f"{took:.1f} s ({posted:.1f} s to post; processor {used:.1f} s)",
        )
        told("pods", f"{pods}")
        told("memory", f"{own.memory_info().rss / MIB:.0f} MiB")
        told("idle", f"{await idle(own):.2f} % of a core")
        door = doors[0]
        told(f"list of {PRODS * REPLICAS * len(COMPONENTS)} pods", await timed(LISTS, lambda _: listed(door)))
        told("one write", await timed(WRITES, lambda n: written(door, n)))
        told(f"{WATCHERS} watchers told of a change, the last of them", await watched(door))


async def built(doors: list[Door]) -> float:
    """Post everything; the seconds that took."""
    began, gate = time.perf_counter(), asyncio.Semaphore(WIDTH)

    async def prod(door: Door, name: str) -> None:
        async with gate:
            await door.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
            for component in COMPONENTS:
                body = deployment(component, replicas=REPLICAS)
                await door.ask("POST", f"/apis/apps/v1/namespaces/{name}/deployments", body)
                await door.ask("POST", f"/api/v1/namespaces/{name}/services", service(component))

    await asyncio.gather(*(prod(door, f"prod-{n}") for n in range(PRODS) for door in doors))
    return time.perf_counter() - began


async def ready(doors: list[Door]) -> int:
    """Wait until every pod of every cluster is ready, told by watches, not by asking again; their number."""
    return sum(await asyncio.gather(*(_ready_in(door) for door in doors)))


async def _ready_in(door: Door) -> int:
    wanted, seen = PRODS * len(COMPONENTS), {}
    path = "/apis/apps/v1/deployments?watch=1&timeoutSeconds=120"
    async for event in door.lines(path):
        found = event["object"]
        key = (found["metadata"]["namespace"], found["metadata"]["name"])
        seen[key] = found.get("status", {}).get("readyReplicas", 0)
        if len(seen) == wanted and all(count == REPLICAS for count in seen.values()):
            return sum(seen.values())
    raise RuntimeError(f"{door.server}: not every Deployment got ready: {seen}")


async def idle(own: psutil.Process) -> float:
    """Percent of a core while nobody asks."""
    began = _ticks(own)
    await asyncio.sleep(IDLE_S)
    return 100 * (_ticks(own) - began) / IDLE_S


async def listed(door: Door) -> None:
    await door.ask("GET", "/api/v1/pods")


async def written(door: Door, number: int) -> None:
    path = "/apis/apps/v1/namespaces/prod-0/deployments/api"
    patch = {"metadata": {"annotations": {"bench.example/number": str(number)}}}
    await door.ask("PATCH", path, patch, "application/merge-patch+json")


async def watched(door: Door) -> str:
    """From the moment a write is sent until the last of the watchers has read of it."""
    streams = [door.lines("/api/v1/namespaces/prod-0/configmaps?watch=1") for _ in range(WATCHERS)]
    await door.ask("POST", "/api/v1/namespaces/prod-0/configmaps", _settings("first"))
    await asyncio.gather(*(_until(stream, "first") for stream in streams))

    async def change(number: int) -> None:
        name = f"change-{number}"
        reading = asyncio.gather(*(_until(stream, name) for stream in streams))
        await door.ask("POST", "/api/v1/namespaces/prod-0/configmaps", _settings(name))
        await reading

    return await timed(TOLD, change)


async def _until(stream: AsyncIterator[Any], name: str) -> None:
    async for event in stream:
        if event["object"]["metadata"]["name"] == name:
            return
    raise RuntimeError("the watch has ended")


async def timed(times: int, act: Callable[[int], Awaitable[None]]) -> str:
    """Median and worst of `times` turns, the first one, which connects, left out."""
    await act(-1)
    took = []
    for number in range(times):
        began = time.perf_counter()
        await act(number)
        took.append(1000 * (time.perf_counter() - began))
    return f"{statistics.median(took):.1f} ms, worst {max(took):.1f} ms"


def told(what: str, number: str) -> None:
    print(f"| {what} | {number} |", flush=True)


def _settings(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "data": {"key": "value"}}


def _ticks(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return float(spent.user + spent.system)


if __name__ == "__main__":
    with start_fleet([f"k{n:02}" for n in range(CLUSTERS)], pod_start=(2, 6)) as running:
        asyncio.run(main(running))
