"""What the rest of Drover asks of a router instance, and the errors it must expect."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from journal.core.reasons import Reason


class RouterError(Exception):
    """A call that did not do what was asked. `reason` is for people.

    `each`: Route -> why, where it is about these Routes of a write alone, and the others did get what they were to; empty:
    it is about all of them.
    """

    def __init__(self, reason: Reason, each: Mapping[str, Reason] | None = None) -> None:
        super().__init__(f"{reason.code} {dict(reason.params)}")
        self.reason, self.each = reason, dict(each or {})


class Unreachable(RouterError):
    """No usable answer. `maybe_done`: a write may have happened all the same, so read before the next."""

    def __init__(self, reason: Reason, *, maybe_done: bool) -> None:
        super().__init__(reason)
        self.maybe_done = maybe_done


class Stale(RouterError):
    """Somebody has published something newer, or wrote since it was read; or what was just written is not there.
    Nothing was overwritten."""


class Rejected(RouterError):
    """The router will never take this. Trying again does not help."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A member of a Route as a router needs it: requests for `prod` go to `host:port`; weight 0-100."""

    prod: str
    weight: int
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a Route is to look like. Backends are sorted by Prod and their weights never sum to 0."""

    route: str
    epoch: int
    backends: tuple[Backend, ...]
    hostnames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Actual:
    """What was read back of a Route. `epoch` 0: none is written there; `weights` are (Prod, 0-100) pairs, sorted."""

    route: str
    epoch: int
    weights: tuple[tuple[str, int], ...]
    hostnames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Traits:
    """`health_checks`: it takes a dead member out by itself; `compare_and_swap`: it refuses a write on what
    has changed since it was read; `hostnames_per_write`: a move of a Route with more costs more writes (0: any number);
    `together`: so many writes of one stage may be under way at once."""

    health_checks: bool
    compare_and_swap: bool
    hostnames_per_write: int = 0
    together: int = 1


@dataclass(frozen=True, slots=True)
class Write:
    """One call to the router, for one or more Routes. `what` says it to people; `call` is the router's own. Writes of
    one `stage` do not need each other; those of a later one need all before them.

    One that takes something from users `needs` Routes: it is carried out only once a plan made of what was read back
    has no write of an earlier stage for any of them. That what replaces it was accepted is not enough."""

    routes: tuple[str, ...]
    what: Reason
    call: object
    stage: int = 0
    needs: tuple[str, ...] = ()


class Router(Protocol):
    """One router instance. All methods but `plan` raise RouterError and may be repeated."""

    traits: Traits

    def read(self, routes: Collection[str] | None = None) -> dict[str, Actual]:
        """Route -> what is published of it; None: of every Route of ours. One that is not published is not in it."""
        ...

    def plan(self, asked: Sequence[Asked], actual: Mapping[str, Actual]) -> tuple[Write, ...]:
        """The writes that bring `actual` to `asked`, in order; none where it is so already. Pure.

        Raises Stale where a newer epoch is published, Rejected for what the router cannot hold. Bindings
        and members come before the weights that need them; what is no longer needed goes last, and `needs` what
        replaces it.
        """
        ...

    def apply(self, write: Write) -> None:
        """Carries out one write of `plan`. The same again does no harm; a router that can compare and swap
        raises Stale where somebody wrote since the read that the plan was made of."""
        ...

    def verify(
        self, asked: Sequence[Asked], actual: Mapping[str, Actual] | None = None
    ) -> dict[str, Reason | None]:
        """Route -> None where what is read back is what is asked, else the first thing that differs. `actual` has
        just been read; without it that is done now."""
        ...

    def remove(self, routes: Collection[str]) -> None:
        """Unpublishes Routes. Already gone is success. The caller has made sure that nobody needs them."""
        ...
