"""`manage.py alive KIND`: whether this process gets on with its work, for a liveness probe.

A process is called dead only when work that it could do waits, so nobody is started anew for being idle.
The exit code is 1 then; a database that does not answer tells nothing, and a new process would not help.
"""

import os
import socket
import time
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.models import Q
from django.utils import timezone

from clusters.models import Cluster
from releases.core.states import RUN_LIVE, RunKind
from releases.engine.wake import queue_of
from releases.models import Wake

# Far beyond the second in which a due Run is looked at, and the 10 s of an observer's lease.
LATE_S: Final = 60
QUEUES: Final = sorted({queue_of(kind) for kind in RunKind})


class Command(BaseCommand):
    help = "Exit with 1 if work waits that this worker, beat or observer should have done."
    requires_system_checks: list[str] = []  # a probe asks often, and asks something else

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=["worker", "beat", "observer"])
        parser.add_argument("--queue", choices=QUEUES, help="of a worker; without it, both")
        parser.add_argument("--late", type=int, default=LATE_S, help="seconds that work may wait")

    def handle(self, *args: Any, **options: Any) -> None:
        late = timedelta(seconds=options["late"])
        # One connection is enough, and a pool would take longer to tell that there is none.
        connection.settings_dict["OPTIONS"].pop("pool", None)
        try:
            if options["kind"] == "observer":
                waits = unwatched(f"{socket.gethostname()}:", late)
            else:
                queues = [options["queue"]] if options["queue"] else QUEUES
                waits = "" if worked_within(late) else overdue(queues, late)
        except DatabaseError:
            self.stdout.write("The database does not answer: nothing is known.")
            return
        finally:
            connection.close()
        if waits:
            raise CommandError(waits)
        self.stdout.write("Nothing waits for this process.")


def worked_within(late: timedelta) -> bool:
    """Whether this process has said so lately: see `orchestrator.ready`."""
    path = Path(os.environ.get("DROVER_READY_FILE") or os.devnull)
    return path.is_file() and time.time() - path.stat().st_mtime < late.total_seconds()


def overdue(queues: list[str], late: timedelta) -> str:
    """A sentence about a Run of these queues that nobody has looked at for `late`, "" if there is none."""
    kinds = [kind.value for kind in RunKind if queue_of(kind) in queues]
    live = [state.value for state in RUN_LIVE]
    due = Wake.objects.filter(run__kind__in=kinds, run__state__in=live, due_at__lte=timezone.now() - late)
    oldest = due.order_by("due_at").values_list("run_id", flat=True).first()
    return f"Run {oldest} has been due for {late.seconds} s or longer." if oldest else ""


def unwatched(observer: str, late: timedelta) -> str:
    """A sentence about a Cluster that nobody has watched for `late`, "" if there is none, or if an observer
    whose name begins with `observer` holds a lease: it does what it can."""
    now = timezone.now()
    watched = Cluster.objects.exclude(intent=Cluster.Intent.RETIRED)
    if watched.filter(Q(observer__startswith=observer), lease_until__gte=now).exists():
        return ""
    free = watched.filter(lease_until__lt=now - late).order_by("lease_until")
    name = free.values_list("name", flat=True).first()
    return f"Nobody has watched the cluster {name} for {late.seconds} s or longer." if name else ""
