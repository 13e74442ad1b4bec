"""The shapes of Reasons and Versions."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from clusters.core.images import image_hint
from clusters.core.promises import GO_BACK_UNTIL
from clusters.models import Version
from journal.sentences import reason_json


class ReasonSerializer(serializers.Serializer[Any]):
    """A code with parameters, and what they say."""

    code = serializers.CharField()
    params = serializers.DictField()
    text = serializers.CharField()


class VersionSerializer(serializers.ModelSerializer[Version]):
    blueprint = serializers.CharField(source="blueprint.name")
    blueprint_revision = serializers.IntegerField(source="revision.number")
    images = serializers.DictField(child=serializers.CharField(), help_text="image by component")
    shares_data_with = serializers.ListField(
        child=serializers.CharField(), help_text="Versions whose data it can share; `*`: any"
    )
    created_by = serializers.CharField(source="created_by.username", default=None)
    vetoed_by = serializers.CharField(source="vetoed_by.username", default=None)
    hints = serializers.SerializerMethodField(help_text="what to think about before it is released")

    class Meta:
        model = Version
        fields = (
            "id",
            "blueprint",
            "name",
            "blueprint_revision",
            "images",
            "rollback",
            "rollback_until",
            "shares_data_with",
            "created_at",
            "created_by",
            "vetoed_at",
            "vetoed_by",
            "veto_reason",
            "hints",
        )

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_hints(self, version: Version) -> dict[str, str]:
        found = {component: image_hint(image) for component, image in sorted(version.images.items())}
        return {component: reason_json(hint)["text"] for component, hint in found.items() if hint}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A Version",
            {
                "blueprint": "shop",
                "name": "v1.2.0",
                "images": {"api": "registry.example/shop/api:v1.2.0"},
                "rollback": "until",
                "rollback_until": "wait_ready",
                "shares_data_with": ["v1.1.0"],
            },
        )
    ]
)
class NewVersionSerializer(serializers.Serializer[Any]):
    blueprint = serializers.CharField(max_length=63)
    name = serializers.RegexField(r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$", max_length=100)
    images = serializers.DictField(
        child=serializers.CharField(max_length=512),
        help_text="image reference by component, with a tag or a digest",
    )
    revision = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=1,
        max_value=2**31 - 1,
        help_text="number of the Blueprint's revision; none: the newest",
    )
    rollback = serializers.ChoiceField(Version.Rollback.choices, default=Version.Rollback.SAFE)
    rollback_until = serializers.ChoiceField(
        [*GO_BACK_UNTIL],
        default="",
        allow_blank=True,
        help_text="for `until`: the step at whose end going back ends",
    )
    shares_data_with = serializers.ListField(
        child=serializers.CharField(max_length=100),
        default=list,
        max_length=200,
        help_text="names of Versions whose data it can share; `*`: any",
    )
