"""The shapes of Clusters. What comes in is checked by `clusters.core.registration`; these describe it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clusters.core.rights import rights_from_json, rights_lines
from clusters.facts import cluster_reason
from clusters.models import Cluster
from journal.core.reasons import reason_from_json
from journal.sentences import reason_json

from .serializers import ReasonSerializer


class RightsLineSerializer(serializers.Serializer[Any]):
    """The verbs on one resource."""

    resource = serializers.CharField(help_text="with its group, as in `deployments.apps`")
    verbs = serializers.ListField(child=serializers.CharField())


class RightsSerializer(serializers.Serializer[Any]):
    """What the last test of the connection found; `at` null: these credentials were not tested."""

    at = serializers.DateTimeField(allow_null=True)
    missing = RightsLineSerializer(many=True)
    excess = RightsLineSerializer(many=True)


class NodeSerializer(serializers.Serializer[Any]):
    """A node as last listed."""

    name = serializers.CharField()
    ready = serializers.BooleanField()
    schedulable = serializers.BooleanField()
    version = serializers.CharField()
    cpu_millis = serializers.IntegerField()
    memory_mib = serializers.IntegerField()
    pressures = serializers.ListField(child=serializers.CharField())
    created_at = serializers.CharField()


class ClusterSerializer(serializers.ModelSerializer[Cluster]):
    health_reason = serializers.SerializerMethodField(help_text="why it is not healthy, or not known")
    rights = serializers.SerializerMethodField()
    nodes = NodeSerializer(many=True)
    prods = serializers.IntegerField(source="living", help_text="Prods on it that are not retired")

    class Meta:
        model = Cluster
        fields = (
            "name",
            "provider",
            "region",
            "failure_domain",
            "purpose",
            "intent",
            "health",
            "health_reason",
            "health_since",
            "seen_at",
            "server_version",
            "access",
            "server",
            "rights",
            "nodes",
            "nodes_at",
            "prods",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_health_reason(self, cluster: Cluster) -> dict[str, Any] | None:
        reason = reason_from_json(cluster.health_reason) or cluster_reason(cluster, timezone.now())
        return reason_json(reason) if reason else None

    @extend_schema_field(RightsSerializer)
    def get_rights(self, cluster: Cluster) -> Any:
        found = {
            "at": cluster.rights_at,
            "missing": rights_lines(rights_from_json(cluster.missing_rights)),
            "excess": rights_lines(rights_from_json(cluster.excess_rights)),
        }
        return RightsSerializer(found).data


class FactsSerializer(serializers.Serializer[Any]):
    """What a person says about a Cluster."""

    provider = serializers.CharField(max_length=40, required=False)
    region = serializers.CharField(max_length=63, required=False, allow_blank=True)
    failure_domain = serializers.CharField(max_length=63, required=False)
    purpose = serializers.ChoiceField(Cluster.Purpose.choices, required=False)


class CredentialFieldsSerializer(serializers.Serializer[Any]):
    """The fields of the chosen way to connect, and no others."""

    kubeconfig = serializers.CharField(required=False, write_only=True, help_text="YAML, one context of it")
    context = serializers.CharField(required=False, write_only=True)
    server = serializers.CharField(required=False, write_only=True, help_text="https://host:port")
    ca = serializers.CharField(required=False, write_only=True, help_text="PEM")
    token = serializers.CharField(required=False, write_only=True)
    client_certificate = serializers.CharField(required=False, write_only=True, help_text="PEM")
    client_key = serializers.CharField(required=False, write_only=True, help_text="PEM")
    eks_cluster = serializers.CharField(required=False, write_only=True)
    aws_region = serializers.CharField(required=False, write_only=True)
    access_key_id = serializers.CharField(required=False, write_only=True)
    secret_access_key = serializers.CharField(required=False, write_only=True)


class CredentialsSerializer(serializers.Serializer[Any]):
    """How a Cluster is reached, whole."""

    access = serializers.ChoiceField(Cluster.Access.choices, write_only=True)
    credentials = CredentialFieldsSerializer(write_only=True, required=False)


class NewClusterSerializer(CredentialsSerializer, FactsSerializer):
    """A Cluster to register."""

    name = serializers.RegexField(r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", max_length=63)
    provider = serializers.CharField(max_length=40)
    failure_domain = serializers.CharField(max_length=63)


class TestedSerializer(serializers.Serializer[Any]):
    """What a test of the connection found."""

    version = serializers.CharField()
    latency_ms = serializers.IntegerField()
    missing = serializers.SerializerMethodField()
    excess = serializers.SerializerMethodField()

    @extend_schema_field(RightsLineSerializer(many=True))
    def get_missing(self, tested: Any) -> Any:
        return RightsLineSerializer(rights_lines(tested.missing), many=True).data

    @extend_schema_field(RightsLineSerializer(many=True))
    def get_excess(self, tested: Any) -> Any:
        return RightsLineSerializer(rights_lines(tested.excess), many=True).data


class WhySerializer(serializers.Serializer[Any]):
    """Why, for those who read it later."""

    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
