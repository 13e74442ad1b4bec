"""warm_up: the Prod is asked for pages as its users do, before any of them come."""

from journal.core.reasons import Param, because
from releases.core.answers import Answer, Failed, Running, Succeeded
from releases.core.warming import (
    Warmth,
    after_replies,
    next_at_once,
    told,
    warmth_from_json,
    warmth_to_json,
)

from .context import Outcome, StepContext

# Of one look: each may take as long as a request may.
MOST_ROUNDS = 8
LOOK_AGAIN_S = 2.0


def act(context: StepContext) -> Outcome:
    """Succeeded once `requests` in a row were answered below 500, over as many looks as that takes; Failed in what the
    Prod said when `timeout_s` is over. `result` keeps how far it is (`Warmth`)."""
    wanted, warmth = int(context.params["requests"]), warmth_from_json(context.left)
    if context.ask is None:
        return _not_yet(context, warmth, LOOK_AGAIN_S)
    for _ in range(MOST_ROUNDS):
        context.renew()
        warmth = after_replies(warmth, context.ask(next_at_once(warmth.row, wanted)))
        if warmth.row >= wanted:
            return Outcome(Succeeded(because("warmed-up", requests=wanted)), warmth_to_json(warmth))
        if not warmth.row:
            return _not_yet(context, warmth, LOOK_AGAIN_S)
    return _not_yet(context, warmth, 0)


def _not_yet(context: StepContext, warmth: Warmth, again_s: float) -> Outcome:
    return Outcome(_answer(context, warmth, again_s), warmth_to_json(warmth))


def _answer(context: StepContext, warmth: Warmth, again_s: float) -> Answer:
    wanted = int(context.params["requests"])
    counts: dict[str, Param] = {"answered": warmth.row, "requests": wanted, "said": told(warmth)}
    if context.waited_s > int(context.params["timeout_s"]):
        if not warmth.said:
            return Failed(because("not-asked", prod=context.prod))
        return Failed(because("not-warm-in-time", waited_s=int(context.waited_s), **counts))
    if context.ask is None:
        return Running(because("not-asked", prod=context.prod), again_s)
    return Running(because("warming", **counts), again_s)
