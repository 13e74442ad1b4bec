"""The Plan: a frozen, sorted value. What a person read is what runs."""

from dataclasses import dataclass

from journal.core.reasons import Reason
from traffic.core.plan import Left


@dataclass(frozen=True, slots=True)
class From:
    """What a Prod's last completed Run left: where a rollback goes back to. Empty version: nothing."""

    version: str
    blueprint_revision: int
    overrides_revision: int


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One act or check. `params` are sorted (name, value) pairs."""

    kind: str
    params: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedProd:
    """One Prod of a wave: why it is there, what will be done, what it came from and goes to.

    `held` is why it could not start when the plan was made (None: it can). A held Prod waits and lets
    the later waves pass; the person saw that in the plan.
    """

    name: str
    reason: Reason
    steps: tuple[PlannedStep, ...]
    came_from: From
    version: str
    held: Reason | None = None


@dataclass(frozen=True, slots=True)
class Wave:
    """Prods that may be under way together, at most `parallel` at a time, after the gates."""

    name: str
    prods: tuple[PlannedProd, ...]
    parallel: int
    gates: tuple[PlannedStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why not: a Reason and the Prods it holds back. No Prods: it holds the whole plan."""

    reason: Reason
    prods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Horizon:
    """Until where going back is cheap: the 1-based wave after whose start nobody runs `came_from`."""

    wave: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan. `digest` covers waves, steps, from, classes and reason codes; `fingerprint` the
    facts it was made of. `staying`: Routes whose users are not moved, and why: of a rollback those that are not sent
    away before their Prod is deployed again; of a Run that only moves users those that are lost, stay or wait."""

    kind: str
    blueprint: str
    version: str
    waves: tuple[Wave, ...]
    excluded: tuple[tuple[str, str], ...]
    failure_budget: int
    horizon: Horizon | None
    fingerprint: str
    digest: str
    staying: tuple[Left, ...] = ()
