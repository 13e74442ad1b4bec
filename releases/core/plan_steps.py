"""The Steps that a plan gives to a Prod or to a wave's gate, as one line each."""

import hashlib

from traffic.core.failback import PERCENTS

from .facts import ProdFacts
from .plan import From, PlannedStep
from .strategy import Strategy

# How long routers may take to show what is asked of them before a person is asked.
ROUTER_TIMEOUT_S = 60
# How long a Prod is asked whose users have come already: by then they have warmed it up themselves.
WARM_BESIDE_S = 30
# How long what is under way has to end once nobody new is sent to a Prod.
DRAIN_S = Strategy().drain_s


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


def scale_up(load: int, coming: int, capacity: int) -> PlannedStep:
    """Let the autoscalers of a Prod that carries `load` keep pods for `coming` more."""
    return PlannedStep("scale_up", (("capacity", capacity), ("coming", coming), ("load", load)))


def scale_back() -> PlannedStep:
    """Let them go by the Blueprint again."""
    return PlannedStep("scale_back")


def wait_ready(timeout_s: int) -> PlannedStep:
    """Wait for evidence that the Prod runs it, `timeout_s` at most."""
    return PlannedStep("wait_ready", (("timeout_s", timeout_s),))


def warm_up(strategy: Strategy, users_of: str = "") -> tuple[PlannedStep, ...]:
    """Ask the Prod for pages before users come, as its own do, or as those of the Prod whose place it takes (`users_of`).
    It has as long to answer as to become ready. Nothing for 0 requests."""
    if not strategy.warm_up:
        return ()
    whose = (("users_of", users_of),) if users_of else ()
    params = (("requests", strategy.warm_up), ("timeout_s", strategy.ready_timeout_s), *whose)
    return (PlannedStep("warm_up", params),)


def warm_beside(requests: int) -> PlannedStep:
    """The same of a Prod that gets users in this moment: as those who come, and nobody waits for it."""
    return PlannedStep("warm_beside", (("requests", requests), ("timeout_s", WARM_BESIDE_S)))


def relocate() -> PlannedStep:
    """Send users that nobody else serves to a Prod on the Version that they have, for as long as it takes."""
    return PlannedStep("relocate", (("timeout_s", ROUTER_TIMEOUT_S),))


def drain(drain_s: int) -> PlannedStep:
    """Send nobody to the Prod where another can serve, and let what is under way end for `drain_s`."""
    return PlannedStep("drain", (("drain_s", drain_s), ("timeout_s", ROUTER_TIMEOUT_S)))


def restore() -> PlannedStep:
    """Send the Prod its part of the users again."""
    return PlannedStep("restore", (("timeout_s", ROUTER_TIMEOUT_S),))


def switch(to: str, at_once: bool) -> PlannedStep:
    """Give the Prod's place in all its Routes to `to`: its users at once, or only that they may come by a ramp."""
    return PlannedStep("switch", (("at_once", int(at_once)), ("timeout_s", ROUTER_TIMEOUT_S), ("to", to)))


def ramp(percent: int, watch_s: int, route: str = "", to: str = "") -> PlannedStep:
    """Send the Prod, or the one that takes its place (`to`), `percent` of its part of `route` (empty: of all its
    Routes), and watch it with that; the last step of a ramp is not watched."""
    named = (("route", route),) if route else ()
    params = (("percent", percent), *named, ("timeout_s", ROUTER_TIMEOUT_S), *_to(to))
    return PlannedStep("ramp", (*params, ("watch_s", watch_s if percent < 100 else 0)))


def _to(to: str) -> tuple[tuple[str, str], ...]:
    return (("to", to),) if to else ()


def come_back(prod: ProdFacts, strategy: Strategy) -> tuple[PlannedStep, ...]:
    """How the Prod gets its users back. A ramp asks for a Prod that is known to serve, and one that is not in
    service when it is updated would be so only in the end."""
    if strategy.back == "ramp" and prod.lifecycle == "in-service":
        return tuple(ramp(percent, strategy.ramp_watch_s) for percent in PERCENTS)
    return (restore(),)


def soak(soak_s: int, to: str = "") -> tuple[PlannedStep, ...]:
    """Watch the Prod, or the one that has taken its place (`to`), for `soak_s` with users on it; nothing for 0."""
    return (PlannedStep("soak", (("soak_s", soak_s), *_to(to))),) if soak_s else ()


def leave_service(routes: tuple[str, ...]) -> PlannedStep:
    """Take the Prod out of service on `routes`: their number, and a digest that tells others from them."""
    digest = hashlib.sha256("\n".join(routes).encode()).hexdigest()[:16]
    params = (("drain_s", DRAIN_S), ("of", digest), ("routes", len(routes)), ("timeout_s", ROUTER_TIMEOUT_S))
    return PlannedStep("leave_service", params)


def delete_objects() -> PlannedStep:
    """Delete what Drover has applied for the Prod."""
    return PlannedStep("delete_objects")


def delete_namespace(timeout_s: int) -> PlannedStep:
    """Delete the Prod's namespace and wait until it is gone, `timeout_s` at most."""
    return PlannedStep("delete_namespace", (("timeout_s", timeout_s),))


def ask(approvals: int) -> PlannedStep:
    """Wait until `approvals` people said yes."""
    return PlannedStep("ask", (("approvals", approvals),))


def release_steps(
    prod: ProdFacts,
    to: From,
    strategy: Strategy,
    drained: bool = False,
    relocated: bool = False,
    takes: str = "",
) -> tuple[PlannedStep, ...]:
    """What a release does to a Prod; `drained`: its users are sent elsewhere meanwhile; `relocated`: those that nobody
    else serves are too; `takes`: the Prod whose place it is about to take. One that is there already, asked and settled, is set and proven again (that heals drift,
    and "already so" is success at once) but disturbs nobody and has nothing new to soak."""
    setting: tuple[PlannedStep, ...] = (set_version(to), wait_ready(strategy.ready_timeout_s))
    if takes:
        setting = (*setting, *warm_up(strategy, takes))
    if prod.version == to.version and prod.came_from == to:
        return setting
    if drained or relocated:
        away = (relocate(),) if relocated else ()
        back = (*warm_up(strategy), *come_back(prod, strategy))
        setting = (*away, drain(strategy.drain_s), *setting, *back)
    return (*setting, *soak(strategy.soak_s))
