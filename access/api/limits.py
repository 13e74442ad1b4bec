"""How many requests a caller may send: counted in Redis, told in headers.

An ordinary limit keeps one caller from taking the others' share; it decides no right. So it fails open:
while the broker is away nobody is limited. Emergency actions are never counted. What guards passwords is
counted in PostgreSQL (`access.lockout`).

The headers are those of draft-ietf-httpapi-ratelimit-headers.
"""

import logging
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from access.roles import EMERGENCY

if TYPE_CHECKING:
    from rest_framework.views import APIView

WINDOW_S = 60
TIMEOUT_S = 0.2
REST_S = 2.0  # after a failure nobody asks the broker for so long

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Count:
    """One policy and where a caller stands: `left` requests until `reset_s` from now."""

    policy: str
    quota: int
    left: int
    reset_s: int

    @property
    def over(self) -> bool:
        return self.left < 0

    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit`."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.quota};w={WINDOW_S}',
            "RateLimit": f'"{self.policy}";r={max(self.left, 0)};t={self.reset_s}',
        }


class PerCaller(BaseThrottle):
    """So many requests a minute for each token, or for each person with a session."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        action = getattr(view, "permits", {}).get(request.method or "")
        if not settings.API_RATE or action in EMERGENCY:
            return True
        through = request.user.through
        caller = f"token:{through.pk}" if through else f"person:{request.user.pk}"
        self._count = count("caller", caller, settings.API_RATE)
        if self._count is None:
            return True
        request._request.rate_limit = self._count  # noqa: SLF001  (the middleware tells it)
        return not self._count.over

    def wait(self) -> float | None:
        return self._count.reset_s if self._count else None


def count_unknown(request: HttpRequest) -> None:
    """Count a request of somebody who could not say who they are; raise Throttled once it is too many.

    Whoever has a good token or session is never kept out by it, whatever their address.
    """
    address = request.META.get("REMOTE_ADDR", "")
    found = count("unknown", f"address:{address}", settings.API_RATE_UNKNOWN)
    if found and found.over:
        request.rate_limit = found
        raise Throttled(wait=found.reset_s)


_rest_until: dict[str, float] = {}


def count(policy: str, caller: str, quota: int) -> Count | None:
    """Where the caller stands with this request; None: nobody knows, or there is no limit."""
    url = settings.REDIS_URL
    if not quota or time.monotonic() < _rest_until.get(url, 0.0):
        return None
    now = time.time()
    key = f"drover:rate:{policy}:{caller}:{int(now // WINDOW_S)}"
    try:
        with _broker(url).pipeline(transaction=False) as pipe:
            pipe.incr(key)
            pipe.expire(key, WINDOW_S + 1)
            used = int(pipe.execute()[0])
    except (redis.RedisError, OSError) as error:
        _rest_until[url] = time.monotonic() + REST_S
        log.warning("requests are not counted: %s", error)
        return None
    return Count(policy, quota, quota - used, int(WINDOW_S - now % WINDOW_S) + 1)


@cache
def _broker(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
