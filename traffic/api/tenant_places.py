"""Where a Tenant would go, over HTTP: a new one, or one that moves. Nothing is stored."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clusters.api.serializers import ReasonSerializer
from journal.core.reasons import Reason
from journal.sentences import reason_json
from traffic import actions
from traffic.models import Tenant

from .bodies import body_of
from .tenant_serializers import NewTenantSerializer, PlaceSerializer
from .tenants import FACTS, PLACE


class TenantPlaceSerializer(serializers.Serializer[Any]):
    """Where a Tenant goes, and why there."""

    name = serializers.CharField()
    load = serializers.IntegerField(help_text="what counts: as measured lately, else what a person has said")
    route = serializers.CharField()
    new_route = serializers.BooleanField(source="new", help_text="the Route is made for it, on these Prods")
    prods = serializers.ListField(child=serializers.CharField())
    reason = serializers.SerializerMethodField(help_text="why on this Route")
    prods_reason = serializers.SerializerMethodField(
        help_text="why on these Prods; null: a person has named the Route"
    )

    @extend_schema_field(ReasonSerializer)
    def get_reason(self, one: Any) -> dict[str, Any]:
        return reason_json(one.why)

    @extend_schema_field(ReasonSerializer(allow_null=True))
    def get_prods_reason(self, one: Any) -> dict[str, Any] | None:
        chosen: Reason | None = one.chosen
        return reason_json(chosen) if chosen else None


class TenantPreviewSerializer(TenantPlaceSerializer):
    """The same before it is done. With `digest` it is done just so, or refused."""

    reasons = serializers.SerializerMethodField(help_text="what stands against it now; empty: nothing")
    digest = serializers.CharField()

    @extend_schema_field(ReasonSerializer(many=True))
    def get_reasons(self, place: actions.TenantPlace) -> list[dict[str, Any]]:
        return [reason_json(why) for why in place.reasons]


class TenantPlacementPreview(generics.GenericAPIView[Tenant]):
    """Where a new Tenant would go. Errors are those of adding it."""

    permits = {"POST": "tenant.write", "OPTIONS": "read"}
    queryset = Tenant.objects.none()
    serializer_class = NewTenantSerializer

    @extend_schema(request=NewTenantSerializer, responses=TenantPreviewSerializer)
    def post(self, request: Request) -> Response:
        body = body_of(request, ("name", "blueprint", *FACTS, *PLACE), ("name", "hostnames"))
        return Response(TenantPreviewSerializer(actions.preview_tenant(request.user, body)).data)


class TenantMovePreview(generics.GenericAPIView[Tenant]):
    """Where a Tenant would move."""

    permits = {"POST": "tenant.write", "OPTIONS": "read"}
    queryset = Tenant.objects.all()
    serializer_class = PlaceSerializer
    lookup_field = "name"

    @extend_schema(request=PlaceSerializer, responses=TenantPreviewSerializer)
    def post(self, request: Request, name: str) -> Response:
        self.get_object()
        found = actions.preview_move(request.user, name, body_of(request, PLACE))
        return Response(TenantPreviewSerializer(found).data)
