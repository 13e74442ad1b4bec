"""The shapes of Blueprints and their revisions."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from clusters.core.blueprint import check_documents, parse_blueprint
from clusters.models import Blueprint, BlueprintRevision

from .serializers import ReasonSerializer

TEXT = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec: {…}\n"
MANIFESTS = {
    "oneOf": [
        {"type": "string", "description": "YAML of any number of documents"},
        {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
    ]
}
KIND_HELP = "name of a kind, `Kind.group/version` for a custom resource"


@extend_schema_field(MANIFESTS)
class ManifestsField(serializers.Field[Any, Any, Any, Any]):
    """YAML text or a list of objects, checked. What is wrong is told by path: `documents[2].kind`."""

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        if isinstance(data, str):
            return list(parse_blueprint(data, settings.CUSTOM_KINDS))
        if isinstance(data, list):
            return list(check_documents(data, settings.CUSTOM_KINDS))
        raise serializers.ValidationError(_("Give YAML text, or a list of objects."), code="type")

    def to_representation(self, value: Any) -> Any:
        return value


class RevisionSerializer(serializers.ModelSerializer[BlueprintRevision]):
    created_by = serializers.CharField(source="created_by.username", default=None)
    components = serializers.ListField(child=serializers.CharField(), help_text="each needs an image")
    kinds = serializers.ListField(child=serializers.CharField(), help_text=KIND_HELP)
    secrets = serializers.ListField(child=serializers.CharField(), help_text="Secrets that must be there")

    class Meta:
        model = BlueprintRevision
        fields = ("number", "note", "digest", "components", "kinds", "secrets", "created_at", "created_by")


class RevisionDetailSerializer(RevisionSerializer):
    manifests = serializers.ListField(child=serializers.DictField())

    class Meta:
        model = BlueprintRevision
        fields = (*RevisionSerializer.Meta.fields, "manifests")


class BlueprintSerializer(serializers.ModelSerializer[Blueprint]):
    newest = serializers.SerializerMethodField(help_text="the newest revision")
    prods = serializers.IntegerField(source="living", help_text="Prods built from it that are not retired")

    class Meta:
        model = Blueprint
        fields = ("name", "newest", "prods")

    @extend_schema_field(RevisionSerializer(allow_null=True))
    def get_newest(self, blueprint: Blueprint) -> Any:
        newest = self.context["newest"].get(blueprint.pk)
        return RevisionSerializer(newest).data if newest else None


class CheckSerializer(serializers.Serializer[Any]):
    """Manifests to look at. Nothing is stored."""

    manifests = serializers.JSONField(help_text="YAML text, or a list of objects")


class ProblemSerializer(ReasonSerializer):
    """What is wrong, and where. `line` is of the text, 0 where there is none."""

    path = serializers.CharField()
    line = serializers.IntegerField()


class CheckedSerializer(serializers.Serializer[Any]):
    """Whether it could become a revision."""

    ok = serializers.BooleanField()
    problems = ProblemSerializer(many=True)
    objects = serializers.IntegerField()
    components = serializers.ListField(child=serializers.CharField())
    kinds = serializers.ListField(child=serializers.CharField())
    secrets = serializers.ListField(child=serializers.CharField())


@extend_schema_serializer(
    examples=[OpenApiExample("YAML", {"manifests": TEXT, "note": "two more workers", "base": 3})]
)
class NewRevisionSerializer(serializers.Serializer[Any]):
    manifests = ManifestsField()
    note = serializers.CharField(max_length=200, default="", allow_blank=True)
    base = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=1,
        max_value=2**31 - 1,
        help_text="the revision that you began with: 409 if there is a newer one",
    )


@extend_schema_serializer(
    examples=[OpenApiExample("YAML", {"name": "shop", "manifests": TEXT, "note": "as it was"})]
)
class NewBlueprintSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=63)
    manifests = ManifestsField()
    note = serializers.CharField(max_length=200, default="", allow_blank=True)


@extend_schema_serializer(component_name="RevisionDifference")
class DifferenceSerializer(serializers.Serializer[Any]):
    """One field; `path` is empty where a whole object came or went."""

    kind = serializers.CharField(help_text=KIND_HELP)
    name = serializers.CharField()
    path = serializers.CharField(allow_blank=True)
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


class DiffSerializer(serializers.Serializer[Any]):
    """From the revision `against` to `revision`."""

    against = serializers.IntegerField()
    revision = serializers.IntegerField()
    differences = DifferenceSerializer(many=True)


class RenderedSerializer(serializers.Serializer[Any]):
    """One object as it would be applied. `digest` is of its pods, empty without any."""

    kind = serializers.CharField(help_text=KIND_HELP)
    name = serializers.CharField()
    digest = serializers.CharField(allow_blank=True)
    manifest = serializers.DictField()


class RenderSerializer(serializers.Serializer[Any]):
    """The objects of a Prod in the order in which they are applied."""

    prod = serializers.CharField()
    namespace = serializers.CharField()
    version = serializers.CharField()
    objects = RenderedSerializer(many=True)


class RenderQuerySerializer(serializers.Serializer[Any]):
    prod = serializers.RegexField(
        r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", default="", help_text="a Prod; none: as for a new one"
    )
    version = serializers.CharField(max_length=100, default="", help_text="a Version; none: the newest")


class AgainstSerializer(serializers.Serializer[Any]):
    against = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="the other revision's number"
    )
