"""What people have switched on and off of what is done without a person."""

from journal.core.reasons import Reason, because
from releases.core.automation import Switches
from releases.models import AutoFailover, AutomationStop
from traffic.actions.locks import AUTOMATION, one_at_a_time
from traffic.queries.line import read_freeze


def take_turn() -> None:
    """Until the transaction ends, nothing else is done without a person, and the kill switch is not pressed: who
    has pressed it knows that nothing begins afterwards."""
    one_at_a_time(AUTOMATION)


def read_switches() -> Switches:
    """Three queries."""
    on = AutoFailover.objects.filter(on=True).values_list("redundancy", flat=True)
    return Switches(next(iter(read_stop()), None), read_freeze(), frozenset(on))


def read_stop() -> tuple[Reason, ...]:
    """Why nothing is done without a person: the kill switch. Empty: something may be."""
    stop = AutomationStop.objects.filter(lifted_at=None).select_related("author").first()
    return (because("automation-stopped", by=stop.author.get_username(), why=stop.reason),) if stop else ()
