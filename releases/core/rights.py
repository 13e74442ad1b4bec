"""Which right the author of a Run must still have when one of its acts begins."""

from .kinds import KINDS
from .states import RunKind

# A rollback needs none: it brings users back to what worked, and to stop half-way would be the greater harm.
STARTED_BY: dict[RunKind, str] = {
    RunKind.BUILD: "prod.apply",
    RunKind.RELEASE: "release.start",
    RunKind.ROLLBACK: "",
    RunKind.CHANGE: "prod.change",
    RunKind.HEAL: "prod.heal",
    RunKind.RETIRE: "prod.retire",
    RunKind.FAILOVER: "cluster.evacuate",
    RunKind.EVACUATION: "cluster.evacuate",
    RunKind.FAILBACK: "cluster.fail-back",
}


def needed_right(run_kind: str, step_kind: str) -> str:
    """The action that the author must still be allowed to do; empty: none.

    >>> needed_right("release", "set_version"), needed_right("rollback", "set_version")
    ('release.start', '')
    """
    kind = RunKind(run_kind)
    if kind is RunKind.ROLLBACK:
        return ""
    return KINDS[step_kind].needs or STARTED_BY[kind]
