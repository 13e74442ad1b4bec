"""What a plan says of users besides its steps: where they are meanwhile. Notes hold nothing back."""

from collections.abc import Iterable, Mapping

from journal.core.reasons import because
from traffic.core.plan import TrafficPlan

from .plan import Blocker


def relocation_notes(
    relocations: Mapping[str, TrafficPlan], writers: Mapping[str, tuple[str, ...]]
) -> tuple[Blocker, ...]:
    """Where the users of each relocated Prod would be now, and which Routes stay in place since their data have one
    writer. `writers`: Prod -> such Routes that it alone serves."""
    return (*_elsewhere(relocations), *_in_place(writers))


def _elsewhere(relocations: Mapping[str, TrafficPlan]) -> Iterable[Blocker]:
    for prod, plan in relocations.items():
        if plan.room and not plan.staying:
            hosts = ", ".join(host for host, _ in plan.room)
            yield Blocker(because("lives-elsewhere", routes=len(plan.moves), prods=hosts), (prod,))


def _in_place(writers: Mapping[str, tuple[str, ...]]) -> Iterable[Blocker]:
    for prod, routes in writers.items():
        yield Blocker(because("writers-stay", routes=", ".join(routes[:5]), count=len(routes)), (prod,))
