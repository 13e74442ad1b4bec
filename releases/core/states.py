"""The states of Runs and Steps: one table, with a sentence each, the moves and the severity."""

from enum import StrEnum


class RunKind(StrEnum):
    BUILD = "build"
    RELEASE = "release"
    ROLLBACK = "rollback"
    CHANGE = "change"
    HEAL = "heal"
    RETIRE = "retire"
    FAILOVER = "failover"
    EVACUATION = "evacuation"
    FAILBACK = "failback"


# Kinds of Runs that touch no Cluster: they only move users.
MOVES_USERS = frozenset({RunKind.FAILOVER, RunKind.EVACUATION, RunKind.FAILBACK})
# What a person starts to stop harm: never behind releases.
URGENT = frozenset({RunKind.ROLLBACK, RunKind.FAILOVER, RunKind.EVACUATION})


class RunState(StrEnum):
    PLANNED = "planned"
    AWAITING_APPROVAL = "awaiting-approval"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    ABORTED = "aborted"


class StepState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    SKIPPED = "skipped"
    FAILED = "failed"
    ERRORED = "errored"
    ABORTED = "aborted"


RUN_SENTENCES = {
    RunState.PLANNED: "Planned, not started.",
    RunState.AWAITING_APPROVAL: "Waits for a person to approve the next wave.",
    RunState.RUNNING: "Under way.",
    RunState.PAUSED: "Paused by a person, or pre-empted by a failover or a rollback: nothing new starts until it is resumed.",
    RunState.STOPPING: "Stopping: nothing new starts, what runs may finish, then it ends.",
    RunState.FAILED: "Stopped at a failure: retry, skip, abort or roll back.",
    RunState.SUCCEEDED: "Done.",
    RunState.ABORTED: "Ended before it was done.",
}

STEP_SENTENCES = {
    StepState.WAITING: "Not started.",
    StepState.RUNNING: "Under way.",
    StepState.SUCCEEDED: "Done, with evidence.",
    StepState.SKIPPED: "Skipped, with a reason: by a person, or as a help that could not be given.",
    StepState.FAILED: "The world said no.",
    StepState.ERRORED: "Drover could not find out or carry it out.",
    StepState.ABORTED: "Given up because the run ended or was superseded.",
}

# A failed Run rests: it keeps its claims until a person retries, skips, aborts or rolls back.
RUN_MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.PLANNED: frozenset({RunState.RUNNING, RunState.ABORTED}),
    RunState.AWAITING_APPROVAL: frozenset(
        {RunState.RUNNING, RunState.PAUSED, RunState.STOPPING, RunState.ABORTED}
    ),
    RunState.RUNNING: frozenset(
        {
            RunState.AWAITING_APPROVAL,
            RunState.PAUSED,
            RunState.STOPPING,
            RunState.FAILED,
            RunState.SUCCEEDED,
            RunState.ABORTED,
        }
    ),
    RunState.PAUSED: frozenset({RunState.RUNNING, RunState.STOPPING, RunState.FAILED, RunState.ABORTED}),
    RunState.STOPPING: frozenset({RunState.ABORTED}),
    RunState.FAILED: frozenset({RunState.RUNNING, RunState.STOPPING, RunState.ABORTED}),
    RunState.SUCCEEDED: frozenset(),
    RunState.ABORTED: frozenset(),
}

STEP_MOVES: dict[StepState, frozenset[StepState]] = {
    StepState.WAITING: frozenset({StepState.RUNNING, StepState.SKIPPED, StepState.ABORTED}),
    StepState.RUNNING: frozenset(
        {StepState.SUCCEEDED, StepState.FAILED, StepState.ERRORED, StepState.SKIPPED, StepState.ABORTED}
    ),
    StepState.FAILED: frozenset({StepState.RUNNING, StepState.WAITING, StepState.SKIPPED, StepState.ABORTED}),
    StepState.ERRORED: frozenset(
        {StepState.RUNNING, StepState.WAITING, StepState.SKIPPED, StepState.ABORTED}
    ),
    # Only by a person's retry, which begins the Prod again with its act.
    StepState.SUCCEEDED: frozenset({StepState.WAITING}),
    StepState.SKIPPED: frozenset(),
    StepState.ABORTED: frozenset(),
}

RUN_ENDED = frozenset({RunState.SUCCEEDED, RunState.ABORTED})
RUN_LIVE = frozenset(RunState) - RUN_ENDED
STEP_DONE = frozenset({StepState.SUCCEEDED, StepState.SKIPPED})
STEP_BROKEN = frozenset({StepState.FAILED, StepState.ERRORED})
STEP_ENDED = STEP_DONE | frozenset({StepState.ABORTED})

# Which state a group shows: the first of these that any of its steps is in.
STEP_SEVERITY: tuple[StepState, ...] = (
    StepState.FAILED,
    StepState.ERRORED,
    StepState.RUNNING,
    StepState.WAITING,
    StepState.ABORTED,
    StepState.SKIPPED,
    StepState.SUCCEEDED,
)
