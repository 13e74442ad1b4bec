"""Runs and their Steps, claims, holds and wakes."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from access.models import Standing
from clusters.models import Blueprint, Prod, Version

from .core.states import RUN_LIVE, RunKind, RunState, StepState


def _choices(states: type[RunState] | type[StepState] | type[RunKind]) -> list[tuple[str, str]]:
    return [(state.value, state.value) for state in states]


RUN_KINDS = _choices(RunKind)
RUN_STATES = _choices(RunState)
STEP_STATES = _choices(StepState)


class Run(models.Model):
    """One execution of a Plan, whatever its kind. `plan` is the frozen plan (`releases.core.plan_json`)."""

    kind = models.CharField(max_length=20, choices=RUN_KINDS)
    state = models.CharField(max_length=20, choices=RUN_STATES, default=RunState.RUNNING)
    reason = models.JSONField(default=dict, help_text="what it waits for, or why it ended")
    since = models.DateTimeField(help_text="since when it is in this state with this reason")
    blueprint = models.ForeignKey(Blueprint, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(Version, null=True, on_delete=models.PROTECT, related_name="runs")
    strategy = models.JSONField(default=dict)
    plan = models.JSONField()
    digest = models.CharField(max_length=64)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    rollback_of = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="rollbacks",
        help_text="an aborted one may be followed by another",
    )
    preempted_by = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="preempted",
        help_text="moved users, so that what this Run has not begun is to be judged anew",
    )
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in RunState]), name="run_state_known"
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, state__in=[s.value for s in sorted(RUN_LIVE)])
                | Q(finished_at__isnull=False, state__in=["succeeded", "aborted"]),
                name="run_finished_when_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Wake(models.Model):
    """That a Run should be looked at. A row of its own, so that a wake never waits for a pass.

    `wanted` counts wakes; a pass stores in `seen` the count it read before it loaded its facts. More
    wanted than seen means: another pass. `due_at` is the latest moment of the next one.
    """

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="wake", primary_key=True)
    wanted = models.BigIntegerField(default=1)
    seen = models.BigIntegerField(default=0)
    due_at = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"run {self.run_id} {self.seen}/{self.wanted}"


class Step(models.Model):
    """One step of a Run. No Prod: a gate in front of wave `wave`.

    `attempt` is the fencing token: an answer that names another attempt changes nothing. `tries` counts
    the attempts since the step was last started by the plan or a person. `due_at` is when a running act
    counts as lost, or when its next attempt is due.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    wave = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    prod = models.ForeignKey(Prod, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=STEP_STATES, default=StepState.WAITING)
    reason = models.JSONField(default=dict)
    since = models.DateTimeField(db_default=Now())
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    picked_at = models.DateTimeField(null=True, help_text="when a worker took this attempt of an act")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict, help_text="what an act left for later steps")

    class Meta:
        ordering = ["run", "wave", "prod", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "wave", "prod", "position"],
                name="step_position_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in StepState]), name="step_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.prod_id} {self.state}"


class Claim(models.Model):
    """A Prod belongs to at most one Run."""

    prod = models.OneToOneField(Prod, on_delete=models.CASCADE, related_name="claim")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="claims")

    def __str__(self) -> str:
        return f"{self.prod.name} by run {self.run_id}"


class Approval(models.Model):
    """One person's yes to a gate of a Run with this digest."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="approvals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "person"], name="approval_once")]

    def __str__(self) -> str:
        return f"{self.person_id} approves {self.step_id}"


class Hold(Standing):
    """A person's or a rollback's "not now" on a Prod. `passes` is the Run that it does not bind."""

    prod = models.ForeignKey(Prod, on_delete=models.CASCADE, related_name="holds")
    passes = models.ForeignKey(Run, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["prod"], condition=Q(lifted_at__isnull=True), name="hold_once_per_prod"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.prod_id}: {self.reason}"


class AutomationStop(Standing):
    """The kill switch: nothing is done without a person while one stands. At most one does."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(lifted_at__isnull=True), name="automation_stop_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="automation_stop_has_reason"),
        ]

    def __str__(self) -> str:
        return self.reason


class AutoFailover(models.Model):
    """Whether Routes of one redundancy leave a dead Cluster without a person. No row: they do not."""

    redundancy = models.CharField(max_length=12, unique=True)
    on = models.BooleanField(default=False)
    reason = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["redundancy"]
        constraints = [
            models.CheckConstraint(
                condition=Q(redundancy__in=["none", "two-domain"]), name="auto_failover_redundancy_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.redundancy}: {'on' if self.on else 'off'}"
