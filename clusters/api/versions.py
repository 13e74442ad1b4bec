"""Versions over HTTP."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.conditional import Conditional
from access.api.pages import ByNewest
from clusters import actions
from clusters.models import Version

from .serializers import NewVersionSerializer, VersionSerializer

READ = {"GET": "read", "HEAD": "read", "OPTIONS": "read"}
ROWS = Version.objects.select_related("blueprint", "revision", "created_by", "vetoed_by").defer(
    "revision__manifests"
)


class VersionFilter(filters.FilterSet):
    """Which Versions; all that is given must fit."""

    blueprint = filters.CharFilter(field_name="blueprint__name", max_length=63, label="name of a Blueprint")
    name = filters.CharFilter(max_length=100, label="name of a Version")
    vetoed = filters.BooleanFilter(
        field_name="vetoed_at", lookup_expr="isnull", exclude=True, label="whether it is vetoed"
    )

    class Meta:
        model = Version
        fields: tuple[str, ...] = ()


class VersionList(generics.ListAPIView[Version]):
    """All Versions, the newest first; POST makes one."""

    permits = READ | {"POST": "version.create"}
    queryset: "QuerySet[Version]" = ROWS
    serializer_class = VersionSerializer
    pagination_class = ByNewest
    filterset_class = VersionFilter

    @extend_schema(request=NewVersionSerializer, responses={201: VersionSerializer})
    def post(self, request: Request) -> Response:
        """Make a Version. The same again answers with the one that is there."""
        asked = NewVersionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = actions.create_version(request.user, **asked.validated_data)
        return Response(VersionSerializer(ROWS.get(pk=made.pk)).data, status=status.HTTP_201_CREATED)


class VersionDetail(Conditional, generics.RetrieveAPIView[Version]):
    """One Version."""

    permits = READ
    queryset = ROWS
    serializer_class = VersionSerializer
