"""Transactions that PostgreSQL gives up, so that another can go on, are run anew: nobody clicks twice for that."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from django.db import OperationalError, connection

P = ParamSpec("P")
R = TypeVar("R")
TRIES = 3  # a deadlock is found after a second (`deadlock_timeout`), and a person waits
# PostgreSQL, appendix A: serialization_failure, deadlock_detected.
GIVEN_UP = frozenset({"40001", "40P01"})
log = structlog.get_logger(__name__)


def retried(act: Callable[P, R]) -> Callable[P, R]:
    """`act`, called again where PostgreSQL has given up its transaction; raises what the last of `TRIES` raised.

    For what writes in one transaction, does no I/O beside it, and does not change its arguments: of a try that was given
    up nothing is left, neither rows nor what was to be done on commit. Inside another transaction it is called once: that
    one is lost as a whole, so whoever opened it begins anew.
    """

    @wraps(act)
    def trying(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(0 if connection.in_atomic_block else TRIES - 1):
            try:
                return act(*args, **kwargs)
            except OperationalError as error:
                if not is_given_up(error):
                    raise
                log.warning("transaction-given-up", act=act.__qualname__, error=str(error))
        return act(*args, **kwargs)

    return trying


def is_given_up(error: OperationalError) -> bool:
    """Whether the same transaction, run anew, may well come through."""
    return getattr(error.__cause__, "sqlstate", None) in GIVEN_UP
