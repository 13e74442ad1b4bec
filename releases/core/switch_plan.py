"""The waves of a release by `switch`: the standby Prods, proven, then all users in one move."""

from collections.abc import Mapping

from journal.core.reasons import Reason, because
from traffic.core.failback import PERCENTS

from .plan import PlannedProd, PlannedStep, Wave
from .plan_steps import ramp, soak, switch
from .strategy import Strategy
from .switching import Pair, Pairing

SWITCHED = "switch"  # the name of the wave


def switch_wave(pairing: Pairing, strategy: Strategy, held: Mapping[str, Reason | None]) -> tuple[Wave, ...]:
    """One wave in which every Prod that serves hands its users over, all at once but for those that serve the same
    Route. They keep their Version: they are the reserve to go back to."""
    prods = tuple(_hands_over(pair, strategy, held[pair.old.name]) for pair in pairing.pairs)
    return (Wave(SWITCHED, prods, len(prods)),) if prods else ()


def _hands_over(pair: Pair, strategy: Strategy, held: Reason | None) -> PlannedProd:
    old, to = pair.old, pair.new.name
    why = because("hands-over", to=to, load=pair.load, room=pair.room)
    steps = (
        switch(to, at_once=strategy.back != "ramp"),
        *_ramps(to, strategy),
        *soak(strategy.soak_s, to),
    )
    return PlannedProd(old.name, why, steps, old.came_from, old.version, held)


def _ramps(to: str, strategy: Strategy) -> tuple[PlannedStep, ...]:
    if strategy.back != "ramp":
        return ()
    return tuple(ramp(percent, strategy.ramp_watch_s, to=to) for percent in PERCENTS)
