"""A watch ends when it is told to, at whatever moment."""

import asyncio
from typing import Any

import pytest

from clusters.observe.tuning import Tuning
from clusters.observe.watch import Watch

LONG_S = 60.0


class NoServer:
    """A session to a server that is not there."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    def get(self, *_: Any, **__: Any) -> Any:
        self.asked.set()
        raise OSError("refused")


@pytest.mark.parametrize("turns", range(5))
def test_a_watch_that_is_poked_and_stopped_at_once_ends(turns: int) -> None:
    """`turns` of the event loop lie between the two."""

    async def story() -> bool:
        server = NoServer()
        tuning = Tuning(retry_min_s=LONG_S, retry_max_s=LONG_S)
        watch = Watch("Pod", server, tuning, lambda *_: None, lambda *_: None)  # type: ignore[arg-type]
        task = asyncio.create_task(watch.run())
        await server.asked.wait()
        await asyncio.sleep(0)
        watch.poke()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        ended, _ = await asyncio.wait([task], timeout=1.0)
        task.cancel()
        return bool(ended)

    assert asyncio.run(story())
