"""What goes wrong between a router and the world behind it, in the words of the contract."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Protocol, TypeVar

T = TypeVar("T")


class Fault(StrEnum):
    DOWN = "down"  # nothing gets through, and one can tell
    HANGS = "hangs"  # what is sent is never answered, and not done
    ANSWER_LOST = "answer lost"  # a write is done, and its answer never comes
    LIES = "lies"  # a write is answered well, and not done


class Faults:
    """At most one Fault at a time. The first `after` writes still go through. Of those without a Fault, `drops` says
    which are lies; there are no more once it ends."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.after = 0
        self.writes = 0
        self.drops: Iterator[bool] = iter(())

    def set(self, fault: Fault, *, after: int = 0) -> None:
        self.fault, self.after = fault, after

    def clear(self) -> None:
        self.fault, self.after = None, 0

    def begin(self, *, write: bool) -> Fault | None:
        """The Fault that meets this call. To be asked once for each."""
        self.writes += write
        if write and self.fault is None and next(self.drops, False):
            return Fault.LIES
        if self.after:
            self.after -= write
            return None
        reads_pass = self.fault in (Fault.ANSWER_LOST, Fault.LIES)
        return None if reads_pass and not write else self.fault

    def call(
        self, act: Callable[[], T], *, write: bool, silent: Callable[[bool], Exception], lie: Callable[[], T]
    ) -> T:
        """What a call comes to. `silent(maybe_done)` is the error of one that is not answered."""
        match self.begin(write=write):
            case None:
                return act()
            case Fault.LIES:
                return lie()
            case Fault.ANSWER_LOST:
                act()
                raise silent(True)
            case Fault.HANGS:
                raise silent(write)
            case Fault.DOWN:
                raise silent(False)


class World(Protocol):
    """What is behind a router, as a test reaches it without the router."""

    faults: Faults

    def publish_from_outside(self, route: str, epoch: int, weights: Mapping[str, int]) -> None:
        """Somebody else gives a Route that is published this epoch and these weights of its members (all of
        them named); its hostnames stay."""
        ...
