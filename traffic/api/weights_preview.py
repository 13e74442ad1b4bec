"""The shapes of what other weights of a Route would mean."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clusters.api.serializers import ReasonSerializer
from journal.sentences import reason_json
from traffic.queries.one_route import Preview


class PreviewLineSerializer(serializers.Serializer[Any]):
    """A member before and after."""

    prod = serializers.CharField()
    was = serializers.IntegerField(help_text="weight")
    will = serializers.IntegerField(help_text="weight")
    was_percent = serializers.IntegerField(help_text="part of the requests")
    will_percent = serializers.IntegerField(help_text="part of the requests")
    was_load = serializers.IntegerField(help_text="load units of this Route")
    will_load = serializers.IntegerField(help_text="load units of this Route")
    committed = serializers.IntegerField(help_text="load units that the Prod has promised in all")
    capacity = serializers.IntegerField(help_text="load units")


class WeightsPreviewSerializer(serializers.Serializer[Any]):
    """What other weights would mean."""

    lines = PreviewLineSerializer(many=True)
    instances = serializers.IntegerField(help_text="router instances that are written to")
    writes = serializers.IntegerField(help_text="in all")
    warnings = serializers.SerializerMethodField(help_text="what to think about first")
    same = serializers.BooleanField(help_text="nothing would change")

    @extend_schema_field(ReasonSerializer(many=True))
    def get_warnings(self, found: Preview) -> list[dict[str, Any]]:
        return [reason_json(why) for why in found.warnings]
