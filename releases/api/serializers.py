"""The shapes of previews, runs, steps and events."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clusters.api.serializers import ReasonSerializer
from journal.core.reasons import Reason, reason_from_json
from journal.models import Event
from journal.sentences import reason_json
from releases.core.plan import Blocker, Plan, PlannedProd, Wave
from releases.models import Run, Step
from releases.preview import Preview

from .left import LeftSerializer

LONGEST_WAIT_S = 60


def stored_reason(data: dict[str, Any] | None) -> dict[str, Any] | None:
    """A stored Reason with its text; None for none."""
    reason = reason_from_json(data)
    return reason_json(reason) if reason else None


def _reason(reason: Reason | None) -> dict[str, Any] | None:
    return reason_json(reason) if reason else None


class ExcludeSerializer(serializers.Serializer[Any]):
    prod = serializers.CharField(max_length=63)
    reason = serializers.CharField(max_length=1000)


class ReleaseSerializer(serializers.Serializer[Any]):
    """Which Version, how, and without which Prods."""

    blueprint = serializers.CharField(max_length=63)
    version = serializers.CharField(max_length=100)
    strategy = serializers.DictField(default=dict, help_text="see docs/strategies.md; {} is by impact")
    exclude = ExcludeSerializer(many=True, default=list)


class StartReleaseSerializer(ReleaseSerializer):
    digest = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="of the plan that was read in the preview")


class ActionSerializer(serializers.Serializer[Any]):
    """A reason where the action needs one, and the step for retry, skip and approve."""

    reason = serializers.CharField(max_length=1000, default="", allow_blank=True)
    step = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    take_over = serializers.BooleanField(
        default=False, help_text="for retry: take over fields that another tool owns, with this attempt"
    )
    digest = serializers.RegexField(
        r"^([0-9a-f]{64})?$",
        default="",
        allow_blank=True,
        help_text="for resume of a release that was pre-empted: of the plan that was read in its preview",
    )


class PlannedStepSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    params = serializers.DictField()


class FromSerializer(serializers.Serializer[Any]):
    version = serializers.CharField(allow_blank=True)
    blueprint_revision = serializers.IntegerField()
    overrides_revision = serializers.IntegerField()


class PlannedProdSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    reason = ReasonSerializer()
    version = serializers.CharField()
    steps = PlannedStepSerializer(many=True)
    held = ReasonSerializer(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": FromSerializer()}


class WaveSerializer(serializers.Serializer[Any]):
    parallel = serializers.IntegerField()
    gates = PlannedStepSerializer(many=True)
    prods = PlannedProdSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.CharField(), **super().get_fields()}


class BlockerSerializer(serializers.Serializer[Any]):
    reason = ReasonSerializer()
    prods = serializers.ListField(child=serializers.CharField(), help_text="empty: the whole plan")


class HorizonSerializer(serializers.Serializer[Any]):
    wave = serializers.IntegerField(help_text="once it has started, nobody is left on the old Version")
    reason = ReasonSerializer()


class PreviewSerializer(serializers.Serializer[Any]):
    digest = serializers.CharField()
    fingerprint = serializers.CharField()
    waves = WaveSerializer(many=True)
    blockers = BlockerSerializer(many=True)
    notes = BlockerSerializer(many=True, help_text="hold nothing back: where users are meanwhile")
    excluded = ExcludeSerializer(many=True)
    horizon = HorizonSerializer(allow_null=True)


def preview_json(preview: Preview) -> dict[str, Any]:
    """A preview as `PreviewSerializer` describes it."""
    return {
        **plan_json(preview.plan),
        "blockers": [_blocker(item) for item in preview.blockers],
        "notes": [_blocker(item) for item in preview.notes],
    }


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan, waves first."""
    horizon = plan.horizon
    return {
        "digest": plan.digest,
        "fingerprint": plan.fingerprint,
        "waves": [_wave(wave) for wave in plan.waves],
        "excluded": [{"prod": prod, "reason": why} for prod, why in plan.excluded],
        "horizon": {"wave": horizon.wave, "reason": _reason(horizon.reason)} if horizon else None,
    }


def _wave(wave: Wave) -> dict[str, Any]:
    gates = [{"kind": gate.kind, "params": dict(gate.params)} for gate in wave.gates]
    prods = [_planned(prod) for prod in wave.prods]
    return {"class": wave.name, "parallel": wave.parallel, "gates": gates, "prods": prods}


