"""The example fleet, made once for a module: each test's own changes are undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from tests import build


@contextmanager
def standing_fleet(blocker: Any, *, whole_groups: bool = False) -> Iterator[None]:
    """While it lasts, every test of the module finds the fleet as it was made (`build.fleet`)."""
    with blocker.unblock(), transaction.atomic():
        build.fleet(whole_groups=whole_groups)
        yield
        transaction.set_rollback(True)
