"""Hints: telling open pages that something changed. Best effort; a hint names rows, never content.

A lost hint costs a page some seconds (it is then marked stale or refetches), never correctness.
"""

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial

import redis
from django.conf import settings
from django.db import transaction

STREAM = "drover:hints"
KEEP = 10_000  # entries; older ones are trimmed, and a page that asks for them is told to start anew
TIMEOUT_S = 0.3  # a caller that has just committed must not wait for a dead broker
REST_S = 1.0  # after a failure, hints are dropped unsent for so long: many Events, one timeout

log = logging.getLogger(__name__)


def publish(kind: str, **ids: int | str | None) -> None:
    """Hint, once the current transaction has committed, that `kind` changed on these rows.

    `ids` are of run, prod, cluster, event; empty ones are left out. Never raises.
    """
    publish_all(kind, [ids])


def publish_all(kind: str, rows: Iterable[Mapping[str, int | str | None]]) -> None:
    """The same for many `rows`, each with its own ids, in one exchange with the broker: a rollback of hundreds of
    Prods has as many Events."""
    hints = [{"kind": kind, **{name: value for name, value in ids.items() if value}} for ids in rows]
    if hints:
        transaction.on_commit(partial(_send, hints), robust=True)


# Broker -> until when it is left alone, in monotonic seconds. A race between threads costs one timeout.
_resting: dict[str, float] = {}


def _send(hints: Sequence[Mapping[str, int | str]]) -> None:
    url = settings.REDIS_URL
    if time.monotonic() < _resting.get(url, 0.0):
        return
    try:
        with _broker(url).pipeline(transaction=False) as together:
            for hint in hints:
                together.xadd(STREAM, {"hint": json.dumps(hint)}, maxlen=KEEP, approximate=True)
            together.execute()
    except (redis.RedisError, OSError) as error:
        _resting[url] = time.monotonic() + REST_S
        log.warning("hint not sent: %s", error)


@cache
def _broker(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
