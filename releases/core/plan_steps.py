"""The Steps that a plan gives to a Prod or to a wave's gate, as one line each."""

import hashlib

from .facts import ProdFacts
from .plan import From, PlannedStep
from .strategy import Strategy


def target(version: str, blueprint_revision: int, prod: ProdFacts) -> From:
    """What a Prod is to run: a Version with its Blueprint revision and the Prod's own overrides."""
    return From(version, blueprint_revision, prod.overrides_revision)


def set_version(to: From, overrides: str = "") -> PlannedStep:
    """Bring the Prod to `to`. `overrides` is the digest of overrides that are new with this plan: whoever
    approves the plan approves them."""
    params: list[tuple[str, str | int]] = [
        ("version", to.version),
        ("blueprint_revision", to.blueprint_revision),
        ("overrides_revision", to.overrides_revision),
    ]
    if overrides:
        params.append(("overrides", overrides))
    return PlannedStep("set_version", tuple(sorted(params)))


def wait_ready(timeout_s: int) -> PlannedStep:
    """Wait for evidence that the Prod runs it, `timeout_s` at most."""
    return PlannedStep("wait_ready", (("timeout_s", timeout_s),))


def soak(soak_s: int) -> tuple[PlannedStep, ...]:
    """Watch the Prod for `soak_s` with users on it; nothing for 0."""
    return (PlannedStep("soak", (("soak_s", soak_s),)),) if soak_s else ()


def leave_service(routes: tuple[str, ...]) -> PlannedStep:
    """Take the Prod out of service on `routes`: their number, and a digest that tells others from them."""
    digest = hashlib.sha256("\n".join(routes).encode()).hexdigest()[:16]
    return PlannedStep("leave_service", (("of", digest), ("routes", len(routes))))


def delete_objects() -> PlannedStep:
    """Delete what Drover has applied for the Prod."""
    return PlannedStep("delete_objects")


def delete_namespace(timeout_s: int) -> PlannedStep:
    """Delete the Prod's namespace and wait until it is gone, `timeout_s` at most."""
    return PlannedStep("delete_namespace", (("timeout_s", timeout_s),))


def ask(approvals: int) -> PlannedStep:
    """Wait until `approvals` people said yes."""
    return PlannedStep("ask", (("approvals", approvals),))


def release_steps(prod: ProdFacts, to: From, strategy: Strategy) -> tuple[PlannedStep, ...]:
    """What a release does to a Prod. One that is there already, asked and settled, is set and proven
    again (that heals drift, and "already so" is success at once) but has nothing new to soak."""
    already = prod.version == to.version and prod.came_from == to
    soaking = () if already else soak(strategy.soak_s)
    return (set_version(to), wait_ready(strategy.ready_timeout_s), *soaking)
