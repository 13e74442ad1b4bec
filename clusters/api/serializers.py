"""The shapes of Prods and Versions."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clusters.facts import cluster_reason, prod_health
from clusters.models import Prod, Version
from journal.sentences import reason_json


class ReasonSerializer(serializers.Serializer[Any]):
    """A code with parameters, and what they say."""

    code = serializers.CharField()
    params = serializers.DictField()
    text = serializers.CharField()


class ProdSerializer(serializers.ModelSerializer[Prod]):
    cluster = serializers.CharField(source="cluster.name")
    blueprint = serializers.CharField(source="blueprint.name")
    version = serializers.CharField(source="version.name", help_text="what Drover asks of it")
    settled_version = serializers.CharField(
        source="settled_version.name", default=None, help_text="what its last completed run left"
    )
    health = serializers.SerializerMethodField(help_text="ready, not-ready, down or unknown")
    health_reason = serializers.SerializerMethodField(help_text="why it is unknown")
    observed_at = serializers.DateTimeField(source="observation.observed_at", default=None)
    images = serializers.SerializerMethodField(help_text="image by component, as last seen")
    pods = serializers.SerializerMethodField()
    run = serializers.IntegerField(source="claim.run_id", default=None, help_text="the run that has it")

    class Meta:
        model = Prod
        fields = (
            "name",
            "cluster",
            "namespace",
            "blueprint",
            "role",
            "capacity",
            "lifecycle",
            "version",
            "settled_version",
            "health",
            "health_reason",
            "observed_at",
            "images",
            "pods",
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

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_pods(self, prod: Prod) -> dict[str, int]:
        observation = getattr(prod, "observation", None)
        pods = [pod for pod in observation.seen().pods if not pod.terminating] if observation else []
        return {"total": len(pods), "ready": sum(pod.ready for pod in pods)}


class VersionSerializer(serializers.ModelSerializer[Version]):
    blueprint = serializers.CharField(source="blueprint.name")
    blueprint_revision = serializers.IntegerField(source="revision.number")
    images = serializers.DictField(child=serializers.CharField(), help_text="image by component")

    class Meta:
        model = Version
        fields = (
            "id",
            "blueprint",
            "name",
            "blueprint_revision",
            "images",
            "rollback",
            "created_at",
            "vetoed_at",
            "veto_reason",
        )


class NewVersionSerializer(serializers.Serializer[Any]):
    blueprint = serializers.CharField(max_length=63)
    name = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$", max_length=100)
    images = serializers.DictField(
        child=serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,511}$", max_length=512),
        help_text="image reference by component",
    )
    rollback = serializers.ChoiceField(Version.Rollback.choices, default=Version.Rollback.SAFE)
