"""/healthz: the process answers. /readyz: it can serve, that is, the database answers and has our tables.

/readyz also tells of the broker and the workers, which decides nothing: taking the pages away because
the workers have stopped would leave nobody to see why.
"""

from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, ProgrammingError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from releases.core.states import RUN_LIVE
from releases.models import Wake

# A due Run that nobody has looked at for so long: the workers have stopped, whatever their pids say.
LATE = timedelta(seconds=15)


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 if the database answers and has our tables, else 503; and how each part is."""
    checks = {"database": _database(), "broker": _broker()}
    ready = checks["database"] == "ok"
    if ready:
        checks["workers"] = _workers()
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _database() -> str:
    try:
        Wake.objects.exists()
    except ProgrammingError:
        return "has not our tables: run manage.py migrate"
    except DatabaseError:
        return "does not answer"
    return "ok"


def _broker() -> str:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
    except redis.RedisError:
        return "does not answer"
    return "ok"


def _workers() -> str:
    late = timezone.now() - LATE
    due = Wake.objects.filter(run__state__in=[state.value for state in RUN_LIVE], due_at__lte=late)
    return "a run has been due for more than 15 s: are the workers running?" if due.exists() else "ok"
