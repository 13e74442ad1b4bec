"""The example fleet, made once for a module: each test's own changes are undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from tests import build


@contextmanager
def standing_fleet(blocker: Any) -> Iterator[None]:
    """While it lasts, every test of the module finds the fleet as it was made."""
    with blocker.unblock(), transaction.atomic():
        build.fleet()
        yield
        transaction.set_rollback(True)
