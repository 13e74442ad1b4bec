"""Running a fleet in this process until a signal."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable

from simulator.fleet import Fleet, Options, PortTaken
from simulator.snapshot import BrokenState

log = logging.getLogger(__name__)


def serve(options: Options) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Trouble at the start is one sentence on stderr."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    gc.set_threshold(200_000, 50, 100)  # the store is large, acyclic and long-lived
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_until_signal(options))
    except (PortTaken, BrokenState, OSError) as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 1
    return 0


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop  # type: ignore[no-any-return,unused-ignore]


async def _until_signal(options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    fleet = Fleet(options)
    try:
        await fleet.start()
        await stop.wait()
    finally:
        fleet.stop()
