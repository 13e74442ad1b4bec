"""Tenants over HTTP: who there is, a new one, other facts, another Route, one that goes."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.conditional import Conditional
from access.api.filters import check_query
from access.api.pages import ByName
from traffic import actions
from traffic.models import DataClass, Redundancy, Tenant
from traffic.queries.loads import load_now
from traffic.queries.tenants import read_tenant, select_tenants

from .bodies import body_of
from .tenant_serializers import (
    AddTenantSerializer,
    ChangeTenantSerializer,
    MoveTenantSerializer,
    TenantDetailSerializer,
    TenantSerializer,
    tenant_json,
)

READ = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}
ROWS = Tenant.objects.select_related("route").annotate(load_now=load_now())
FACTS = ("hostnames", "load", "redundancy", "data_class", "pins")
PLACE = ("route", "prods")


class TenantFilter(filters.FilterSet):
    """Which Tenants; all that is given must fit."""

    q = filters.CharFilter(method="by_text", max_length=253, label="a part of the name or of a hostname")
    route = filters.CharFilter(field_name="route__name", max_length=63, label="name of its Route")
    prod = filters.CharFilter(method="by_prod", max_length=63, label="a Prod that serves it")
    redundancy = filters.ChoiceFilter(choices=Redundancy.choices)
    data_class = filters.ChoiceFilter(choices=DataClass.choices)

    class Meta:
        model = Tenant
        fields: tuple[str, ...] = ()

    def by_text(self, queryset: QuerySet[Tenant], name: str, value: str) -> QuerySet[Tenant]:  # noqa: ARG002
        return queryset.filter(pk__in=select_tenants(value, {}).values("pk"))

    def by_prod(self, queryset: QuerySet[Tenant], name: str, value: str) -> QuerySet[Tenant]:  # noqa: ARG002
        return queryset.filter(pk__in=select_tenants("", {"prod": value}).values("pk"))


class TenantList(generics.ListAPIView[Tenant]):
    """All Tenants, by name; POST adds one."""

    permits = READ | {"POST": "tenant.write"}
    queryset = ROWS.order_by("name")
    serializer_class = TenantSerializer
    pagination_class = ByName
    filterset_class = TenantFilter

    @extend_schema(request=AddTenantSerializer, responses={201: TenantDetailSerializer})
    def post(self, request: Request) -> Response:
        """Add a Tenant, on the Route that is named, found or made. The error of a fleet that cannot give what is
        asked stands at `redundancy`, `load` or `pins`."""
        body = body_of(request, ("name", "blueprint", "digest", *FACTS, *PLACE), ("name", "hostnames"))
        tenant = actions.add_tenant(request.user, body)
        return Response(_shown(request, tenant.name), status=status.HTTP_201_CREATED)


class TenantDetail(Conditional, generics.GenericAPIView[Tenant]):
    """One Tenant: where it is and since when, what would become of it if a Cluster died, its history; PATCH changes
    its facts, DELETE removes it."""

    permits = READ | {"PATCH": "tenant.write", "DELETE": "tenant.remove"}
    volatile = ("load_now", "since", "moving", "history", "fates", "gap")
    queryset = ROWS
    serializer_class = TenantDetailSerializer
    lookup_field = "name"

    @extend_schema(responses=TenantDetailSerializer)
    def get(self, request: Request, name: str) -> Response:
        return Response(_shown(request, name))

    @extend_schema(request=ChangeTenantSerializer, responses=TenantDetailSerializer)
    def patch(self, request: Request, name: str) -> Response:
        """Change what is given. With another redundancy, class or pins it moves to a Route of that kind; a
        single writer needs `confirm` for that."""
        self.get_object()
        actions.change_tenant(request.user, name, body_of(request, (*FACTS, "confirm")))
        return Response(_shown(request, name))

    @extend_schema(
        parameters=[
            OpenApiParameter("reason", OpenApiTypes.STR, description="why, for those who read this later")
        ],
        responses={204: None},
    )
    def delete(self, request: Request, name: str) -> Response:
        """Remove the Tenant: its hostnames leave the routers and may be given to another."""
        self.get_object()
        check_query(request, ("reason",))
        actions.remove_tenant(request.user, name, request.query_params.get("reason", ""))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TenantMove(Conditional, generics.GenericAPIView[Tenant]):
    """Another Route for a Tenant: the one named, or where there is room. A single writer needs `confirm`."""

    guards = TenantDetail
    permits = {"POST": "tenant.write", "OPTIONS": "read"}
    queryset = ROWS
    serializer_class = MoveTenantSerializer
    lookup_field = "name"

    @extend_schema(request=MoveTenantSerializer, responses=TenantDetailSerializer)
    def post(self, request: Request, name: str) -> Response:
        self.get_object()
        actions.move_tenant(request.user, name, body_of(request, (*PLACE, "confirm", "digest", "reason")))
        return Response(_shown(request, name))


def _shown(request: Request, name: str) -> dict[str, Any]:
    page = read_tenant(name, request.user, timezone.now())  # 404 where there is none
    return tenant_json(ROWS.get(name=name), page)