def _planned(prod: PlannedProd) -> dict[str, Any]:
    came_from = prod.came_from
    return {
        "name": prod.name,
        "reason": _reason(prod.reason),
        "from": {
            "version": came_from.version,
            "blueprint_revision": came_from.blueprint_revision,
            "overrides_revision": came_from.overrides_revision,
        },
        "version": prod.version,
        "steps": [{"kind": step.kind, "params": dict(step.params)} for step in prod.steps],
        "held": _reason(prod.held),
    }


def _blocker(blocker: Blocker) -> dict[str, Any]:
    return {"reason": _reason(blocker.reason), "prods": list(blocker.prods)}


class StepSerializer(serializers.ModelSerializer[Step]):
    prod = serializers.CharField(source="prod.name", default=None, help_text="null: a gate of the wave")
    params = serializers.DictField()
    reason = serializers.SerializerMethodField(help_text="what it waits for, or how it ended")

    class Meta:
        model = Step
        fields = (
            "id",
            "wave",
            "prod",
            "position",
            "kind",
            "params",
            "state",
            "reason",
            "since",
            "attempt",
            "tries",
            "started_at",
            "finished_at",
        )

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_reason(self, step: Step) -> dict[str, Any] | None:
        return stored_reason(step.reason)


class EventSerializer(serializers.ModelSerializer[Event]):
    actor = serializers.CharField(source="actor.username", default=None, help_text="null: Drover itself")
    reason = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = (
            "id",
            "at",
            "actor",
            "kind",
            "run_id",
            "step_id",
            "prod",
            "cluster",
            "from_state",
            "to_state",
            "reason",
        )

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_reason(self, event: Event) -> dict[str, Any] | None:
        return stored_reason(event.reason)


class RunSerializer(serializers.ModelSerializer[Run]):
    reason = serializers.SerializerMethodField(help_text="what it waits for, or how it ended")
    blueprint = serializers.CharField(source="blueprint.name")
    version = serializers.CharField(source="version.name", default=None)
    author = serializers.CharField(source="author.username", default=None)
    rollback_of = serializers.IntegerField(source="rollback_of_id", default=None)
    preempted_by = serializers.IntegerField(
        source="preempted_by_id",
        default=None,
        allow_null=True,
        help_text="the run that has moved users since: what has not begun is judged anew by a resume",
    )

    class Meta:
        model = Run
        fields = (
            "id",
            "kind",
            "state",
            "reason",
            "since",
            "blueprint",
            "version",
            "digest",
            "author",
            "rollback_of",
            "preempted_by",
            "created_at",
            "started_at",
            "finished_at",
        )

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_reason(self, run: Run) -> dict[str, Any] | None:
        return stored_reason(run.reason)


class WhatNowSerializer(serializers.Serializer[Any]):
    """For one action: allowed, or why not."""

    allowed = serializers.BooleanField()
    reasons = ReasonSerializer(many=True)


class RunDetailSerializer(RunSerializer):
    """A run with its plan, its steps, and which actions its state and your role allow."""

    waves = WaveSerializer(many=True)
    staying = LeftSerializer(
        many=True,
        help_text="Routes whose users are not moved; by a rollback: not before their Prod is deployed again",
    )
    steps = StepSerializer(many=True)
    actions = serializers.DictField(child=WhatNowSerializer())
    last_event = serializers.IntegerField(help_text="for ?after= in a long poll")

    class Meta:
        model = Run
        fields = (*RunSerializer.Meta.fields, "waves", "staying", "steps", "actions", "last_event")


class WaitSerializer(serializers.Serializer[Any]):
    """The query of a long poll. Without `after` nobody knows what there is to wait for."""

    wait = serializers.IntegerField(
        min_value=0, max_value=LONGEST_WAIT_S, default=0, help_text="seconds to wait at most"
    )
    after = serializers.IntegerField(
        min_value=0,
        max_value=2**63 - 1,
        required=False,
        help_text="the last event that you have seen; needed to wait",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["wait"] and "after" not in attrs:
            wrong = _("Give the last event that you have seen; 0 at first.")
            raise serializers.ValidationError({"after": [wrong]}, code="required")
        return attrs
