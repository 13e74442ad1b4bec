"""Running the users in this process until a signal, with their counters over HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.fleet import write_private
from simulator.serve import loop_factory
from simulator.users.counters import KEPT_S, BadQuery, Counters
from simulator.users.crowd import Crowd
from simulator.users.log import RequestLog
from simulator.wire.messages import Request, Response, json_response, text_response
from simulator.wire.server import Server, bound_socket

DEFAULT_SECONDS = 60
LOG_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Options:
    """What `users` was asked for; `seconds` 0: until a signal."""

    plan: Path
    log: Path
    log_bytes: int = LOG_BYTES
    port: int = 0
    ready_file: Path | None = None
    seconds: float = 0.0


class Door:
    """Answers on the users' own port."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd

    async def handle(self, request: Request) -> Response | None:
        """The answer to one request."""
        if request.path == "/readyz":
            return text_response("ok")
        if request.path != "/counters" or request.method != "GET":
            return json_response({"error": f"there is no {request.method} {request.path}"}, 404)
        try:
            return json_response(self._counters(request.query))
        except BadQuery as error:
            return json_response({"error": str(error)}, 400)

    def _counters(self, query: dict[str, str]) -> dict[str, Any]:
        crowd, now = self._crowd, int(time.time())
        text = query.get("seconds", str(DEFAULT_SECONDS))
        if not (text.isdecimal() and 1 <= int(text) <= KEPT_S):
            raise BadQuery(f"seconds is a whole number from 1 to {KEPT_S}")
        by = [name for name in query.get("by", "prod,version").split(",") if name]
        return {
            "from": now - int(text), "step_s": 1, "series": crowd.counters.series(now, int(text), by),
            "requests": crowd.counters.requests, "errors": crowd.counters.errors, "turned_away": crowd.turned_away,
            "rate": crowd.plan.rate if crowd.plan else 0, "tenants": len(crowd.plan.tenants) if crowd.plan else 0,
            "trouble": crowd.trouble,
        }  # fmt: skip


def serve_users(options: Options) -> int:
    """Send requests until SIGTERM, SIGINT or the end of the time; the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_until_signal(options))
    except OSError as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 1
    return 0


async def _until_signal(options: Options) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if options.seconds:
        loop.call_later(options.seconds, stop.set)
    if options.ready_file:
        options.ready_file.unlink(missing_ok=True)
    requests = RequestLog(options.log, options.log_bytes)
    crowd = Crowd(options.plan, requests, Counters())
    server, sock = Server(Door(crowd).handle), bound_socket(options.port)
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    await server.listen(sock)
    sending = loop.create_task(crowd.run())
    if options.ready_file:
        write_private(options.ready_file, json.dumps({"url": url, "pid": os.getpid()}))
    stopping = loop.create_task(stop.wait())
    await asyncio.wait({sending, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.close()
    sending.cancel()
    results = await asyncio.gather(sending, return_exceptions=True)
    requests.close()
    if isinstance(results[0], Exception):
        raise results[0]
