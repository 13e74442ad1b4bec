"""`manage.py observer`: watches the Clusters, and wakes the Runs that wait for what it sees."""

import asyncio
import os
import signal
import socket
from typing import Any

from django.core.management.base import BaseCommand

from clusters import observe
from orchestrator.watching import facts_changed, ticked, watch_signals


class Command(BaseCommand):
    help = "Watch every Cluster, store what is seen, and wake the Runs that wait for it."

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(_watch(f"{socket.gethostname()}:{os.getpid()}"))


async def _watch(name: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await observe.run(name, facts_changed, ticked, stop, watch_signals)
