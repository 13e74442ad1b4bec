"""The shapes of Prods, of their definition, and of what a change or a retire would do."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clusters.api.serializers import ReasonSerializer
from clusters.core.differences import Difference
from clusters.facts import cluster_reason, prod_health
from clusters.models import Overrides, Prod
from journal.core.reasons import Reason
from journal.sentences import reason_json
from releases.core.plan import Blocker, Plan
from traffic.queries.demand import read_demand_now

from .requests import ProdRequestsSerializer, prod_json
from .serializers import BlockerSerializer, RunSerializer, WaveSerializer, plan_json

REVISION_MAX = 2**31 - 1


class ProdSerializer(serializers.ModelSerializer[Prod]):
    cluster = serializers.CharField(source="cluster.name")
    blueprint = serializers.CharField(source="blueprint.name")
    version = serializers.CharField(source="version.name", help_text="what Drover asks of it")
    settled_version = serializers.CharField(
        source="settled_version.name", default=None, help_text="what its last completed run left"
    )
    endpoint = serializers.CharField(help_text="empty: as the status of its Service says")
    health = serializers.SerializerMethodField(help_text="ready, not-ready, down or unknown")
    health_reason = serializers.SerializerMethodField(help_text="why it is unknown")
    observed_at = serializers.DateTimeField(source="observation.observed_at", default=None)
    images = serializers.SerializerMethodField(help_text="image by component, as last seen")
    pods = serializers.SerializerMethodField()
    requests = serializers.SerializerMethodField(help_text="what users ask of it, as measured last")
    run = serializers.IntegerField(source="claim.run_id", default=None, help_text="the run that has it")

    class Meta:
        model = Prod
        fields: tuple[str, ...] = (
            "name",
            "cluster",
            "namespace",
            "blueprint",
            "role",
            "capacity",
            "endpoint",
            "self_heal",
            "lifecycle",
            "version",
            "settled_version",
            "overrides_revision",
            "settled_overrides_revision",
            "health",
            "health_reason",
            "observed_at",
            "images",
            "pods",
            "requests",
            "run",
        )

    def get_health(self, prod: Prod) -> str:
        return prod_health(prod, timezone.now())

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_health_reason(self, prod: Prod) -> dict[str, Any] | None:
        reason = cluster_reason(prod.cluster, timezone.now())
        return reason_json(reason) if reason else None

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_images(self, prod: Prod) -> dict[str, str]:
        observation = getattr(prod, "observation", None)
        workloads = observation.seen().workloads if observation else ()
        return {name: image for workload in workloads for name, image in workload.images}

    @extend_schema_field(ProdRequestsSerializer)
    def get_requests(self, prod: Prod) -> dict[str, Any]:
        """One query for all Prods of an answer."""
        if "measured" not in self.context:
            self.context["measured"] = read_demand_now(timezone.now())
        shown: dict[str, Any] = ProdRequestsSerializer(prod_json(prod.name, self.context["measured"])).data
        return shown

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_pods(self, prod: Prod) -> dict[str, int]:
        observation = getattr(prod, "observation", None)
        pods = [pod for pod in observation.seen().pods if not pod.terminating] if observation else []
        return {"total": len(pods), "ready": sum(pod.ready for pod in pods)}


class OverridesSerializer(serializers.Serializer[Any]):
    """What a Prod has of its own."""

    replicas = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=10000), default=dict
    )
    labels = serializers.DictField(child=serializers.CharField(max_length=63), default=dict)
    patches = serializers.ListField(child=serializers.DictField(), default=list, max_length=50)


class HeldSerializer(serializers.Serializer[Any]):
    """A Hold that stands."""

    reason = serializers.CharField()
    author = serializers.CharField(source="author.username")
    at = serializers.DateTimeField()


class ProdDetailSerializer(ProdSerializer):
    """A Prod with its overrides and the Hold that stands on it."""

    overrides = serializers.SerializerMethodField()
    hold = serializers.SerializerMethodField()

    class Meta:
        model = Prod
        fields = (*ProdSerializer.Meta.fields, "overrides", "hold", "created_at")

    @extend_schema_field(OverridesSerializer)
    def get_overrides(self, prod: Prod) -> dict[str, Any]:
        rows = Overrides.objects.filter(prod=prod, number=prod.overrides_revision)
        content = rows.values_list("content", flat=True).first() or {}
        return {"replicas": {}, "labels": {}, "patches": [], **content}

    @extend_schema_field(HeldSerializer(allow_null=True))
    def get_hold(self, prod: Prod) -> dict[str, Any] | None:
        hold = prod.holds.filter(lifted_at=None).select_related("author").first()
        return HeldSerializer(hold).data if hold else None


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=58)


class ProdSpecSerializer(serializers.Serializer[Any]):
    cluster = serializers.CharField(max_length=63)
    namespace = serializers.CharField(max_length=63, required=False, help_text="default prod-NAME")
    blueprint = serializers.CharField(max_length=63)
    version = serializers.CharField(max_length=100)
    role = serializers.ChoiceField(Prod.Role.choices, required=False)
    capacity = serializers.IntegerField(min_value=1, max_value=REVISION_MAX)
    endpoint = serializers.CharField(max_length=200, required=False)
    overrides = OverridesSerializer(required=False)


class NewProdSerializer(serializers.Serializer[Any]):
    """A prod.yaml as JSON (see docs/prod-yaml.md)."""

    apiVersion = serializers.ChoiceField(["drover.dev/v1alpha1"])  # noqa: N815
    kind = serializers.ChoiceField(["Prod"])
    metadata = NameSerializer()
    spec = ProdSpecSerializer()


class ProdFactsSerializer(serializers.Serializer[Any]):
    """Facts that need no run."""

    capacity = serializers.IntegerField(min_value=1, max_value=REVISION_MAX, required=False)
    endpoint = serializers.CharField(max_length=200, allow_blank=True, required=False)
    role = serializers.ChoiceField(Prod.Role.choices, required=False)


class ObjectSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    name = serializers.CharField()
    manifest = serializers.DictField()


class PlanSerializer(serializers.Serializer[Any]):
    digest = serializers.CharField()
    waves = WaveSerializer(many=True)
    blockers = BlockerSerializer(many=True)


class MadeProdSerializer(serializers.Serializer[Any]):
    """`new`: it was made, and `run` builds it. In a dry run nothing was stored: `run` is null, `objects` and
    `plan` are what there would be, and `notes` what was seen on the Cluster."""

    dry_run = serializers.BooleanField()
    new = serializers.BooleanField()
    prod = ProdSerializer()
    run = RunSerializer(allow_null=True)
    objects = ObjectSerializer(many=True)
    plan = PlanSerializer(allow_null=True)
    notes = ReasonSerializer(many=True)


class ProdWhySerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000, default="", allow_blank=True)


class ChangePreviewSerializer(serializers.Serializer[Any]):
    """All overrides that the Prod is to have, in the shape of `spec.overrides` of a prod.yaml."""

    overrides = serializers.JSONField()
    soak_s = serializers.IntegerField(min_value=0, max_value=7 * 24 * 3600, default=None, allow_null=True)


class ScalePreviewSerializer(serializers.Serializer[Any]):
    component = serializers.CharField(max_length=63)
    replicas = serializers.IntegerField(min_value=0, max_value=10000)


class DigestSerializer(ProdWhySerializer):
    digest = serializers.RegexField(r"\A[0-9a-f]{64}\Z", help_text="of the plan that was read in the preview")


class ChangeSerializer(ChangePreviewSerializer, DigestSerializer):
    """The overrides and the plan that was read."""


class ScaleSerializer(ScalePreviewSerializer, DigestSerializer):
    """The replicas and the plan that was read."""


class RetireSerializer(DigestSerializer):
    """`confirm` repeats the name of the Prod: nothing brings it back."""

    confirm = serializers.CharField(max_length=63, trim_whitespace=False)


class ProdDifferenceSerializer(serializers.Serializer[Any]):
    """One field that differs on the Cluster; no path: the whole object."""

    kind = serializers.CharField()
    name = serializers.CharField()
    path = serializers.CharField(allow_blank=True)
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


class ChangePlanSerializer(PlanSerializer):
    overrides = OverridesSerializer()
    differences = ProdDifferenceSerializer(many=True)
    notes = ReasonSerializer(many=True)


class LostSerializer(serializers.Serializer[Any]):
    """What a retire takes away for good, and the Routes that others go on to serve."""

    namespace = serializers.CharField()
    routes = serializers.ListField(child=serializers.CharField())
    tenants = serializers.IntegerField()


class RetirePlanSerializer(PlanSerializer):
    lost = LostSerializer()


def with_blockers(plan: Plan, blockers: tuple[Blocker, ...]) -> dict[str, Any]:
    """A plan as `PlanSerializer` describes it."""
    told = plan_json(plan)
    held = [{"reason": reason_json(one.reason), "prods": list(one.prods)} for one in blockers]
    return {"digest": told["digest"], "waves": told["waves"], "blockers": held}


def difference_json(one: Difference) -> dict[str, Any]:
    return {"kind": one.kind, "name": one.name, "path": one.path, "before": one.before, "after": one.after}


def notes_json(*reasons: Reason | None) -> list[dict[str, Any]]:
    return [reason_json(reason) for reason in reasons if reason]
