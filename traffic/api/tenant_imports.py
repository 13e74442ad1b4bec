"""Lists of Tenants over HTTP: where each would go, then all of them added, or none."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from traffic import actions
from traffic.models import Tenant

from .bodies import body_of
from .tenant_places import TenantPlaceSerializer


class PlacedSerializer(TenantPlaceSerializer):
    """A Tenant of the list, and where it goes."""

    line = serializers.IntegerField(help_text="of the text, from 1")


class TenantImportSerializer(serializers.Serializer[actions.TenantImport]):
    """What the list adds, in the order of its lines, and who is there already, just so."""

    digest = serializers.CharField(help_text="of what is added, and where")
    tenants = PlacedSerializer(many=True, source="placed")
    same = serializers.ListField(child=serializers.CharField())


class TenantListSerializer(serializers.Serializer[Any]):
    """A list of Tenants."""

    text = serializers.CharField(
        trim_whitespace=False,
        help_text="CSV whose first line names the columns (name, hostnames apart by spaces, load, redundancy, "
        "data_class, blueprint, pins), or one JSON object with these fields a line; at most 10,000",
    )


class DoTenantListSerializer(TenantListSerializer):
    """A list of Tenants that has been previewed."""

    digest = serializers.CharField(max_length=64, help_text="of the preview; 409 if it would be another now")


class TenantImportPreview(generics.GenericAPIView[Tenant]):
    """Where each Tenant of a list would go. Errors stand at `text[NUMBER].FIELD`, the first 100 of them."""

    permits = {"POST": "tenant.write", "OPTIONS": "read"}
    queryset = Tenant.objects.none()
    serializer_class = TenantListSerializer

    @extend_schema(request=TenantListSerializer, responses=TenantImportSerializer)
    def post(self, request: Request) -> Response:
        found = actions.preview_tenants(request.user, body_of(request, ("text",), ("text",))["text"])
        return Response(TenantImportSerializer(found).data)


class TenantImports(generics.GenericAPIView[Tenant]):
    """Add all Tenants of a list, or none. The same list again adds nothing and is told so: 200."""

    permits = {"POST": "tenant.write", "OPTIONS": "read"}
    queryset = Tenant.objects.none()
    serializer_class = DoTenantListSerializer

    @extend_schema(
        request=DoTenantListSerializer, responses={200: TenantImportSerializer, 201: TenantImportSerializer}
    )
    def post(self, request: Request) -> Response:
        body = body_of(request, ("text", "digest"), ("text", "digest"))
        found = actions.import_tenants(request.user, body["text"], body["digest"])
        made = status.HTTP_201_CREATED if found.placed else status.HTTP_200_OK
        return Response(TenantImportSerializer(found).data, status=made)
